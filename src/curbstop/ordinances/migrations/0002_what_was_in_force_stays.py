"""What was adopted is history: only the end of a version may move, and nothing of it is deleted."""

from django.db import migrations

from curbstop.foundation.database.schema import Kept, refuse, trigger_function

DATED = ("ordinances_sectionversion", "ordinances_rulevalue", "ordinances_letter")


def history_stays(table: str) -> migrations.RunSQL:
    """Refuse every change of a dated row but that of its end (constraint ``<table>_history_stays``)."""
    name = f"{table}_history_stays"
    body = f"""
    begin
      if to_jsonb(old) - 'ends_on' is distinct from to_jsonb(new) - 'ends_on' then
        {refuse(name, "tg_table_name || ': what was in force is never rewritten; adopt a new version'")}
      end if;
      return new;
    end
    """
    return migrations.RunSQL(
        trigger_function(name, body)
        + f"create trigger {name} before update on {table} for each row execute function {name}();",
        f"drop function {name}() cascade;",
    )


class Migration(migrations.Migration):
    dependencies = [("ordinances", "0001_initial")]

    operations = [
        *(Kept(table) for table in DATED),
        *(history_stays(table) for table in DATED),
        Kept("ordinances_codesection"),
        Kept("ordinances_packproposal"),
    ]
