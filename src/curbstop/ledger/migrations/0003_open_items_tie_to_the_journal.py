"""Open items and allocations: written before the postings that close their entry, and equal to them.

For each entry, control account and debtor, debits − credits = new items − allocations + allocations given back.
So the sub-ledger equals its control accounts after every statement that writes postings, debtor by debtor.
"""

from django.db import migrations

from curbstop.foundation.database.schema import AppendOnly, NamedTrigger, SetReferences, refuse

MARKS = """
alter table ledger_openitem
  add column row_hash bytea generated always as (sha256(replace(
    id || '|' || entry_id || '|' || debtor_id || '|' || service_id || '|' || (due_on - date '2000-01-01') || '|'
    || amount_cents || '|' || priority || '|' || length(charge) || ':' || charge || '|'
    || length(source) || ':' || source || '|' || length(label) || ':' || label, '\\', '\\\\')::bytea)) virtual;
alter table ledger_allocation
  add column row_hash bytea generated always as (sha256((id || '|' || open_item_id || '|' || entry_id || '|'
    || amount_cents || '|' || coalesce(reverses_id, 0))::bytea)) virtual;
"""
UNMARKED = """
alter table ledger_openitem drop column row_hash;
alter table ledger_allocation drop column row_hash;
"""

# Locking a row takes a right that programs do not hold on append-only tables. Always in order of id.
LOCK = """
create function ledger_lock_open_items(ids bigint[]) returns void language sql security definer
set search_path = public, pg_temp as
$$ select from ledger_openitem i where i.id = any (ids) order by i.id for update $$;
revoke execute on function ledger_lock_open_items(bigint[]) from public;
grant execute on function ledger_lock_open_items(bigint[]) to app_staff, app_batch;
"""


def own_open_entry(table: str) -> str:
    """Return the check that rows join an entry of this transaction that its postings have not closed yet."""
    return f"""
  select w.entry_id into stray from (select distinct entry_id from written) w
    left join ledger_entry e on e.id = w.entry_id
   where e.id is null or e.xact <> pg_current_xact_id() or e.created_at <> transaction_timestamp()
      or exists (select from ledger_posting p where p.entry_id = w.entry_id) limit 1;
  if found then
    {refuse(f"{table}_in_own_transaction", "format('entry %s is closed or of another transaction', stray)")}
  end if;"""


ITEM = f"""
declare stray bigint;
begin
  {own_open_entry("ledger_openitem")}
  select w.id into stray from written w where not exists (
    select from ledger_entryidreservation r
     where r.xact = pg_current_xact_id() and r.created_at = transaction_timestamp()
       and w.id >= r.first_item_id and w.id < r.first_item_id + r.items) limit 1;
  if found then
    {refuse("ledger_openitem_id_reserved", "format('open item id %s was not reserved by this transaction', stray)")}
  end if;
  return null;
end
"""

ALLOCATION = f"""
declare stray bigint;
begin
  {own_open_entry("ledger_allocation")}
  select w.id into stray from written w left join ledger_allocation o on o.id = w.reverses_id
   where w.reverses_id is not null and (o.id is null or o.reverses_id is not null
      or o.open_item_id <> w.open_item_id or o.amount_cents <> w.amount_cents) limit 1;
  if found then
    {refuse("ledger_allocation_reverses_exactly", "format('allocation %s gives back what was not taken', stray)")}
  end if;
  -- Whoever waited here sees in the next statement what the other one applied (READ COMMITTED).
  perform from ledger_openitem i where i.id in (select open_item_id from written) order by i.id for update of i;
  select i.id into stray from (select distinct open_item_id from written) w
    join ledger_openitem i on i.id = w.open_item_id
    cross join lateral (select sum(case when a.reverses_id is null then a.amount_cents else -a.amount_cents end)
      as applied from ledger_allocation a where a.open_item_id = i.id) s
   where s.applied < 0 or s.applied > i.amount_cents limit 1;
  if found then
    {refuse("ledger_allocation_within_balance", "format('open item %s does not owe that much', stray)")}
  end if;
  return null;
end
"""

