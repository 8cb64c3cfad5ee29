"""A grant is only ever revoked, a number never goes back, and the answer to a request is given once."""

from django.db import migrations

from curbstop.foundation.database.schema import AppendOnly, NamedTrigger, SetOnce, refuse

RISES = f"""
begin
  if tg_op = 'DELETE' then
    {refuse("number_series_only_rises", "format('series %s is never deleted', old.code)")}
  elsif old.code <> new.code or new.last_number <= old.last_number then
    {refuse("number_series_only_rises", "format('series %s has given out %s already', old.code, old.last_number)")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):
    dependencies = [("foundation", "0003_grants_are_never_deleted")]

    operations = [
        SetOnce("foundation_rolegrant", ("revoked_by_id", "revoked_at")),
        AppendOnly("foundation_idempotentrequest", set_once=("response",)),
        NamedTrigger(
            "number_series_only_rises",
            table="foundation_numberseries",
            fires="before update or delete on {table} for each row",
            body=RISES,
        ),
    ]
