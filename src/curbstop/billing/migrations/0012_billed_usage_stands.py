"""Usage that a standing bill charges is not superseded, and superseded usage is not billed, whoever is first.

Who bills locks the agreements (`no_double_billing`, which fires before this trigger), and so does the check at
the end of a correction: of a release and a correction at the same second one sees the other and is refused.
"""

from django.db import migrations

from curbstop.foundation.database.schema import NamedTrigger, refuse

STANDS = f"""
begin
  perform from customers_serviceagreement g where g.id = new.agreement_id for no key update;
  if exists (select from customers_serviceagreement g
               join customers_serviceagreement h on h.account_id = g.account_id
               join billing_billedperiod p on p.agreement_id = h.id and p.usage_id = new.id and not p.cancelled
              where g.id = new.agreement_id) then
    {refuse("billed_usage_stands", "format('usage %s is billed: its bill has to be cancelled with it', new.id)")}
  end if;
  return null;
end
"""
BILLED = f"""
declare stray bigint;
begin
  select w.usage_id into stray from written w join metering_usage u on u.id = w.usage_id
   where u.superseded_at is not null and not w.cancelled limit 1;
  if found then
    {refuse("billed_usage_stands", "format('usage %s was superseded by a corrected read', stray)")}
  end if;
  return null;
end
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0011_accounts_on_one_summary"),
        ("metering", "0004_what_was_superseded_says_why"),
    ]

    operations = [
        NamedTrigger(
            "billed_usage_stands",
            table="metering_usage",
            fires="constraint after update of superseded_at on {table} deferrable initially deferred for each row",
            body=STANDS,
        ),
        # Named so that it fires after the agreements are locked: triggers fire in the order of their names.
        NamedTrigger(
            "usage_of_a_bill_stands",
            table="billing_billedperiod",
            fires="after insert on {table} referencing new table as written for each statement",
            body=BILLED,
        ),
    ]
