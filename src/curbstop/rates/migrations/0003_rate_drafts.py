"""Drafts of a version: the text stands once it is proposed, and a draft that was decided stands altogether."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from curbstop.foundation.database.schema import Kept, NamedTrigger, refuse

STANDS = "rate_draft_stands"
BODY = f"""
begin
  if old.version_id is not null or old.turned_down_at is not null then
    {refuse(STANDS, "'a draft that was decided is never changed'")}
  end if;
  if old.proposed_at is not null
     and to_jsonb(old) - array['approved_by_id', 'adopted_on', 'version_id', 'turned_down_by_id', 'turned_down_at']
         is distinct from
         to_jsonb(new) - array['approved_by_id', 'adopted_on', 'version_id', 'turned_down_by_id', 'turned_down_at'] then
    {refuse(STANDS, "'a draft that was proposed is never rewritten; begin another'")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):

    dependencies = [
        ('rates', '0002_what_was_in_force_stays'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RateDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('document', models.TextField()),
                ('starts_on', models.DateField(null=True)),
                ('written_at', models.DateTimeField()),
                ('proposed_at', models.DateTimeField(null=True)),
                ('adopted_on', models.DateField(null=True)),
                ('turned_down_at', models.DateTimeField(null=True)),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('base', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='rates.scheduleversion')),
                ('proposed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='rates.schedule')),
                ('turned_down_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='draft', to='rates.scheduleversion')),
                ('written_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('proposed_at__isnull', True), ('proposed_by__isnull', True)), models.Q(('proposed_at__isnull', False), ('proposed_by__isnull', False), ('starts_on__isnull', False)), _connector='OR'), name='rate_draft_proposed_whole'), models.CheckConstraint(condition=models.Q(models.Q(('adopted_on__isnull', True), ('approved_by__isnull', True), ('version__isnull', True)), models.Q(('adopted_on__isnull', False), ('approved_by__isnull', False), ('proposed_by__isnull', False), ('version__isnull', False)), _connector='OR'), name='rate_draft_adopted_whole'), models.CheckConstraint(condition=models.Q(models.Q(('turned_down_at__isnull', True), ('turned_down_by__isnull', True)), models.Q(('turned_down_at__isnull', False), ('turned_down_by__isnull', False)), _connector='OR'), name='rate_draft_turned_down_by_someone'), models.CheckConstraint(condition=models.Q(('turned_down_at__isnull', True), ('version__isnull', True), _connector='OR'), name='rate_draft_has_one_end'), models.CheckConstraint(condition=models.Q(('adopted_on__isnull', True), ('starts_on__gte', models.F('adopted_on')), _connector='OR'), name='rate_draft_not_in_the_past'), models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), models.Q(('approved_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='rate_draft_second_person'), models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), models.Q(('approved_by', models.F('written_by')), _negated=True), _connector='OR'), name='rate_draft_not_by_its_writer')],
            },
        ),
        Kept("rates_ratedraft"),
        NamedTrigger(STANDS, table="rates_ratedraft", fires="before update on {table} for each row", body=BODY),
    ]