TIES = f"""
declare stray record;
begin
  with posted as (
    select entry_id, gl_account_id, debtor_id, debit_cents - credit_cents as cents from written
     where gl_account_id = any (array(select receivable_id from ledger_service))
  ), closing as (
    select distinct entry_id from written
  ), owed as (
    select i.entry_id, s.receivable_id, i.debtor_id, i.amount_cents as cents
      from closing c join ledger_openitem i on i.entry_id = c.entry_id join ledger_service s on s.id = i.service_id
    union all
    select a.entry_id, s.receivable_id, i.debtor_id,
           case when a.reverses_id is null then -a.amount_cents else a.amount_cents end
      from closing c join ledger_allocation a on a.entry_id = c.entry_id
      join ledger_openitem i on i.id = a.open_item_id join ledger_service s on s.id = i.service_id
  )
  select entry_id, gl_account_id, debtor_id, sum(cents) as apart into stray
    from (select * from posted union all select entry_id, receivable_id, debtor_id, -cents from owed) both_sides
   group by entry_id, gl_account_id, debtor_id having sum(cents) <> 0 limit 1;
  if found then
    {refuse("ledger_entry_ties_to_items", '''format(
      'entry %s, control account %s, debtor %s: postings and open items are %s cents apart',
      stray.entry_id, stray.gl_account_id, stray.debtor_id, stray.apart)''')}
  end if;
  return null;
end
"""

CREDIT = f"""
declare credit bigint; stray bigint;
begin
  select id into credit from ledger_glaccount where role = 'unapplied_credit';
  if exists (select from written where gl_account_id = credit and debtor_id is null) then
    {refuse("ledger_unapplied_credit_has_debtor", "'unapplied credit belongs to a debtor'")}
  elsif not exists (select from written where gl_account_id = credit and debit_cents > 0) then
    return null;
  end if;
  perform from ledger_debtor d where d.id in (select debtor_id from written where gl_account_id = credit
    and debit_cents > 0) order by d.id for update of d;
  select d.debtor_id into stray from (select distinct debtor_id from written where gl_account_id = credit
    and debit_cents > 0) d
    cross join lateral (select sum(p.credit_cents - p.debit_cents) as cents from ledger_posting p
                         where p.debtor_id = d.debtor_id and p.gl_account_id = credit) s
   where s.cents < 0 limit 1;
  if found then
    {refuse("ledger_unapplied_credit_covered", "format('debtor %s has not that much unapplied credit', stray)")}
  end if;
  return null;
end
"""

EACH_STATEMENT = "after insert on {table} referencing new table as written for each statement"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_the_journal_keeps_its_rules")]

    operations = [
        migrations.RunSQL(MARKS, UNMARKED),
        migrations.RunSQL(LOCK, "drop function ledger_lock_open_items(bigint[]);"),
        AppendOnly("ledger_openitem"),
        AppendOnly("ledger_allocation"),
        SetReferences("ledger_openitem", "debtor_id", "ledger_debtor"),
        SetReferences("ledger_openitem", "service_id", "ledger_service"),
        SetReferences("ledger_allocation", "open_item_id", "ledger_openitem"),
        NamedTrigger("ledger_openitem_admitted", table="ledger_openitem", fires=EACH_STATEMENT, body=ITEM),
        NamedTrigger("ledger_allocation_admitted", table="ledger_allocation", fires=EACH_STATEMENT, body=ALLOCATION),
        NamedTrigger("ledger_posting_ties_to_items", table="ledger_posting", fires=EACH_STATEMENT, body=TIES),
        NamedTrigger("ledger_unapplied_credit_covered", table="ledger_posting", fires=EACH_STATEMENT, body=CREDIT),
    ]
