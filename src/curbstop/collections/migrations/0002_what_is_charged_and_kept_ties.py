"""What is charged, kept and given back is what the ledger says, and no more than a second person approved."""

from django.db import migrations

from curbstop.foundation.database.schema import AppendOnly, NamedTrigger, SetReferences, refuse

EACH_STATEMENT = "after insert on {table} referencing new table as written for each statement"
BEFORE_EACH_ROW = "before insert on {table} for each row"

CHARGE = f"""
declare stray bigint;
begin
  select w.id into stray from written w left join ledger_entry e on e.id = w.entry_id
   where e.xact is distinct from pg_current_xact_id() or e.created_at <> transaction_timestamp()
      or e.source <> 'collections.late_charge:' || w.id
      or w.amount_cents is distinct from (
        select sum(i.amount_cents) from ledger_openitem i
         where i.entry_id = w.entry_id and i.charge = w.kind and i.debtor_id = w.debtor_id) limit 1;
  if found then
    {refuse("late_charge_is_its_entry", "format('no entry of this transaction is charge %s', stray)")}
  end if;
  select w.id into stray from written w
   where w.run_id is not null and not exists (
     select from collections_chargerun r join collections_proposedcharge p on p.run_id = r.id
      where r.id = w.run_id and r.kind = w.kind and r.approved_at is not null and r.discarded_at is null
        and p.bill_source = w.bill_source and p.step = w.step and w.amount_cents <= p.amount_cents) limit 1;
  if found then
    {refuse("late_charge_as_approved", "format('charge %s is more than anybody approved', stray)")}
  end if;
  return null;
end
"""
REVERSAL = f"""
begin
  if not exists (
    select from collections_latecharge c join ledger_entry e on e.reverses_id = c.entry_id
     where c.id = new.charge_id and e.id = new.entry_id) then
    {refuse("charge_reversal_is_its_entry", "format('entry %s does not undo this charge', new.entry_id)")}
  end if;
  return new;
end
"""
WAIVED = f"""
begin
  if new.reversal_id is not null and not exists (
    select from collections_chargereversal r where r.id = new.reversal_id and r.charge_id = new.charge_id) then
    {refuse("waiver_reverses_its_charge", "'a waiver reverses the charge that it is for'")}
  end if;
  return new;
end
"""
DEPOSIT = f"""
begin
  if not exists (
    select from ledger_openitem i join customers_account a on a.debtor_id = i.debtor_id
     where i.id = new.open_item_id and i.entry_id = new.entry_id and i.charge = 'deposit'
       and i.amount_cents = new.amount_cents and a.id = new.account_id and a.customer_id = new.depositor_id) then
    {refuse("security_deposit_is_its_item", "format('item %s does not ask for this deposit', new.open_item_id)")}
  end if;
  return new;
end
"""
# What is given back is what was paid on the deposit's own item, neither more nor less.
RELEASE = f"""
declare asked record; paid bigint; debited bigint;
begin
  select d.amount_cents, d.open_item_id, a.debtor_id into asked
    from collections_securitydeposit d join customers_account a on a.id = d.account_id where d.id = new.deposit_id;
  select coalesce(sum(case when l.reverses_id is null then l.amount_cents else -l.amount_cents end), 0) into paid
    from ledger_allocation l where l.open_item_id = asked.open_item_id and l.entry_id <> new.entry_id;
  select sum(p.debit_cents) into debited from ledger_posting p
    join ledger_glaccount g on g.id = p.gl_account_id and g.role = 'deposits_held'
    join ledger_entry e on e.id = p.entry_id and e.xact = pg_current_xact_id()
   where p.entry_id = new.entry_id and p.debtor_id = asked.debtor_id;
  if new.principal_cents <> paid or new.principal_cents + new.unpaid_cents <> asked.amount_cents then
    {refuse("deposit_release_is_what_was_paid", "format('%s cents were paid on this deposit', paid)")}
  elsif debited is distinct from asked.amount_cents then
    {refuse("deposit_release_is_its_entry", "format('entry %s does not end this deposit', new.entry_id)")}
  end if;
  return new;
end
"""
# An installment or a hold that joined later would break the sum: the plan stays as it was signed.
PLAN = """
declare plan collections_paymentplan; planned bigint; held bigint;
begin
  select * into plan from collections_paymentplan where id = new.{key};
  select sum(amount_cents) into planned from collections_planinstallment where plan_id = plan.id;
  select sum(amount_cents) into held from collections_planhold where plan_id = plan.id;
  if planned is distinct from plan.financed_cents or held is distinct from plan.financed_cents then
    {refusal}
  end if;
  return null;
end
"""


def adds_up(name: str, table: str, *, key: str) -> NamedTrigger:
    """Hold a plan to its installments and its holds, at commit."""
    message = "format('plan of %s cents: installments %s, held %s', plan.financed_cents, planned, held)"
    return NamedTrigger(
        name,
        table=table,
        fires="constraint after insert on {table} deferrable initially deferred for each row",
        body=PLAN.format(key=key, refusal=refuse("plan_schedule_adds_up", message)),
    )


class Migration(migrations.Migration):
    dependencies = [("collections", "0001_initial"), ("ledger", "0008_items_are_held")]

    operations = [
        AppendOnly(
            "collections_chargerun",
            set_once=("approved_by_id", "approved_at", "discarded_by_id", "discarded_at", "posted_at"),
        ),
        AppendOnly("collections_proposedcharge"),
        AppendOnly("collections_latecharge"),
        AppendOnly("collections_chargereversal"),
        AppendOnly(
            "collections_waiver",
            set_once=("approved_by_id", "approved_at", "turned_down_by_id", "turned_down_at", "reversal_id"),
        ),
        AppendOnly("collections_securitydeposit"),
        AppendOnly("collections_depositrelease"),
        AppendOnly("collections_depositbreach"),
        AppendOnly("collections_dispute", set_once=("outcome", "answer", "resolved_by_id", "resolved_at")),
        AppendOnly("collections_disputehold"),
        AppendOnly("collections_paymentplan", set_once=("ending", "ended_by_id", "ended_at")),
        AppendOnly("collections_planinstallment"),
        AppendOnly("collections_planhold"),
        SetReferences("collections_proposedcharge", "run_id", "collections_chargerun"),
        SetReferences("collections_proposedcharge", "debtor_id", "ledger_debtor"),
        SetReferences("collections_latecharge", "run_id", "collections_chargerun"),
        SetReferences("collections_latecharge", "debtor_id", "ledger_debtor"),
        SetReferences("collections_latecharge", "entry_id", "ledger_entry"),
        NamedTrigger("late_charge_is_its_entry", table="collections_latecharge", fires=EACH_STATEMENT, body=CHARGE),
        NamedTrigger(
            "charge_reversal_is_its_entry", table="collections_chargereversal", fires=BEFORE_EACH_ROW, body=REVERSAL
        ),
        NamedTrigger(
            "waiver_reverses_its_charge",
            table="collections_waiver",
            fires="before insert or update on {table} for each row",
            body=WAIVED,
        ),
        NamedTrigger(
            "security_deposit_is_its_item", table="collections_securitydeposit", fires=BEFORE_EACH_ROW, body=DEPOSIT
        ),
        NamedTrigger(
            "deposit_release_is_its_entry", table="collections_depositrelease", fires=BEFORE_EACH_ROW, body=RELEASE
        ),
        adds_up("plan_schedule_adds_up", "collections_paymentplan", key="id"),
        adds_up("plan_installments_add_up", "collections_planinstallment", key="plan_id"),
        adds_up("plan_holds_add_up", "collections_planhold", key="plan_id"),
    ]
