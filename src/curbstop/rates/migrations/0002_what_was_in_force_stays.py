"""What a bill was priced by is history: only the end of a version may move, and none is deleted."""

from django.db import migrations

from curbstop.foundation.database.schema import Kept, refuse, trigger_function

TABLE = "rates_scheduleversion"
NAME = f"{TABLE}_history_stays"
BODY = f"""
begin
  if to_jsonb(old) - 'ends_on' is distinct from to_jsonb(new) - 'ends_on' then
    {refuse(NAME, "'a rate schedule that was in force is never rewritten; adopt a new version'")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):
    dependencies = [("rates", "0001_initial")]

    operations = [
        Kept("rates_schedule"),
        Kept(TABLE),
        migrations.RunSQL(
            trigger_function(NAME, BODY)
            + f"create trigger {NAME} before update on {TABLE} for each row execute function {NAME}();",
            f"drop function {NAME}() cascade;",
        ),
    ]
