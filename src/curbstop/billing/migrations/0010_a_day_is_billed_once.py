"""A day is billed once, kept by a trigger over each statement: half the price of an exclusion constraint.

Whoever writes periods locks their agreements first, in order. So nobody else's uncommitted period can overlap,
and each new period needs to be compared with one other alone: the last that begins before it ends.
"""

from django.db import migrations, models
from django.db.models import F, Q

from curbstop.foundation.database.schema import NamedTrigger, refuse

ONCE = f"""
declare stray record;
begin
  if current_setting('transaction_isolation') = 'repeatable read' then
    {refuse("billed_period_isolation", "'bills are released under READ COMMITTED or SERIALIZABLE'")}
  end if;
  perform from customers_serviceagreement g
    where g.id in (select agreement_id from written) order by g.id for no key update;
  select w.agreement_id, w.period, other.period as before into stray from written w
   cross join lateral (select p.period from billing_billedperiod p
                        where p.agreement_id = w.agreement_id and not p.cancelled
                          and lower(p.period) < upper(w.period) and p.id <> w.id
                        order by lower(p.period) desc limit 1) other
   where not w.cancelled and upper(other.period) > lower(w.period) limit 1;
  if found then
    {refuse("no_double_billing", '''format('no_double_billing: agreement %s is billed for %s and for %s',
      stray.agreement_id, stray.before, stray.period)''')}
  end if;
  return null;
end
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0009_the_mailing_of_a_run")]

    operations = [
        migrations.RemoveConstraint("billedperiod", "no_double_billing"),
        migrations.AddConstraint(
            "billedperiod",
            models.CheckConstraint(
                condition=Q(period__lower_inf=False, period__upper_inf=False), name="billed_period_begins_and_ends"
            ),
        ),
        migrations.AddIndex(
            "billedperiod",
            models.Index(
                F("agreement"), F("period__startswith"), condition=Q(cancelled=False), name="billed_period_by_start"
            ),
        ),
        NamedTrigger(
            "no_double_billing",
            table="billing_billedperiod",
            fires="after insert on {table} referencing new table as written for each statement",
            body=ONCE,
        ),
    ]
