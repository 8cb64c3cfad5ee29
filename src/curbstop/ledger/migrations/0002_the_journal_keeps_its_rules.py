"""Entries and postings: whole, balanced, written once, in an open period, under ids this transaction reserved.

An entry's lines arrive in one statement, numbered from 1, and close it: nothing joins it afterwards, not even
later in its own transaction. That is why the balance can be checked over the whole statement at once, and why
asking the deferred constraints early (SET CONSTRAINTS) opens no gap.
"""

from django.conf import settings
from django.db import migrations

from curbstop.foundation.database.schema import AppendOnly, Kept, NamedTrigger, SetReferences, refuse

# Marks that no program can choose. The length goes before each text, so that no two entries look the same hashed.
MARKS = """
create function ledger_current_epoch() returns smallint language sql stable
set search_path = public, pg_temp as 'select max(number) from ledger_sealepoch';
insert into ledger_sealepoch (number, reason, began_at) values (1, 'installed', transaction_timestamp());
alter table ledger_entry
  add column epoch smallint not null default ledger_current_epoch(),
  add column xact xid8 not null default pg_current_xact_id(),
  add column created_at timestamptz not null default transaction_timestamp(),
  add column row_hash bytea generated always as (sha256(replace(
    id || '|' || length(kind) || ':' || kind || '|' || (business_date - date '2000-01-01') || '|' || actor_id || '|'
    || coalesce(reverses_id, 0) || '|' || length(source) || ':' || source || '|' || length(memo) || ':' || memo || '|'
    || extract(epoch from posted_at - timestamptz '2000-01-01 00:00+00') || '|' || epoch || '|' || xact || '|'
    || extract(epoch from created_at - timestamptz '2000-01-01 00:00+00'), '\\', '\\\\')::bytea)) virtual;
alter table ledger_posting
  add column row_hash bytea generated always as (sha256((entry_id || '|' || line_number || '|' || gl_account_id || '|'
    || coalesce(debtor_id, 0) || '|' || debit_cents || '|' || credit_cents)::bytea)) virtual;
-- How far transactions had come at the close: an entry in the period from there on came behind our back.
alter table ledger_fiscalperiod add column closed_xact xid8, add column closed_epoch smallint;
create index ledger_entry_by_xact on ledger_entry (epoch, xact, id);
create sequence ledger_entry_id_seq;
create sequence ledger_openitem_id_seq;
"""
UNMARKED = """
alter table ledger_entry drop column row_hash, drop column epoch, drop column xact, drop column created_at;
alter table ledger_posting drop column row_hash;
alter table ledger_fiscalperiod drop column closed_xact, drop column closed_epoch;
delete from ledger_sealepoch;
drop function ledger_current_epoch();
drop sequence ledger_entry_id_seq;
drop sequence ledger_openitem_id_seq;
"""

# A block must hang together although others draw ids at the same time; the lock lasts for two sequence calls only,
# and is given back even if the statement is cancelled, because a lock of the session outlives the transaction.
RESERVE = """
create function ledger_draw_block(counter regclass, size int) returns bigint language plpgsql
set search_path = public, pg_temp as $$
declare first bigint;
begin
  perform pg_advisory_lock(82, 1);
  begin
    first := nextval(counter);
    if size > 1 then
      perform setval(counter, first + size - 1);
    end if;
  exception when query_canceled or others then
    perform pg_advisory_unlock(82, 1);
    raise;
  end;
  perform pg_advisory_unlock(82, 1);
  return first;
end $$;
create function ledger_reserve_entry_ids(entries int, items int, out first_entry_id bigint, out first_item_id bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if entries not between 1 and 50000 or items not between 0 and 1000000 then
    raise exception using errcode = '23514', constraint = 'entry_id_reservation_size',
      message = format('%s entries and %s items: a transaction takes 1 to 50,000 entries', entries, items);
  end if;
  first_entry_id := ledger_draw_block('ledger_entry_id_seq', entries);
  if items > 0 then
    first_item_id := ledger_draw_block('ledger_openitem_id_seq', items);
  end if;
  insert into ledger_entryidreservation (first_entry_id, entries, first_item_id, items, xact, created_at)
  values (first_entry_id, entries, first_item_id, items, pg_current_xact_id(), transaction_timestamp());
end $$;
revoke execute on function ledger_draw_block(regclass, int) from public;
revoke execute on function ledger_reserve_entry_ids(int, int) from public;
grant execute on function ledger_reserve_entry_ids(int, int) to app_staff, app_batch;
"""
UNRESERVE = "drop function ledger_reserve_entry_ids(int, int); drop function ledger_draw_block(regclass, int);"

