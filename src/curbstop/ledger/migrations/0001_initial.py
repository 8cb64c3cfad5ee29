"""The tables of the ledger; the rules that guard them follow in the next migrations."""

import curbstop.ledger.models.fields
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Debtor',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('label', models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='SealEpoch',
            fields=[
                ('number', models.SmallIntegerField(primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=200)),
                ('began_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('business_date', models.DateField()),
                ('memo', models.CharField(blank=True, max_length=500)),
                ('source', models.CharField(max_length=200)),
                ('posted_at', models.DateTimeField()),
                ('actor', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reverses', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversals', to='ledger.entry')),
            ],
            options={
                'verbose_name_plural': 'entries',
            },
        ),
        migrations.CreateModel(
            name='EntryIdReservation',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('first_entry_id', models.BigIntegerField()),
                ('entries', models.IntegerField()),
                ('first_item_id', models.BigIntegerField(null=True)),
                ('items', models.IntegerField()),
                ('xact', curbstop.ledger.models.fields.TransactionIdField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['xact'], name='entry_id_reservation_by_xact')],
                'constraints': [models.CheckConstraint(condition=models.Q(('entries__gte', 1), ('entries__lte', 50000), ('items__gte', 0)), name='entry_id_reservation_size')],
            },
        ),
        migrations.CreateModel(
            name='FiscalPeriod',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['starts_on'],
            },
        ),
        migrations.CreateModel(
            name='GlAccount',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=60, unique=True)),
                ('fund', models.CharField(max_length=20)),
                ('department', models.CharField(max_length=20)),
                ('account', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('asset', 'Asset'), ('liability', 'Liability'), ('revenue', 'Revenue'), ('expense', 'Expense'), ('equity', 'Equity')], max_length=10)),
                ('role', models.CharField(blank=True, max_length=40, null=True)),
            ],
            options={
                'ordering': ['code'],
                'constraints': [models.UniqueConstraint(fields=('role',), name='gl_account_one_per_role'), models.CheckConstraint(condition=models.Q(('kind__in', ['asset', 'liability', 'revenue', 'expense', 'equity'])), name='gl_account_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='OpenItem',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('due_on', models.DateField()),
                ('amount_cents', models.BigIntegerField()),
                ('priority', models.SmallIntegerField(default=0)),
                ('charge', models.CharField(default='principal', max_length=20)),
                ('source', models.CharField(max_length=200)),
                ('label', models.CharField(max_length=200)),
                ('debtor', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.debtor')),
                ('entry', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='ledger.entry')),
            ],
        ),
        migrations.CreateModel(
            name='Allocation',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('amount_cents', models.BigIntegerField()),
                ('reverses', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversals', to='ledger.allocation')),
                ('entry', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='ledger.entry')),
                ('open_item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='ledger.openitem')),
            ],
        ),
        migrations.CreateModel(
            name='Posting',
            fields=[
                ('pk', models.CompositePrimaryKey('entry_id', 'line_number', blank=True, editable=False, primary_key=True, serialize=False)),
                ('line_number', models.SmallIntegerField()),
                ('debit_cents', models.BigIntegerField()),
                ('credit_cents', models.BigIntegerField()),
                ('debtor', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.debtor')),
                ('entry', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='postings', to='ledger.entry')),
                ('gl_account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.glaccount')),
            ],
        ),
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('from_xact', curbstop.ledger.models.fields.TransactionIdField()),
                ('to_xact', curbstop.ledger.models.fields.TransactionIdField()),
                ('entries', models.IntegerField()),
                ('previous_hash', models.BinaryField()),
                ('hash', models.BinaryField()),
                ('sealed_at', models.DateTimeField()),
                ('epoch', models.ForeignKey(db_column='epoch', db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.sealepoch')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Service',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name_en', models.CharField(max_length=100)),
                ('name_es', models.CharField(max_length=100)),
                ('rank', models.IntegerField()),
                ('receivable', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.glaccount')),
                ('revenue', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.glaccount')),
            ],
            options={
                'ordering': ['rank', 'code'],
            },
        ),
        migrations.AddField(
            model_name='openitem',
            name='service',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.service'),
        ),
        migrations.CreateModel(
            name='BusinessDay',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('day', models.DateField(unique=True)),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['day'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('closed_at',), name='one_open_business_day', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('closed_at', None), ('closed_at__gte', models.F('opened_at')), _connector='OR'), name='business_day_closes_after_opening')],
            },
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['business_date'], name='ledger_entry_by_day'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(condition=models.Q(('reverses__isnull', False)), fields=('reverses',), name='ledger_entry_reversed_once'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', ''), _negated=True), models.Q(('source', ''), _negated=True)), name='ledger_entry_says_whence'),
        ),
        migrations.AddConstraint(
            model_name='fiscalperiod',
            constraint=models.CheckConstraint(condition=models.Q(('starts_on__lt', models.F('ends_on'))), name='fiscal_period_has_days'),
        ),
        migrations.AddConstraint(
            model_name='fiscalperiod',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('closed_by', None)), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False)), _connector='OR'), name='fiscal_period_closed_by_someone'),
        ),
        migrations.AddConstraint(
            model_name='fiscalperiod',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func(models.F('starts_on'), models.F('ends_on'), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='fiscal_periods_apart'),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(('amount_cents__gt', 0)), name='ledger_allocation_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.UniqueConstraint(condition=models.Q(('reverses__isnull', False)), fields=('reverses',), name='ledger_allocation_reversed_once'),
        ),
        migrations.AddIndex(
            model_name='posting',
            index=models.Index(condition=models.Q(('debtor__isnull', False)), fields=['debtor', 'entry'], name='ledger_posting_by_debtor'),
        ),
        migrations.AddConstraint(
            model_name='posting',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('credit_cents', 0), ('debit_cents__gt', 0), ('debit_cents__lte', 10000000000000)), models.Q(('credit_cents__gt', 0), ('credit_cents__lte', 10000000000000), ('debit_cents', 0)), _connector='OR'), name='ledger_posting_on_one_side'),
        ),
        migrations.AddConstraint(
            model_name='service',
            constraint=models.CheckConstraint(condition=models.Q(('receivable', models.F('revenue')), _negated=True), name='service_accounts_differ'),
        ),
        migrations.AddConstraint(
            model_name='openitem',
            constraint=models.CheckConstraint(condition=models.Q(('amount_cents__gt', 0)), name='ledger_openitem_above_zero'),
        ),
    ]
