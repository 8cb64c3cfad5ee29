"""A deposit is the counted money of its drawers less their floats, in the ledger too, and never of an own drawer."""

from django.db import migrations

from curbstop.foundation.database.schema import NamedTrigger, refuse

SHARE = f"""
declare drawer record; deposit record;
begin
  select d.cashier_id, c.cash_cents - d.float_cents as cash, c.check_cents as checks into drawer
    from cashiering_drawer d join cashiering_drawercount c on c.id = d.closing_count_id
   where d.id = new.drawer_id and d.closed_at is not null;
  if not found or (new.cash_cents, new.check_cents) is distinct from (drawer.cash, drawer.checks) then
    {refuse("deposit_drawer_intact", "format('drawer %s is deposited closed and whole', new.drawer_id)")}
  end if;
  select t.prepared_by_id, e.xact = pg_current_xact_id() and e.created_at = transaction_timestamp() as own into deposit
    from treasury_deposit t join ledger_entry e on e.id = t.entry_id where t.id = new.deposit_id;
  if deposit.prepared_by_id = drawer.cashier_id then
    {refuse("deposit_not_of_an_own_drawer", "'somebody else than the cashier deposits a drawer'")}
  elsif deposit.own is not true then
    {refuse("deposit_made_at_once", "'a drawer joins no deposit that was made before'")}
  end if;
  return new;
end
"""

WHOLE = f"""
declare cash bigint; checks bigint;
begin
  select sum(cash_cents), sum(check_cents) into cash, checks from treasury_depositdrawer where deposit_id = new.id;
  if (cash, checks) is distinct from (new.cash_cents, new.check_cents) then
    {refuse("deposit_equals_its_drawers", "format('deposit %s is not the sum of its drawers', new.number)")}
  end if;
  return null;
end
"""

POSTED = """
declare posted bigint;
begin
  select sum(p.debit_cents) into posted
    from ledger_entry e join ledger_posting p on p.entry_id = e.id
    join ledger_glaccount a on a.id = p.gl_account_id and a.role = '{role}'
   where e.id = new.entry_id and e.xact = pg_current_xact_id() and e.created_at = transaction_timestamp();
  if posted is distinct from ({cents}) then
    {refusal}
  end if;
  return new;
end
"""


def posted(name: str, *, table: str, role: str, cents: str) -> NamedTrigger:
    """Hold the row to an entry of its own transaction that debits the amount to the account of a role."""
    refusal = refuse(name, "format('entry %s does not carry this deposit', new.entry_id)")
    return NamedTrigger(
        name,
        table=table,
        fires="before insert on {table} for each row",
        body=POSTED.format(role=role, cents=cents, refusal=refusal),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("treasury", "0002_what_went_to_the_bank_stays"),
        ("cashiering", "0003_the_counter_ties_to_the_ledger"),
    ]

    operations = [
        NamedTrigger(
            "deposit_drawer_intact",
            table="treasury_depositdrawer",
            fires="before insert on {table} for each row",
            body=SHARE,
        ),
        NamedTrigger(
            "deposit_equals_its_drawers",
            table="treasury_deposit",
            fires="constraint after insert on {table} deferrable initially deferred for each row",
            body=WHOLE,
        ),
        posted(
            "deposit_equals_its_entry",
            table="treasury_deposit",
            role="deposit_in_transit",
            cents="new.cash_cents + new.check_cents",
        ),
        posted(
            "verification_reaches_the_bank",
            table="treasury_depositverification",
            role="bank",
            cents="select d.cash_cents + d.check_cents from treasury_deposit d where d.id = new.deposit_id",
        ),
    ]