# Under REPEATABLE READ a writer that waited for a lock would still not see what the other wrote.
ADMITTED = f"""
declare day date; stray bigint;
begin
  if current_setting('transaction_isolation') = 'repeatable read' then
    {refuse("ledger_entry_isolation", "'entries are posted under READ COMMITTED or SERIALIZABLE'")}
  end if;
  select w.id into stray from written w where not exists (
    select from ledger_entryidreservation r
     where r.xact = pg_current_xact_id() and r.created_at = transaction_timestamp()
       and w.id >= r.first_entry_id and w.id < r.first_entry_id + r.entries) limit 1;
  if found then
    {refuse("ledger_entry_id_reserved", "format('entry id %s was not reserved by this transaction', stray)")}
  end if;
  for day in select distinct business_date from written order by 1 loop
    -- The closer of the period takes FOR UPDATE: an entry either comes before the close or is refused.
    perform from ledger_fiscalperiod p where p.starts_on <= day and day < p.ends_on and p.closed_at is null for share;
    if not found then
      {refuse("ledger_entry_in_open_period", "format('no open fiscal period has the day %s', day)")}
    end if;
  end loop;
  select w.id into stray from written w left join ledger_entry o on o.id = w.reverses_id
   where w.reverses_id is not null and (o.id is null or o.reverses_id is not null) limit 1;
  if found then
    {refuse("ledger_entry_reverses_an_original", "format('entry %s reverses no original entry', stray)")}
  end if;
  return null;
end
"""

NOT_EMPTY = f"""
begin
  if not exists (select from ledger_posting p where p.entry_id = new.id) then
    {refuse("ledger_entry_has_postings", "format('entry %s has no postings', new.id)")}
  end if;
  return null;
end
"""

CLOSES = f"""
declare closed record;
begin
  select g.*, e.xact = pg_current_xact_id() and e.created_at = transaction_timestamp() as own into closed
    from (select entry_id, count(*) as lines, min(line_number) as first, max(line_number) as last,
                 sum(debit_cents) as debits, sum(credit_cents) as credits from written group by entry_id) g
    left join ledger_entry e on e.id = g.entry_id
   where e.id is null or e.xact <> pg_current_xact_id() or e.created_at <> transaction_timestamp()
      or g.debits <> g.credits or g.lines < 2 or g.first <> 1 or g.last <> g.lines limit 1;
  if not found then
    return null;
  end if;
  if closed.own is not true then
    {refuse("ledger_posting_in_own_transaction", "format('entry %s is not of this transaction', closed.entry_id)")}
  elsif closed.first <> 1 or closed.last <> closed.lines then
    {refuse("ledger_posting_all_at_once", "format('the lines of entry %s must arrive at once', closed.entry_id)")}
  end if;
  {refuse("ledger_entry_balanced", '''format('entry %s does not balance: %s lines, debits %s, credits %s cents',
    closed.entry_id, closed.lines, closed.debits, closed.credits)''')}
end
"""

PERIOD_STAYS = f"""
begin
  if tg_op = 'DELETE' then
    {refuse("fiscal_period_stays", "'a fiscal period is never deleted'")}
  elsif old.closed_at is not null or old.starts_on <> new.starts_on or old.ends_on <> new.ends_on then
    {refuse("fiscal_period_stays", "'a fiscal period keeps its days, and once closed stays closed'")}
  end if;
  new.closed_xact := case when new.closed_at is not null then pg_snapshot_xmax(pg_current_snapshot()) end;
  new.closed_epoch := case when new.closed_at is not null then ledger_current_epoch() end;
  return new;
end
"""

SERVICE_STAYS = f"""
begin
  if old.receivable_id <> new.receivable_id then
    {refuse("ledger_service_receivable_stays", "'the control account of a service never changes'")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.RunSQL(MARKS, UNMARKED),
        migrations.RunSQL(RESERVE, UNRESERVE),
        AppendOnly("ledger_entry"),
        AppendOnly("ledger_posting"),
        AppendOnly("ledger_entryidreservation"),
        Kept("ledger_glaccount"),
        Kept("ledger_service"),
        Kept("ledger_debtor"),
        Kept("ledger_businessday"),
        Kept("foundation_user"),
        SetReferences("ledger_entry", "actor_id", "foundation_user"),
        SetReferences("ledger_posting", "gl_account_id", "ledger_glaccount"),
        SetReferences("ledger_posting", "debtor_id", "ledger_debtor"),
        NamedTrigger(
            "ledger_entry_admitted",
            table="ledger_entry",
            fires="after insert on {table} referencing new table as written for each statement",
            body=ADMITTED,
        ),
        NamedTrigger(
            "ledger_entry_has_postings",
            table="ledger_entry",
            fires="constraint after insert on {table} deferrable initially deferred for each row",
            body=NOT_EMPTY,
        ),
        NamedTrigger(
            "ledger_posting_closes_entry",
            table="ledger_posting",
            fires="after insert on {table} referencing new table as written for each statement",
            body=CLOSES,
        ),
        NamedTrigger(
            "fiscal_period_stays",
            table="ledger_fiscalperiod",
            fires="before update or delete on {table} for each row",
            body=PERIOD_STAYS,
        ),
        NamedTrigger(
            "ledger_service_receivable_stays",
            table="ledger_service",
            fires="before update on {table} for each row",
            body=SERVICE_STAYS,
        ),
    ]
