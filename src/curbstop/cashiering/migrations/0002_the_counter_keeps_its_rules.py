"""What the database keeps at the counter: a closed drawer stays closed, tenders are their receipt, voids take two."""

from django.db import migrations

from curbstop.foundation.database.schema import AppendOnly, NamedTrigger, refuse

CLOSED = f"""
begin
  if old.closed_at is not null then
    {refuse("drawer_stays_closed", "format('drawer %s is closed', old.id)")}
  end if;
  if (old.till_id, old.cashier_id, old.business_day, old.float_cents, old.opened_at)
     is distinct from (new.till_id, new.cashier_id, new.business_day, new.float_cents, new.opened_at) then
    {refuse("drawer_opened_once", "format('drawer %s was opened as it is', old.id)")}
  end if;
  return new;
end
"""

# The share lock waits for a close that is under way, so that no receipt slips past its total.
OPEN = f"""
declare held record;
begin
  select till_id, closed_at into held from cashiering_drawer where id = new.drawer_id for share;
  if held.closed_at is not null then
    {refuse("receipt_into_an_open_drawer", "format('drawer %s is closed', new.drawer_id)")}
  end if;
  if held.till_id <> new.till_id then
    {refuse("receipt_of_its_drawers_till", "format('drawer %s is not of till %s', new.drawer_id, new.till_id)")}
  end if;
  return new;
end
"""

TENDERS = f"""
declare kept bigint;
begin
  select coalesce(sum(amount_cents), 0) into kept from cashiering_tender where receipt_id = new.id;
  if kept <> new.total_cents then
    {refuse("receipt_equals_tenders", "format('receipt %s: %s cents of tenders for %s', new.id, kept, new.total_cents)")}
  end if;
  return null;
end
"""

LATE = f"""
declare stray bigint;
begin
  select r.id into stray from written w join cashiering_receipt r on r.id = w.receipt_id
   where r.total_cents < (select sum(t.amount_cents) from cashiering_tender t where t.receipt_id = r.id) limit 1;
  if found then
    {refuse("tender_within_its_receipt", "format('receipt %s has more tenders than its total', stray)")}
  end if;
  return null;
end
"""

VOIDED = f"""
declare drawer record;
begin
  select d.cashier_id, d.closed_at into drawer
    from cashiering_receipt r join cashiering_drawer d on d.id = r.drawer_id where r.id = new.receipt_id for share of d;
  if drawer.cashier_id = new.approved_by_id then
    {refuse("void_not_by_the_cashier", "'the cashier who took the money cannot approve its void'")}
  end if;
  if drawer.closed_at is not null then
    {refuse("void_while_the_drawer_is_open", "'the drawer of this receipt is closed'")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):
    """Rules that no program can forget."""

    dependencies = [("cashiering", "0001_initial")]

    operations = [
        AppendOnly("cashiering_drawercount"),
        AppendOnly("cashiering_denominationcount"),
        AppendOnly("cashiering_receipt"),
        AppendOnly("cashiering_tender"),
        AppendOnly("cashiering_void"),
        AppendOnly("cashiering_paymentimport"),
        AppendOnly("cashiering_importedpayment"),
        NamedTrigger(
            "drawer_stays_closed", table="cashiering_drawer", fires="before update on {table} for each row", body=CLOSED
        ),
        NamedTrigger(
            "receipt_into_an_open_drawer",
            table="cashiering_receipt",
            fires="before insert on {table} for each row",
            body=OPEN,
        ),
        NamedTrigger(
            "receipt_equals_tenders",
            table="cashiering_receipt",
            fires="constraint after insert on {table} deferrable initially deferred for each row",
            body=TENDERS,
        ),
        NamedTrigger(
            "tender_within_its_receipt",
            table="cashiering_tender",
            fires="after insert on {table} referencing new table as written for each statement",
            body=LATE,
        ),
        NamedTrigger(
            "void_not_by_the_cashier",
            table="cashiering_void",
            fires="before insert on {table} for each row",
            body=VOIDED,
        ),
    ]
