"""A bill is cancelled together with its penalties and interest, or not at all."""

from django.db import migrations

from curbstop.foundation.database.schema import NamedTrigger, refuse

STANDING = f"""
begin
  if exists (
    select from collections_latecharge c where c.bill_source = 'billing.bill:' || new.bill_id
       and not exists (select from collections_chargereversal r where r.charge_id = c.id)) then
    {refuse("cancelled_bill_bears_no_charge", "format('bill %s is cancelled but its penalty stands', new.bill_id)")}
  end if;
  return null;
end
"""


class Migration(migrations.Migration):
    dependencies = [
        ("collections", "0002_what_is_charged_and_kept_ties"),
        ("billing", "0002_what_the_database_keeps"),
    ]

    operations = [
        NamedTrigger(
            "cancelled_bill_bears_no_charge",
            table="billing_cancellation",
            fires="constraint after insert on {table} deferrable initially deferred for each row",
            body=STANDING,
        ),
    ]
