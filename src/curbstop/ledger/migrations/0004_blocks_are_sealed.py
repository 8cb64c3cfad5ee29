"""Seals: a chain of hashes over finished transactions, in an order no late commit can disturb.

Blocks are cut by transaction number, below the oldest transaction still running: an id may be drawn long before
its transaction gets a number, so a cut by id could miss a late row (trust.md 5.3).
"""

from django.db import migrations

from curbstop.foundation.database.schema import AppendOnly

# Hashes are virtual columns: recomputed from the values whenever they are read, never stored, so never stale.
SEALS = r"""
create function ledger_block_hash(block_epoch smallint, from_number xid8, to_number xid8,
  out entries int, out hash bytea) language sql stable security definer set search_path = public, pg_temp as $$
  select count(*)::int, sha256(coalesce(string_agg(e.row_hash
    || coalesce((select string_agg(p.row_hash, '\x'::bytea order by p.line_number)
                   from ledger_posting p where p.entry_id = e.id), '\x')
    || '\x01' || coalesce((select string_agg(i.row_hash, '\x'::bytea order by i.id)
                   from ledger_openitem i where i.entry_id = e.id), '\x')
    || '\x02' || coalesce((select string_agg(a.row_hash, '\x'::bytea order by a.id)
                   from ledger_allocation a where a.entry_id = e.id), '\x'), '\x'::bytea order by e.xact, e.id), '\x'))
    from ledger_entry e where e.epoch = block_epoch and e.xact >= from_number and e.xact < to_number
$$;

create function ledger_seal_epoch(block_epoch smallint, to_number xid8) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare head ledger_seal; from_number xid8; block record;
begin
  select * into head from ledger_seal order by number desc limit 1;
  select max(to_xact) into from_number from ledger_seal where epoch = block_epoch;
  from_number := coalesce(from_number, '0'::xid8);
  if to_number <= from_number then
    return 0;
  end if;
  select * into block from ledger_block_hash(block_epoch, from_number, to_number);
  if block.entries = 0 then
    return 0;
  end if;
  insert into ledger_seal (number, epoch, from_xact, to_xact, entries, previous_hash, hash, sealed_at)
  values (coalesce(head.number, 0) + 1, block_epoch, from_number, to_number, block.entries,
          coalesce(head.hash, '\x'), sha256(coalesce(head.hash, '\x') || block.hash), transaction_timestamp());
  return 1;
end $$;

-- What an earlier life of the cluster left unsealed is finished for certain: its block ends with its last entry.
create function ledger_seal_now() returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare old record; made int := 0;
begin
  perform pg_advisory_xact_lock(82, 2);
  for old in select e.number, (select (max(x.xact)::text::numeric + 1)::text::xid8 from ledger_entry x
                                where x.epoch = e.number) as last
               from ledger_sealepoch e where e.number < ledger_current_epoch() order by e.number loop
    made := made + ledger_seal_epoch(old.number, coalesce(old.last, '0'::xid8));
  end loop;
  return made + ledger_seal_epoch(ledger_current_epoch(), pg_snapshot_xmin(pg_current_snapshot()));
end $$;

create function ledger_verify_seals() returns table (seal_number bigint, problem text)
language sql stable security definer set search_path = public, pg_temp as $$
  with chained as (
    select s.*, lag(s.number, 1, 0::bigint) over (order by s.number) as number_before,
           lag(s.hash, 1, '\x'::bytea) over (order by s.number) as hash_before,
           lag(s.to_xact, 1, '0'::xid8) over (partition by s.epoch order by s.number) as xact_before
      from ledger_seal s)
  select c.number, concat_ws(', ',
      case when b.entries <> c.entries then format('%s entries where %s were sealed', b.entries, c.entries) end,
      case when c.hash <> sha256(c.previous_hash || b.hash) then 'contents changed' end,
      case when c.number <> c.number_before + 1 or c.previous_hash <> c.hash_before
             or c.from_xact <> c.xact_before then 'chain broken' end)
    from chained c cross join lateral ledger_block_hash(c.epoch::smallint, c.from_xact, c.to_xact) b
   where b.entries <> c.entries or c.hash <> sha256(c.previous_hash || b.hash) or c.number <> c.number_before + 1
      or c.previous_hash <> c.hash_before or c.from_xact <> c.xact_before
   order by c.number
$$;

create function ledger_begin_seal_epoch(why text) returns smallint
language sql security definer set search_path = public, pg_temp as $$
  insert into ledger_sealepoch (number, reason, began_at)
  values (ledger_current_epoch() + 1, why, transaction_timestamp()) returning number
$$;

revoke execute on function ledger_block_hash(smallint, xid8, xid8), ledger_seal_epoch(smallint, xid8),
  ledger_seal_now(), ledger_verify_seals(), ledger_begin_seal_epoch(text) from public;
grant execute on function ledger_seal_now() to app_batch;
grant execute on function ledger_verify_seals() to app_batch, app_staff, app_auditor;
"""
UNSEALED = """
drop function ledger_begin_seal_epoch(text);
drop function ledger_verify_seals();
drop function ledger_seal_now();
drop function ledger_seal_epoch(smallint, xid8);
drop function ledger_block_hash(smallint, xid8, xid8);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_open_items_tie_to_the_journal")]

    operations = [
        migrations.RunSQL(SEALS, UNSEALED),
        AppendOnly("ledger_seal"),
        AppendOnly("ledger_sealepoch"),
    ]
