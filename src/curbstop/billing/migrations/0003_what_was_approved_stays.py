"""A run goes forward only, what was approved is what is released, and a cancellation undoes its own bill."""

from django.db import migrations

from curbstop.foundation.database.schema import AppendOnly, NamedTrigger, refuse

# What the drafter decided stays from the start; what the approver accepted stays from then on.
FORWARD = f"""
declare steps text[] := array['drafted>drafted', 'drafted>approved', 'drafted>discarded', 'approved>approved',
                              'approved>released'];
begin
  if old.state || '>' || new.state <> all (steps) then
    {refuse("run_goes_forward", "format('run %s is %s and does not become %s', old.id, old.state, new.state)")}
  end if;
  if (old.cycle_id, old.through_on, old.bill_on, old.due_on, old.drafted_by_id, old.drafted_at) is distinct from
     (new.cycle_id, new.through_on, new.bill_on, new.due_on, new.drafted_by_id, new.drafted_at)
     or old.state <> 'drafted' and
       (old.approved_by_id, old.approved_at, old.first_bill_number, old.bills, old.total_cents) is distinct from
       (new.approved_by_id, new.approved_at, new.first_bill_number, new.bills, new.total_cents)
     or old.released_at is not null and
       (old.released_by_id, old.released_at) is distinct from (new.released_by_id, new.released_at) then
    {refuse("run_stays_as_approved", "format('run %s stays as it was drafted and approved', old.id)")}
  end if;
  return new;
end
"""

PARTITION = f"""
begin
  if tg_op = 'DELETE' then
    {refuse("partition_goes_forward", "'the partition of a run is never deleted'")}
  elsif old.state = 'committed' or old.state = 'drafted' and new.state = 'planned'
     or (old.run_id, old.number, old.first_account_id, old.last_account_id) is distinct from
        (new.run_id, new.number, new.first_account_id, new.last_account_id)
     or old.first_bill_number is not null and (old.first_bill_number, old.bills, old.last_agreement_id) is distinct from
        (new.first_bill_number, new.bills, new.last_agreement_id) then
    {refuse("partition_goes_forward", "format('partition %s of run %s stays as it is', old.number, old.run_id)")}
  end if;
  return new;
end
"""

# Rows added to an approved draft are refused too, when it is released: they are not in its numbers and sums.
FROZEN = """
declare stray bigint;
begin
  select r.id into stray from (select distinct run_id from changed) c
    join billing_billingrun r on r.id = c.run_id where r.state {states} limit 1;
  if found then
    {refusal}
  end if;
  return null;
end
"""

CANCELS = f"""
begin
  if not exists (
    select from billing_bill b left join ledger_entry e on e.id = new.entry_id
     where b.id = new.bill_id and e.reverses_id is not distinct from b.entry_id
       and (new.entry_id is null) = (b.entry_id is null)) then
    {refuse("cancellation_reverses_its_bill", "format('this entry does not reverse bill %s', new.bill_id)")}
  end if;
  return new;
end
"""


def frozen(table: str, *, event: str, states: str) -> NamedTrigger:
    """Refuse to change calculated rows once the run has left the given states (constraint ``<table>_as_approved``)."""
    constraint = f"{table}_as_approved"
    refusal = refuse(constraint, "format('run %s is approved: what was calculated stays', stray)")
    transition = {"insert": "new", "update": "old", "delete": "old"}[event]
    return NamedTrigger(
        f"{constraint}_{event}",
        table=table,
        fires=f"after {event} on {{table}} referencing {transition} table as changed for each statement",
        body=FROZEN.format(states=states, refusal=refusal),
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_what_the_database_keeps"), ("ledger", "0005_the_credit_account_stays")]

    operations = [
        AppendOnly("billing_clearance"),
        AppendOnly("billing_cancellationrequest"),
        NamedTrigger(
            "run_goes_forward", table="billing_billingrun", fires="before update on {table} for each row", body=FORWARD
        ),
        NamedTrigger(
            "partition_goes_forward",
            table="billing_runpartition",
            fires="before update or delete on {table} for each row",
            body=PARTITION,
        ),
        # The next draft of the cycle throws away what released runs had calculated, for their bills keep it all.
        *(
            frozen(table, event=event, states=states)
            for table in ("billing_draftbill", "billing_draftline")
            for event, states in (("update", "<> 'drafted'"), ("delete", "= 'approved'"))
        ),
        *(
            frozen(table, event=event, states="<> 'drafted'")
            for table in ("billing_disposition", "billing_finding")
            for event in ("update", "delete")
        ),
        frozen("billing_disposition", event="insert", states="<> 'drafted'"),
        NamedTrigger(
            "cancellation_reverses_its_bill",
            table="billing_cancellation",
            fires="before insert on {table} for each row",
            body=CANCELS,
        ),
    ]
