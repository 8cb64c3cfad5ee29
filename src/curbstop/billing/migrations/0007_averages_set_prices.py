"""Averages that set price: in force only when a second person approved their set, and never changed."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from curbstop.foundation.database.schema import AppendOnly, NamedTrigger, SetReferences, refuse

NOT_APPROVED = refuse("average_needs_approval", "format('averages of set %s were not approved', stray)")
APPROVED = f"""
declare stray bigint;
begin
  select c.average_set_id into stray from (select distinct average_set_id, approved_at from changed) c
    join billing_averageset s on s.id = c.average_set_id
   where c.approved_at is not null and s.approved_at is distinct from c.approved_at limit 1;
  if found then
    {NOT_APPROVED}
  end if;
  return null;
end
"""
# What is added to a set after somebody looked at it was looked at by nobody.
ADDED = f"""
declare stray bigint;
begin
  select c.average_set_id into stray from (select distinct average_set_id from changed) c
    join billing_averageset s on s.id = c.average_set_id
   where s.approved_at is not null or exists (select from changed w where w.approved_at is not null) limit 1;
  if found then
    {NOT_APPROVED}
  end if;
  return null;
end
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0006_a_run_accounts_for_every_service"),
        ("customers", "0003_an_account_keeps_its_debtor"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AverageSet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("policy", models.TextField()),
                ("rule", models.JSONField()),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("proposed_at", models.DateTimeField()),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("approved_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by__isnull", True),
                            models.Q(("approved_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="average_set_by_second_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_at__isnull", True), ("approved_by__isnull", True)),
                            models.Q(
                                ("approved_at__isnull", False),
                                ("approved_by__isnull", False),
                                ("withdrawn_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="average_set_approved_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gt", models.F("starts_on"))), name="average_set_has_days"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UseAverage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "average_set",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="averages",
                        to="billing.averageset",
                    ),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.serviceagreement",
                    ),
                ),
                ("policy", models.TextField()),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("value", models.DecimalField(decimal_places=4, max_digits=18)),
                ("unit", models.TextField()),
                (
                    "basis",
                    models.TextField(
                        choices=[
                            ("average", "The customer's own average"),
                            ("default", "Too few reads: the city's default"),
                        ]
                    ),
                ),
                ("derivation", models.JSONField()),
                ("approved_at", models.DateTimeField(null=True)),
                ("superseded_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("approved_at__isnull", False), ("superseded_at__isnull", True)),
                        expressions=[
                            ("agreement", "="),
                            ("policy", "="),
                            (
                                models.Func(
                                    "starts_on",
                                    "ends_on",
                                    function="daterange",
                                    output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="one_average_in_force",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gt", models.F("starts_on"))), name="use_average_has_days"
                    ),
                    models.CheckConstraint(condition=models.Q(("value__gte", 0)), name="use_average_not_negative"),
                    models.CheckConstraint(
                        condition=models.Q(("basis__in", ["average", "default"])), name="use_average_basis_known"
                    ),
                ],
            },
        ),
        AppendOnly("billing_averageset", set_once=("approved_by_id", "approved_at", "withdrawn_at")),
        AppendOnly("billing_useaverage", set_once=("approved_at", "superseded_at")),
        SetReferences("billing_useaverage", "average_set_id", "billing_averageset"),
        SetReferences("billing_useaverage", "agreement_id", "customers_serviceagreement"),
        NamedTrigger(
            "average_needs_approval",
            table="billing_useaverage",
            fires="after update on {table} referencing new table as changed for each statement",
            body=APPROVED,
        ),
        NamedTrigger(
            "average_needs_approval_added",
            table="billing_useaverage",
            fires="after insert on {table} referencing new table as changed for each statement",
            body=ADDED,
        ),
    ]
