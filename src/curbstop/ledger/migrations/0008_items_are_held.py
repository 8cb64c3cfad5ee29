"""Cents of an open item may be held for a dispute, a plan, an adjustment or a payment on its way."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from curbstop.foundation.database.schema import AppendOnly, NamedTrigger, SetReferences, refuse

# Whoever pays the item at the same moment waits, and is then seen.
WITHIN = f"""
declare owed bigint;
begin
  perform from ledger_openitem i where i.id = new.open_item_id for update;
  select i.amount_cents - coalesce((select sum(case when a.reverses_id is null then a.amount_cents
      else -a.amount_cents end) from ledger_allocation a where a.open_item_id = i.id), 0) into owed
    from ledger_openitem i where i.id = new.open_item_id;
  if owed <= 0 or new.amount_cents > owed then
    {refuse("item_hold_within_balance", "format('open item %s owes %s cents', new.open_item_id, owed)")}
  end if;
  if new.released_at is not null then
    {refuse("item_hold_begins_live", "'a hold is placed before it is released'")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0007_days_go_forward"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ItemHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("dispute", "Dispute"),
                            ("plan", "Plan"),
                            ("adjustment", "Adjustment"),
                            ("pending_payment", "Pending Payment"),
                        ],
                        max_length=20,
                    ),
                ),
                ("amount_cents", models.BigIntegerField(null=True)),
                ("reason", models.CharField(max_length=500)),
                ("placed_at", models.DateTimeField()),
                ("released_at", models.DateTimeField(null=True)),
                (
                    "open_item",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="ledger.openitem",
                    ),
                ),
                (
                    "placed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["dispute", "plan", "adjustment", "pending_payment"])),
                        name="item_hold_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount_cents", None), ("amount_cents__gt", 0), _connector="OR"),
                        name="item_hold_amount_above_zero",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason__regex", "\\S.{9,}")), name="item_hold_has_a_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("released_at", None), ("released_by", None)),
                            models.Q(("released_at__gte", models.F("placed_at")), ("released_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="item_hold_released_by_someone",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("released_at", None)),
                        fields=("open_item", "kind"),
                        name="item_hold_one_of_a_kind",
                    ),
                ],
            },
        ),
        SetReferences("ledger_itemhold", "open_item_id", "ledger_openitem"),
        AppendOnly("ledger_itemhold", set_once=("released_by_id", "released_at")),
        NamedTrigger(
            "item_hold_within_balance",
            table="ledger_itemhold",
            fires="before insert on {table} for each row",
            body=WITHIN,
        ),
    ]
