"""Released bills are written once, equal their lines, and are cancelled by a cancellation alone."""

from django.db import migrations

from curbstop.foundation.database.schema import (
    AppendOnly,
    Kept,
    NamedTrigger,
    SetReferences,
    refuse,
)

# All lines of a bill come in one statement: the first line is among them, and they add up.
EQUAL = f"""
declare wrong bigint;
begin
  select w.bill_id into wrong
    from (select bill_id, sum(amount_cents) as cents, min(line_number) as first
            from written group by bill_id) w
    join billing_bill b on b.id = w.bill_id
   where w.cents <> b.total_cents or w.first <> 1 limit 1;
  if found then
    {refuse("bill_equals_its_lines", "format('bill %s is not the sum of its lines', wrong)")}
  end if;
  return null;
end
"""

CANCELLED = """
begin
  if not exists (select from billing_cancellation c where c.bill_id = new.{bill}) then
    {refusal}
  end if;
  return new;
end
"""


def cancelled_by_its_row(table: str, *, column: str, bill: str) -> NamedTrigger:
    """Let the flag be set only where a second person's cancellation stands."""
    name = f"{table}_cancelled_by_its_row"
    refusal = refuse(name, f"format('bill %s has no cancellation', new.{bill})")
    return NamedTrigger(
        name,
        table=table,
        fires=f"before update of {column} on {{table}} for each row",
        body=CANCELLED.format(bill=bill, refusal=refusal),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0001_initial"),
        ("customers", "0002_what_the_database_keeps"),
        ("ledger", "0003_open_items_tie_to_the_journal"),
        ("metering", "0002_what_the_database_keeps"),
        ("rates", "0001_initial"),
    ]

    operations = [
        AppendOnly("billing_bill", set_once=("cancelled_at",)),
        AppendOnly("billing_billline"),
        AppendOnly("billing_billedperiod", set_once=("cancelled",)),
        AppendOnly("billing_cancellation"),
        Kept("billing_billingrun"),
        SetReferences("billing_bill", "run_id", "billing_billingrun"),
        SetReferences("billing_bill", "account_id", "customers_account"),
        SetReferences("billing_bill", "entry_id", "ledger_entry"),
        SetReferences("billing_billline", "bill_id", "billing_bill"),
        SetReferences("billing_billline", "agreement_id", "customers_serviceagreement"),
        SetReferences("billing_billline", "usage_id", "metering_usage"),
        SetReferences("billing_billline", "service_id", "ledger_service"),
        SetReferences("billing_billline", "schedule_version_id", "rates_scheduleversion"),
        SetReferences("billing_billedperiod", "bill_id", "billing_bill"),
        SetReferences("billing_billedperiod", "agreement_id", "customers_serviceagreement"),
        SetReferences("billing_billedperiod", "usage_id", "metering_usage"),
        SetReferences("billing_draftbill", "run_id", "billing_billingrun"),
        SetReferences("billing_draftbill", "account_id", "customers_account"),
        SetReferences("billing_draftline", "run_id", "billing_billingrun"),
        SetReferences("billing_draftline", "account_id", "customers_account"),
        SetReferences("billing_finding", "run_id", "billing_billingrun"),
        SetReferences("billing_finding", "account_id", "customers_account"),
        SetReferences("billing_finding", "agreement_id", "customers_serviceagreement"),
        NamedTrigger(
            "bill_equals_its_lines",
            table="billing_billline",
            fires="after insert on {table} referencing new table as written for each statement",
            body=EQUAL,
        ),
        cancelled_by_its_row("billing_bill", column="cancelled_at", bill="id"),
        cancelled_by_its_row("billing_billedperiod", column="cancelled", bill="bill_id"),
    ]
