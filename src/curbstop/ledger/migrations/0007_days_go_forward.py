"""The office's days go forward: no day is opened before one that was opened already."""

from django.db import migrations

from curbstop.foundation.database.schema import NamedTrigger, refuse

FORWARD = f"""
begin
  if exists (select from ledger_businessday d where d.day > new.day) then
    {refuse("business_day_goes_forward", "format('a later day than %s was opened before', new.day)")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_days_and_codes_stay")]

    operations = [
        NamedTrigger(
            "business_day_goes_forward",
            table="ledger_businessday",
            fires="before insert on {table} for each row",
            body=FORWARD,
        ),
    ]
