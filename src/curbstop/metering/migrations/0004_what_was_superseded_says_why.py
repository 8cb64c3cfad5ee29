"""A read is superseded by its correction alone, a usage with a read; submeters and decisions are written once."""

from django.db import migrations

from curbstop.foundation.database.schema import AppendOnly, Kept, NamedTrigger, refuse

READ = f"""
begin
  if not exists (select from metering_readcorrection c where c.read_id = new.id and c.at = new.superseded_at) then
    {refuse("read_superseded_by_its_correction", "format('read %s has no correction', new.id)")}
  end if;
  return null;
end
"""
USAGE = f"""
begin
  if not exists (select from metering_readcorrection c where c.at = new.superseded_at) then
    {refuse("usage_superseded_with_a_read", "format('no read was corrected when usage %s was superseded', new.id)")}
  end if;
  return null;
end
"""
SETTLED = f"""
declare wrong bigint;
begin
  select w.id into wrong
    from written w join metering_read r on r.id in (w.from_read_id, w.to_read_id)
   where r.superseded_at is not null and w.superseded_at is null limit 1;
  if found then
    {refuse("usage_rests_on_standing_reads", "format('usage %s rests on a superseded read', wrong)")}
  end if;
  return null;
end
"""
# A read cannot leave while usage rests on it: the usage is superseded in the same transaction.
RESTING = f"""
begin
  if exists (select from metering_usage u
              where (u.from_read_id = new.id or u.to_read_id = new.id) and u.superseded_at is null) then
    {refuse("usage_rests_on_standing_reads", "format('usage rests on read %s, which is superseded', new.id)")}
  end if;
  return null;
end
"""


def written_once_but(table: str, column: str) -> list[migrations.RunSQL]:
    """Let one column be set once on a table that was guarded without exception before."""
    guard = f"{table}_append_only"
    return [
        migrations.RunSQL(f"drop function {guard}() cascade", migrations.RunSQL.noop),
        AppendOnly(table, set_once=(column,)),
    ]


class Migration(migrations.Migration):
    dependencies = [("metering", "0003_reads_are_superseded")]

    operations = [
        *written_once_but("metering_read", "superseded_at"),
        *written_once_but("metering_usage", "superseded_at"),
        AppendOnly("metering_readcorrection"),
        AppendOnly("metering_skippedread"),
        AppendOnly(
            "metering_readexception",
            set_once=("disposition", "disposed_by_id", "disposed_at", "note", "replacement_id"),
        ),
        Kept("metering_submeterlink"),
        NamedTrigger(
            "read_superseded_by_its_correction",
            table="metering_read",
            fires="constraint after update of superseded_at on {table} deferrable initially deferred for each row",
            body=READ,
        ),
        NamedTrigger(
            "usage_superseded_with_a_read",
            table="metering_usage",
            fires="constraint after update of superseded_at on {table} deferrable initially deferred for each row",
            body=USAGE,
        ),
        NamedTrigger(
            "usage_rests_on_standing_reads",
            table="metering_read",
            fires="constraint after update of superseded_at on {table} deferrable initially deferred for each row",
            body=RESTING,
        ),
        NamedTrigger(
            "usage_settled_from_standing_reads",
            table="metering_usage",
            fires="after insert on {table} referencing new table as written for each statement",
            body=SETTLED,
        ),
    ]
