"""The bank validates a deposit from the day it was made up to the business day on which somebody verifies it."""

from django.db import migrations

from curbstop.foundation.database.schema import NamedTrigger, refuse

IN_TIME = f"""
begin
  if not exists (
    select from treasury_deposit d, ledger_entry e where d.id = new.deposit_id and e.id = new.entry_id
       and new.validated_on between d.business_day and e.business_date) then
    {refuse("verification_was_in_time", "format('%s is no day on which the bank had this deposit', new.validated_on)")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):
    dependencies = [("treasury", "0003_a_deposit_is_its_drawers")]

    operations = [
        # Its name sorts after those of the other rules, so that a wrong entry or preparer is named first.
        NamedTrigger(
            "verification_was_in_time",
            table="treasury_depositverification",
            fires="before insert on {table} for each row",
            body=IN_TIME,
        ),
    ]
