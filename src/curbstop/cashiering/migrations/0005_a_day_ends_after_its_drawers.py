"""A business day is closed after its drawers, and a drawer is opened only on an open day.

Both take the day's row, so that a drawer opened at the very moment of the close is either seen by it or refused.
"""

from django.db import migrations

from curbstop.foundation.database.schema import NamedTrigger, refuse

OPENED = f"""
begin
  perform 1 from ledger_businessday where day = new.business_day and closed_at is null for share;
  if not found then
    {refuse("drawer_on_an_open_day", "format('the business day %s is not open', new.business_day)")}
  end if;
  return new;
end
"""

CLOSED = f"""
begin
  if exists (select from cashiering_drawer d where d.business_day = new.day and d.closed_at is null) then
    {refuse("business_day_has_open_work", "format('a drawer of %s is still open', new.day)")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):
    """The counter's word on the end of the day."""

    dependencies = [
        ("cashiering", "0004_a_payment_is_loaded_once"),
        ("ledger", "0006_days_and_codes_stay"),
    ]

    operations = [
        NamedTrigger(
            "drawer_on_an_open_day", table="cashiering_drawer", fires="before insert on {table} for each row", body=OPENED
        ),
        NamedTrigger(
            "business_day_after_its_drawers",
            table="ledger_businessday",
            fires="before update of closed_at on {table} for each row when (new.closed_at is not null)",
            body=CLOSED,
        ),
    ]
