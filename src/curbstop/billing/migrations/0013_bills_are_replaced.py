"""Batches of corrected bills: each item cancels one bill and releases the one in its place, once."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from curbstop.foundation.database.schema import AppendOnly, NamedTrigger, refuse

# A corrected bill charges exactly the agreements that the bill in whose place it stands charged.
DUE = """
alter function billing_due_in(bigint) rename to billing_due_of_accounts;
create function billing_due_in(run bigint)
returns table (agreement_id bigint, account_id bigint, due_from date)
language sql stable set search_path = public, pg_temp
as $rule$
  select d.agreement_id, d.account_id, d.due_from from billing_due_of_accounts(run) d
  union all
  select p.agreement_id, b.account_id, min(lower(p.period))
    from billing_rebillitem i join billing_bill b on b.id = i.bill_id
    join billing_billedperiod p on p.bill_id = b.id and p.cancelled
   where i.run_id = run group by p.agreement_id, b.account_id
$rule$;
"""

APPROVED = f"""
declare known boolean;
begin
  select b.approved_at is not null into known from billing_rebillbatch b where b.id = new.batch_id;
  if new.run_id is not null and not known then
    {refuse("rebill_item_of_an_approved_batch", "format('batch %s is not approved', new.batch_id)")}
  end if;
  if new.replacement_id is not null and not exists (
       select from billing_bill o join billing_bill n on n.id = new.replacement_id
        where o.id = new.bill_id and o.cancelled_at is not null and n.account_id = o.account_id
          and n.run_id = new.run_id) then
    {refuse("replaced_bill_is_cancelled", "format('%s does not replace bill %s', new.replacement_id, new.bill_id)")}
  end if;
  return new;
end
"""


def _points_to(model: str, *, related_name: str = "+", null: bool = False) -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(on_delete=models.PROTECT, related_name=related_name, null=null, to=model)


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0012_billed_usage_stands"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint("billingrun", "run_kind_known"),
        migrations.AlterField(
            "billingrun",
            "kind",
            models.TextField(
                choices=[("cycle", "Cycle"), ("off_cycle", "Off Cycle"), ("final", "Final"), ("rebill", "Rebill")],
                default="cycle",
            ),
        ),
        migrations.AddConstraint(
            "billingrun",
            models.CheckConstraint(
                condition=Q(kind__in=["cycle", "off_cycle", "final", "rebill"]), name="run_kind_known"
            ),
        ),
        migrations.CreateModel(
            name="RebillBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.TextField(choices=[("rate", "Rate"), ("read", "Read"), ("class", "Class")])),
                ("correction", models.JSONField()),
                ("reason", models.TextField()),
                ("drafted_at", models.DateTimeField()),
                ("approved_at", models.DateTimeField(null=True)),
                ("discarded_at", models.DateTimeField(null=True)),
                ("approved_by", _points_to(settings.AUTH_USER_MODEL, null=True)),
                ("drafted_by", _points_to(settings.AUTH_USER_MODEL)),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("drafted_by")),
                        name="rebill_batch_by_second_person",
                    ),
                    models.CheckConstraint(
                        condition=Q(kind__in=["rate", "read", "class"]), name="rebill_batch_kind_known"
                    ),
                    models.CheckConstraint(condition=Q(reason__regex=r"\S.{9,}"), name="rebill_batch_has_a_reason"),
                    models.CheckConstraint(
                        condition=Q(approved_by=None, approved_at=None)
                        | Q(approved_by__isnull=False, approved_at__isnull=False, discarded_at=None),
                        name="rebill_batch_approved_or_discarded",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RebillItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("was_cents", models.BigIntegerField()),
                ("now_cents", models.BigIntegerField(null=True)),
                ("problem", models.TextField(blank=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("batch", _points_to("billing.rebillbatch", related_name="items")),
                ("bill", _points_to("billing.bill", related_name="rebill_items")),
                (
                    "replacement",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaces_item",
                        to="billing.bill",
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.billingrun",
                    ),
                ),
            ],
            options={
                "ordering": ["batch", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("batch", "bill"), name="rebill_item_once"),
                    models.UniqueConstraint(
                        condition=Q(replacement__isnull=False), fields=("bill",), name="bill_replaced_once"
                    ),
                    models.CheckConstraint(
                        condition=Q(now_cents__isnull=True) ^ Q(problem=""), name="rebill_item_priced_or_refused"
                    ),
                    models.CheckConstraint(
                        condition=Q(replacement=None, done_at=None)
                        | Q(replacement__isnull=False, done_at__isnull=False, run__isnull=False, problem=""),
                        name="rebill_item_done_with_its_bill",
                    ),
                ],
            },
        ),
        AppendOnly("billing_rebillbatch", set_once=("approved_by_id", "approved_at", "discarded_at")),
        AppendOnly("billing_rebillitem", set_once=("run_id", "replacement_id", "done_at")),
        NamedTrigger(
            "rebill_item_of_an_approved_batch",
            table="billing_rebillitem",
            fires="before insert or update on {table} for each row",
            body=APPROVED,
        ),
        migrations.RunSQL(DUE, migrations.RunSQL.noop),
    ]
