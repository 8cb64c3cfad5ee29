"""A line is written once, by the draft: as its bill is released it becomes the bill's line and stays.

Lines come while their run is a draft, bills while it is approved, and the approval waits for whoever still writes
lines. So a bill finds all its lines when it comes, and none can join it later.
"""

import django.db.models.deletion
from django.db import migrations, models

from curbstop.foundation.database.schema import NamedTrigger, SetReferences, refuse

VIEW = """
drop table billing_billline;
drop function billing_billline_append_only();
drop function billing_billline_bill_id_exists();
drop function billing_billline_agreement_id_exists();
drop function billing_billline_usage_id_exists();
drop function billing_billline_service_id_exists();
drop function billing_billline_schedule_version_id_exists();
drop function bill_equals_its_lines();
create view billing_billline as
  select b.id as bill_id, l.line_number, l.agreement_id, l.usage_id, l.service_id, l.schedule_version_id,
         l.customer_class, l.starts_on, l.ends_on, l.component, l.label, l.quantity, l.unit, l.unit_price,
         l.amount_cents, l.section, l.derivation
    from billing_bill b join billing_draftline l on l.run_id = b.run_id and l.account_id = b.account_id;
"""

# FOR SHARE makes an approval wait for us, and us for an approval.
OF_A_DRAFT = f"""
declare stray bigint;
begin
  perform from billing_billingrun r where r.id in (select run_id from written) order by r.id for share;
  select r.id into stray from (select distinct run_id from written) w
    join billing_billingrun r on r.id = w.run_id where r.state <> 'drafted' limit 1;
  if found then
    {refuse("billing_draftline_of_a_draft", "format('run %s is no draft any more', stray)")}
  end if;
  return null;
end
"""

EQUAL = f"""
declare wrong bigint;
begin
  perform from billing_billingrun r where r.id in (select run_id from written) order by r.id for share;
  select r.id into wrong from (select distinct run_id from written) w
    join billing_billingrun r on r.id = w.run_id where r.state <> 'approved' limit 1;
  if found then
    {refuse("bill_of_an_approved_run", "format('run %s is not approved', wrong)")}
  end if;
  select w.id into wrong from written w
   cross join lateral (select sum(l.amount_cents) as cents from billing_draftline l
                        where l.run_id = w.run_id and l.account_id = w.account_id) lines
   where lines.cents is distinct from w.total_cents limit 1;
  if found then
    {refuse("bill_equals_its_lines", "format('bill %s is not the sum of its lines', wrong)")}
  end if;
  return null;
end
"""

KEPT = f"""
declare stray bigint;
begin
  perform from billing_billingrun r where r.id in (select run_id from changed) order by r.id for share;
  select r.id into stray from (select distinct run_id from changed) c
    join billing_billingrun r on r.id = c.run_id where r.state = 'approved' limit 1;
  if found then
    {refuse("billing_draftline_as_approved", "format('run %s is approved: what was calculated stays', stray)")}
  end if;
  select b.id into stray from (select distinct run_id, account_id from changed) c
    join billing_bill b on b.run_id = c.run_id and b.account_id = c.account_id limit 1;
  if found then
    {refuse("billing_billline_append_only", "format('bill %s keeps its lines', stray)")}
  end if;
  return null;
end
"""

NEVER = f"""
begin
  {refuse("billing_billline_append_only", "'the lines of bills are kept'")}
end
"""

OF_LINES = {
    "agreement": "customers.serviceagreement",
    "usage": "metering.usage",
    "service": "ledger.service",
    "schedule_version": "rates.scheduleversion",
}


def reference(name: str) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        null=name == "usage",
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=OF_LINES[name],
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0007_averages_set_prices")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(VIEW)],
            state_operations=[
                migrations.DeleteModel("BillLine"),
                migrations.CreateModel(
                    name="BillLine",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "bill", "line_number", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                    ],
                    options={"db_table": "billing_billline", "ordering": ["bill", "line_number"], "managed": False},
                ),
                *(
                    operation
                    for name in OF_LINES
                    for operation in (
                        migrations.RemoveField("draftline", f"{name}_id"),
                        migrations.AddField("draftline", name, reference(name)),
                    )
                ),
            ],
        ),
        migrations.AddConstraint(
            "bill", models.UniqueConstraint(fields=("run", "account"), name="one_bill_a_run_and_account")
        ),
        SetReferences("billing_draftline", "agreement_id", "customers_serviceagreement"),
        SetReferences("billing_draftline", "usage_id", "metering_usage"),
        SetReferences("billing_draftline", "service_id", "ledger_service"),
        SetReferences("billing_draftline", "schedule_version_id", "rates_scheduleversion"),
        NamedTrigger(
            "billing_draftline_of_a_draft",
            table="billing_draftline",
            fires="after insert on {table} referencing new table as written for each statement",
            body=OF_A_DRAFT,
        ),
        NamedTrigger(
            "bill_equals_its_lines",
            table="billing_bill",
            fires="after insert on {table} referencing new table as written for each statement",
            body=EQUAL,
        ),
        migrations.RunSQL("drop function billing_draftline_as_approved_delete() cascade", migrations.RunSQL.noop),
        NamedTrigger(
            "billing_draftline_as_approved_delete",
            table="billing_draftline",
            fires="after delete on {table} referencing old table as changed for each statement",
            body=KEPT,
        ),
        NamedTrigger(
            "billing_draftline_never_truncated",
            table="billing_draftline",
            fires="before truncate on {table} for each statement",
            body=NEVER,
        ),
    ]
