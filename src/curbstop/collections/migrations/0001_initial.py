"""Runs of late charges, security deposits, disputes and payment plans."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('customers', '0003_an_account_keeps_its_debtor'),
        ('ledger', '0008_items_are_held'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ChargeRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('penalty', 'Penalty'), ('interest', 'Interest')], max_length=10)),
                ('on', models.DateField()),
                ('proposed_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(null=True)),
                ('discarded_at', models.DateTimeField(null=True)),
                ('posted_at', models.DateTimeField(null=True)),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('discarded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='DepositBreach',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('returned_item', 'A payment was returned'), ('shutoff_notice', 'A shut-off notice was sent'), ('broken_plan', 'A payment plan was broken')], max_length=20)),
                ('on', models.DateField()),
                ('note', models.CharField(max_length=500)),
                ('at', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.account')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('bill_source', models.CharField(max_length=200)),
                ('amount_cents', models.BigIntegerField()),
                ('reason', models.CharField(max_length=500)),
                ('opened_at', models.DateTimeField()),
                ('outcome', models.CharField(choices=[('upheld', 'Upheld'), ('denied', 'Denied')], max_length=10, null=True)),
                ('answer', models.CharField(max_length=500, null=True)),
                ('resolved_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.account')),
                ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('resolved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='DisputeHold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('dispute', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='collections.dispute')),
                ('hold', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.itemhold')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='LateCharge',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=10)),
                ('step', models.CharField(max_length=20)),
                ('bill_source', models.CharField(max_length=200)),
                ('due_on', models.DateField()),
                ('base_cents', models.BigIntegerField()),
                ('amount_cents', models.BigIntegerField()),
                ('starts_on', models.DateField(null=True)),
                ('ends_on', models.DateField(null=True)),
                ('derivation', models.TextField()),
                ('at', models.DateTimeField()),
                ('debtor', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.debtor')),
                ('entry', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.entry')),
                ('run', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='charges', to='collections.chargerun')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='ChargeReversal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cause', models.CharField(max_length=500)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.entry')),
                ('charge', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='reversal', to='collections.latecharge')),
            ],
        ),
        migrations.CreateModel(
            name='PaymentPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('financed_cents', models.BigIntegerField()),
                ('signed_on', models.DateField()),
                ('grace_days', models.PositiveSmallIntegerField()),
                ('at', models.DateTimeField()),
                ('ending', models.CharField(choices=[('completed', 'Completed'), ('broken', 'Broken'), ('cancelled', 'Cancelled')], max_length=10, null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.account')),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('signed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='PlanHold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_cents', models.BigIntegerField()),
                ('hold', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.itemhold')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='collections.paymentplan')),
            ],
        ),
        migrations.CreateModel(
            name='PlanInstallment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('due_on', models.DateField()),
                ('amount_cents', models.BigIntegerField()),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='installments', to='collections.paymentplan')),
            ],
            options={
                'ordering': ['plan', 'number'],
            },
        ),
        migrations.CreateModel(
            name='ProposedCharge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('bill_source', models.CharField(max_length=200)),
                ('step', models.CharField(max_length=20)),
                ('due_on', models.DateField()),
                ('unpaid_cents', models.BigIntegerField()),
                ('held_cents', models.BigIntegerField()),
                ('base_cents', models.BigIntegerField()),
                ('amount_cents', models.BigIntegerField()),
                ('starts_on', models.DateField(null=True)),
                ('ends_on', models.DateField(null=True)),
                ('excluded', models.CharField(blank=True, max_length=200)),
                ('derivation', models.TextField()),
                ('debtor', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.debtor')),
                ('run', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='collections.chargerun')),
            ],
        ),
        migrations.CreateModel(
            name='SecurityDeposit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_cents', models.BigIntegerField()),
                ('reason', models.CharField(max_length=500)),
                ('derivation', models.TextField()),
                ('asked_on', models.DateField()),
                ('at', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.account')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('depositor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.entry')),
                ('open_item', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.openitem')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='DepositRelease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('form', models.CharField(choices=[('credit', 'Credit to the account'), ('refund', 'Refund to the depositor'), ('closure', 'Applied to the final bill')], max_length=10)),
                ('principal_cents', models.BigIntegerField()),
                ('interest_cents', models.BigIntegerField()),
                ('applied_cents', models.BigIntegerField()),
                ('remainder_cents', models.BigIntegerField()),
                ('unpaid_cents', models.BigIntegerField()),
                ('released_on', models.DateField()),
                ('reason', models.CharField(max_length=500)),
                ('derivation', models.TextField()),
                ('at', models.DateTimeField()),
                ('approved_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.entry')),
                ('prepared_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('deposit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='release', to='collections.securitydeposit')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Waiver',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('no_fault', 'No fault of the customer'), ('received_in_time', 'The payment was received in time'), ('city_error', 'A mistake of the city'), ('courtesy', 'Courtesy'), ('low_income', 'Interest of a low-income household')], max_length=20)),
                ('note', models.CharField(max_length=500)),
                ('evidence', models.CharField(blank=True, max_length=500)),
                ('amount_cents', models.BigIntegerField()),
                ('at', models.DateTimeField()),
                ('needs_second', models.BooleanField()),
                ('approved_at', models.DateTimeField(null=True)),
                ('turned_down_at', models.DateTimeField(null=True)),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('charge', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waivers', to='collections.latecharge')),
                ('reversal', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='waiver', to='collections.chargereversal')),
                ('turned_down_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='chargerun',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), models.Q(('approved_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='charge_run_by_a_second_person'),
        ),
        migrations.AddConstraint(
            model_name='chargerun',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['penalty', 'interest'])), name='charge_run_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='chargerun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_at', None), ('approved_by', None)), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False), ('discarded_at', None)), _connector='OR'), name='charge_run_approved_by_someone'),
        ),
        migrations.AddConstraint(
            model_name='chargerun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('discarded_at', None), ('discarded_by', None)), models.Q(('discarded_at__isnull', False), ('discarded_by__isnull', False)), _connector='OR'), name='charge_run_discarded_by_someone'),
        ),
        migrations.AddConstraint(
            model_name='chargerun',
            constraint=models.CheckConstraint(condition=models.Q(('posted_at', None), ('approved_at__isnull', False), _connector='OR'), name='charge_run_approved_before_posted'),
        ),
        migrations.AddConstraint(
            model_name='chargerun',
            constraint=models.UniqueConstraint(condition=models.Q(('discarded_at', None), ('posted_at', None)), fields=('kind',), name='charge_run_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='depositbreach',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['returned_item', 'shutoff_notice', 'broken_plan'])), name='deposit_breach_kind'),
        ),
        migrations.AddConstraint(
            model_name='depositbreach',
            constraint=models.UniqueConstraint(fields=('account', 'kind', 'on'), name='deposit_breach_once_a_day'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.UniqueConstraint(condition=models.Q(('resolved_at', None)), fields=('bill_source',), name='one_open_dispute_per_bill'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=models.Q(('amount_cents__gt', 0)), name='dispute_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=models.Q(('reason__regex', '\\S.{9,}')), name='dispute_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', None), ('outcome', None), ('resolved_at', None), ('resolved_by', None)), models.Q(('answer__regex', '\\S.{9,}'), ('outcome__in', ['upheld', 'denied']), ('resolved_at__isnull', False), ('resolved_by__isnull', False)), _connector='OR'), name='dispute_resolved_with_an_answer'),
        ),
        migrations.AddConstraint(
            model_name='latecharge',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'penalty')), fields=('bill_source', 'step'), name='one_penalty_per_bill_and_step'),
        ),
        migrations.AddConstraint(
            model_name='latecharge',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('kind', 'interest')), expressions=[('bill_source', '='), (models.Func('starts_on', 'ends_on', function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='no_day_of_interest_twice'),
        ),
        migrations.AddConstraint(
            model_name='latecharge',
            constraint=models.CheckConstraint(condition=models.Q(('amount_cents__gt', 0)), name='late_charge_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='latecharge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ends_on', None), ('kind', 'penalty'), ('starts_on', None)), models.Q(('ends_on__gt', models.F('starts_on')), ('kind', 'interest')), _connector='OR'), name='late_charge_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='chargereversal',
            constraint=models.CheckConstraint(condition=models.Q(('cause__regex', '\\S')), name='charge_reversal_has_a_cause'),
        ),
        migrations.AddConstraint(
            model_name='paymentplan',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('account',), name='one_plan_per_account'),
        ),
        migrations.AddConstraint(
            model_name='paymentplan',
            constraint=models.CheckConstraint(condition=models.Q(('financed_cents__gt', 0)), name='plan_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='paymentplan',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('ended_by', None), ('ending', None)), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False), ('ending__in', ['completed', 'broken', 'cancelled'])), _connector='OR'), name='plan_ended_by_someone'),
        ),
        migrations.AddConstraint(
            model_name='planhold',
            constraint=models.CheckConstraint(condition=models.Q(('amount_cents__gt', 0)), name='plan_hold_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='planinstallment',
            constraint=models.UniqueConstraint(fields=('plan', 'number'), name='plan_installment_once'),
        ),
        migrations.AddConstraint(
            model_name='planinstallment',
            constraint=models.CheckConstraint(condition=models.Q(('amount_cents__gt', 0)), name='plan_installment_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='proposedcharge',
            constraint=models.UniqueConstraint(fields=('run', 'bill_source', 'step'), name='proposed_charge_once_a_run'),
        ),
        migrations.AddConstraint(
            model_name='proposedcharge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount_cents__gt', 0), ('excluded', '')), models.Q(('amount_cents', 0), models.Q(('excluded', ''), _negated=True)), _connector='OR'), name='proposed_charge_or_why_not'),
        ),
        migrations.AddConstraint(
            model_name='securitydeposit',
            constraint=models.CheckConstraint(condition=models.Q(('amount_cents__gt', 0)), name='security_deposit_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='securitydeposit',
            constraint=models.CheckConstraint(condition=models.Q(('reason__regex', '\\S.{9,}')), name='security_deposit_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='depositrelease',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), models.Q(('approved_by', models.F('prepared_by')), _negated=True), _connector='OR'), name='deposit_released_by_a_second_person'),
        ),
        migrations.AddConstraint(
            model_name='depositrelease',
            constraint=models.CheckConstraint(condition=models.Q(('form__in', ['credit', 'refund', 'closure'])), name='deposit_release_form'),
        ),
        migrations.AddConstraint(
            model_name='depositrelease',
            constraint=models.CheckConstraint(condition=models.Q(('applied_cents__gte', 0), ('interest_cents__gte', 0), ('principal_cents__gte', 0), ('remainder_cents__gte', 0), ('unpaid_cents__gte', 0), ('principal_cents', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('applied_cents'), '+', models.F('remainder_cents')), '-', models.F('interest_cents')))), name='deposit_release_adds_up'),
        ),
        migrations.AddConstraint(
            model_name='waiver',
            constraint=models.UniqueConstraint(condition=models.Q(('turned_down_at', None)), fields=('charge',), name='waiver_once_a_charge'),
        ),
        migrations.AddConstraint(
            model_name='waiver',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['no_fault', 'received_in_time', 'city_error', 'courtesy', 'low_income'])), name='waiver_reason_known'),
        ),
        migrations.AddConstraint(
            model_name='waiver',
            constraint=models.CheckConstraint(condition=models.Q(('note__regex', '\\S.{9,}')), name='waiver_says_why'),
        ),
        migrations.AddConstraint(
            model_name='waiver',
            constraint=models.CheckConstraint(condition=models.Q(('reason', 'courtesy'), ('evidence__regex', '\\S.{4,}'), _connector='OR'), name='waiver_has_evidence'),
        ),
        migrations.AddConstraint(
            model_name='waiver',
            constraint=models.CheckConstraint(condition=models.Q(('needs_second', False), ('approved_by', None), models.Q(('approved_by', models.F('asked_by')), _negated=True), _connector='OR'), name='waiver_over_the_limit_by_a_second_person'),
        ),
        migrations.AddConstraint(
            model_name='waiver',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reason', 'no_fault'), _negated=True), ('turned_down_at', None), _connector='OR'), name='no_fault_is_always_granted'),
        ),
        migrations.AddConstraint(
            model_name='waiver',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_at', None), ('approved_by', None), ('reversal', None)), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False), ('reversal__isnull', False), ('turned_down_at', None)), _connector='OR'), name='waiver_approved_reverses_its_charge'),
        ),
        migrations.AddConstraint(
            model_name='waiver',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('turned_down_at', None), ('turned_down_by', None)), models.Q(('turned_down_at__isnull', False), ('turned_down_by__isnull', False)), _connector='OR'), name='waiver_turned_down_by_someone'),
        ),
    ]
