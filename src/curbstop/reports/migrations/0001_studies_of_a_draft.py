"""Rate studies: what was asked stays, and so does what came of it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from curbstop.foundation.database.schema import NamedTrigger, refuse

STAYS = f"""
begin
  if tg_op = 'DELETE' then
    {refuse("rate_study_stays", "'a rate study is never deleted'")}
  elsif old.finished_at is not null or
     (old.schedule_id, old.draft, old.draft_format, old.from_on, old.to_on, old.affordability, old.asked_by_id,
      old.asked_at) is distinct from
     (new.schedule_id, new.draft, new.draft_format, new.from_on, new.to_on, new.affordability, new.asked_by_id,
      new.asked_at) then
    {refuse("rate_study_stays", "format('rate study %s stays as it was asked and as it came out', old.id)")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("rates", "0002_what_was_in_force_stays"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RateStudy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("draft", models.TextField()),
                ("draft_format", models.TextField()),
                ("from_on", models.DateField()),
                ("to_on", models.DateField()),
                ("affordability", models.JSONField(default=dict)),
                ("asked_at", models.DateTimeField()),
                ("parts", models.PositiveIntegerField(default=0)),
                ("parts_done", models.PositiveIntegerField(default=0)),
                ("finished_at", models.DateTimeField(null=True)),
                ("failure", models.TextField(default="")),
                ("results", models.JSONField(null=True)),
                ("accounts", models.BinaryField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="rates.schedule"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("to_on__gt", models.F("from_on"))), name="rate_study_has_days"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("results__isnull", True),
                            models.Q(("accounts__isnull", False), ("finished_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="rate_study_results_are_whole",
                    ),
                ],
            },
        ),
        NamedTrigger(
            "rate_study_stays",
            table="reports_ratestudy",
            fires="before update or delete on {table} for each row",
            body=STAYS,
        ),
    ]
