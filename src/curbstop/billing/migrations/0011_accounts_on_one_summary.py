"""Master accounts: whose summary, and which accounts stand on it; all of them one customer's."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from curbstop.foundation.database.schema import NamedTrigger, refuse

SAME_CUSTOMER = f"""
begin
  if not exists (
    select from billing_masteraccount m join customers_account a on a.customer_id = m.customer_id
     where m.id = new.master_id and a.id = new.account_id) then
    {refuse("master_of_one_customer", "format('account %s is not of the customer of master account %s', new.account_id, new.master_id)")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0010_a_day_is_billed_once"),
        ("customers", "0003_an_account_keeps_its_debtor"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MasterAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.TextField(unique=True)),
                ("opened_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="MasterMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.account"
                    ),
                ),
                (
                    "master",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="members", to="billing.masteraccount"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="masteraccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__regex", "^M[0-9]+$")), name="master_account_has_a_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="mastermember",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on", None), ("ends_on__gt", models.F("starts_on")), _connector="OR"),
                name="master_member_has_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="mastermember",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("account", "="),
                    (
                        models.Func(
                            models.F("starts_on"),
                            models.F("ends_on"),
                            django.contrib.postgres.fields.ranges.RangeBoundary(),
                            function="DATERANGE",
                            output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="one_master_per_account",
            ),
        ),
        NamedTrigger(
            "master_of_one_customer",
            table="billing_mastermember",
            fires="before insert or update on {table} for each row",
            body=SAME_CUSTOMER,
        ),
    ]
