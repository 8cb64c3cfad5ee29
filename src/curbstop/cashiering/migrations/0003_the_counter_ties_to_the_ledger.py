"""A receipt, a void and a close say what the ledger says, and what was paid stays in its cart."""

from django.db import migrations

from curbstop.foundation.database.schema import Kept, NamedTrigger, refuse

# Cash and checks are debited to the drawer, cards to their transit, and nothing else is money that came in.
POSTED = f"""
declare posted bigint;
begin
  select sum(p.debit_cents) into posted
    from ledger_entry e join ledger_posting p on p.entry_id = e.id
    join ledger_glaccount a on a.id = p.gl_account_id and a.role in ('cash_drawer', 'card_in_transit')
   where e.id = new.entry_id and e.xact = pg_current_xact_id() and e.created_at = transaction_timestamp();
  if posted is distinct from new.total_cents then
    {refuse("receipt_equals_its_entry", "format('entry %s is not of %s cents', new.entry_id, new.total_cents)")}
  end if;
  return new;
end
"""

REVERSES = f"""
begin
  if not exists (select from cashiering_receipt r join ledger_entry e on e.reverses_id = r.entry_id
                  where r.id = new.receipt_id and e.id = new.entry_id) then
    {refuse("void_reverses_its_receipt", "format('this entry does not reverse receipt %s', new.receipt_id)")}
  end if;
  return new;
end
"""

CLOSES = f"""
declare counted record; cash bigint; checks bigint;
begin
  if new.closed_at is null then
    return new;
  end if;
  select c.cash_cents + c.check_cents as cents into counted
    from cashiering_drawercount c where c.id = new.closing_count_id and c.drawer_id = new.id;
  select coalesce(sum(t.amount_cents) filter (where t.kind = 'cash'), 0),
         coalesce(sum(t.amount_cents) filter (where t.kind = 'check'), 0) into cash, checks
    from cashiering_receipt r join cashiering_tender t on t.receipt_id = r.id
   where r.drawer_id = new.id and not exists (select from cashiering_void v where v.receipt_id = r.id);
  if (new.expected_cash_cents, new.expected_check_cents) is distinct from (cash, checks)
     or new.over_cents - new.short_cents is distinct from counted.cents - new.float_cents - cash - checks
     or (new.difference_entry_id is null) is distinct from (new.over_cents + new.short_cents = 0) then
    {refuse("drawer_closes_by_its_count", "format('drawer %s does not close by its receipts and its count', new.id)")}
  end if;
  return new;
end
"""

PAID = f"""
declare cart bigint := case when tg_op = 'INSERT' then new.cart_id else old.cart_id end;
begin
  if exists (select from cashiering_receipt r where r.cart_id = cart) then
    {refuse("paid_cart_stays", "format('cart %s is paid', cart)")}
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
"""

# The number series of a till is named after its code.
CODE_STAYS = f"""
begin
  if old.code <> new.code then
    {refuse("till_keeps_its_code", "format('till %s keeps the code that its receipts are numbered by', old.code)")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):
    dependencies = [("cashiering", "0002_the_counter_keeps_its_rules"), ("ledger", "0005_the_credit_account_stays")]

    operations = [
        Kept("cashiering_drawer"),
        Kept("cashiering_till"),
        NamedTrigger(
            "receipt_equals_its_entry",
            table="cashiering_receipt",
            fires="before insert on {table} for each row",
            body=POSTED,
        ),
        NamedTrigger(
            "void_reverses_its_receipt",
            table="cashiering_void",
            fires="before insert on {table} for each row",
            body=REVERSES,
        ),
        NamedTrigger(
            "drawer_closes_by_its_count",
            table="cashiering_drawer",
            fires="before update on {table} for each row",
            body=CLOSES,
        ),
        NamedTrigger(
            "paid_cart_stays",
            table="cashiering_cartitem",
            fires="before insert or update or delete on {table} for each row",
            body=PAID,
        ),
        NamedTrigger(
            "till_keeps_its_code",
            table="cashiering_till",
            fires="before update of code on {table} for each row",
            body=CODE_STAYS,
        ),
    ]
