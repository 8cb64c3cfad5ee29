"""Days of intervals are written once, have the hours that the city's clocks give them, and leave only for another."""

from django.db import migrations

from curbstop.foundation.database.schema import AppendOnly, NamedTrigger, SetReferences, refuse

# Once a statement: a year of hourly reads has three kinds of day.
HOURS = f"""
declare wrong record;
begin
  select w.day, w.minutes, w.size into wrong
    from (select distinct day, minutes, cardinality(uses) as size from written) w, ordinances_cityprofile c
   where extract(epoch from ((w.day + 1)::timestamp at time zone c.timezone)
                            - (w.day::timestamp at time zone c.timezone)) <> w.minutes * 60 * w.size
   limit 1;
  if found then
    {
    refuse(
        "interval_day_has_its_hours",
        "format('%s has not %s intervals of %s minutes', wrong.day, wrong.size, wrong.minutes)",
    )
}
  end if;
  return null;
end
"""
REPLACED = f"""
begin
  if not exists (select from metering_intervalday d
                  where d.installation_id = new.installation_id and d.day = new.day and d.superseded_at is null) then
    {refuse("interval_day_leaves_for_another", "format('no other row stands for %s', new.day)")}
  end if;
  return null;
end
"""


class Migration(migrations.Migration):
    dependencies = [("metering", "0006_intervals_are_kept"), ("ordinances", "0001_initial")]

    operations = [
        AppendOnly("metering_intervalimport"),
        AppendOnly("metering_intervalday", set_once=("superseded_at",)),
        AppendOnly("metering_intervalalert", set_once=("answered_by_id", "answered_at", "note")),
        SetReferences("metering_intervalday", "installation_id", "metering_installation"),
        SetReferences("metering_intervalday", "interval_import_id", "metering_intervalimport"),
        NamedTrigger(
            "interval_day_has_its_hours",
            table="metering_intervalday",
            fires="after insert on {table} referencing new table as written for each statement",
            body=HOURS,
        ),
        NamedTrigger(
            "interval_day_leaves_for_another",
            table="metering_intervalday",
            fires="constraint after update of superseded_at on {table} deferrable initially deferred for each row",
            body=REPLACED,
        ),
    ]
