"""A meter is taken out on the day of its last read or later, and a meter is never deleted."""

from django.db import migrations

from curbstop.foundation.database.schema import Kept, NamedTrigger, refuse

COVERS = f"""
begin
  if exists (select from metering_read r
              where r.installation_id = new.id and r.superseded_at is null and r.read_on > new.ends_on) then
    {refuse("installation_covers_its_reads", "format('meter was read after %s', new.ends_on)")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):
    dependencies = [("metering", "0007_what_intervals_keep")]

    operations = [
        Kept("metering_meter"),
        NamedTrigger(
            "installation_covers_its_reads",
            table="metering_installation",
            fires="before update of ends_on on {table} for each row when (new.ends_on is not null)",
            body=COVERS,
        ),
    ]
