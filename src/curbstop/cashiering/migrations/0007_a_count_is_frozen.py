"""A count keeps what it was compared with and goes stale when money moves; a close names who closed it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from curbstop.foundation.database.schema import NamedTrigger, refuse

# What earlier counts were compared with follows from what was taken and voided by then. Earlier closes did not say
# who closed: whoever posted the difference did, and without one whoever counted last.
COUNTED_BEFORE = """
set constraints all immediate;
alter table cashiering_drawercount disable trigger cashiering_drawercount_append_only;
alter table cashiering_drawer disable trigger drawer_stays_closed;
update cashiering_drawercount c set
  movements = (select count(r.id) + count(v.id) from cashiering_receipt r
               left join cashiering_void v on v.receipt_id = r.id and v.at <= c.at
               where r.drawer_id = c.drawer_id and r.at <= c.at),
  expected_cents = (select d.float_cents from cashiering_drawer d where d.id = c.drawer_id)
    + (select coalesce(sum(t.amount_cents), 0) from cashiering_receipt r
       join cashiering_tender t on t.receipt_id = r.id and t.kind in ('cash', 'check')
       where r.drawer_id = c.drawer_id and r.at <= c.at
         and not exists (select from cashiering_void v where v.receipt_id = r.id and v.at <= c.at));
update cashiering_drawer d set closed_by_id = coalesce(
  (select e.actor_id from ledger_entry e where e.id = d.difference_entry_id),
  (select c.counted_by_id from cashiering_drawercount c where c.id = d.closing_count_id))
 where d.closed_at is not null;
alter table cashiering_drawer enable trigger drawer_stays_closed;
alter table cashiering_drawercount enable trigger cashiering_drawercount_append_only;
set constraints all deferred;
"""

FRESH = f"""
begin
  if not exists (
    select from cashiering_drawercount c where c.id = new.closing_count_id and c.drawer_id = new.id
       and c.expected_cents = new.float_cents + new.expected_cash_cents + new.expected_check_cents
       and c.movements = (select count(r.id) + count(v.id) from cashiering_receipt r
                          left join cashiering_void v on v.receipt_id = r.id where r.drawer_id = new.id)) then
    {refuse("drawer_closes_by_its_count_of_now", "format('money moved in drawer %s after this count', new.id)")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cashiering", "0006_a_void_is_asked_for"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="drawer",
            name="closed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="drawer",
            name="difference_note",
            field=models.CharField(blank=True, default="", max_length=500),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="drawercount",
            name="expected_cents",
            field=models.BigIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="drawercount",
            name="movements",
            field=models.IntegerField(default=0),
            preserve_default=False,
        ),
        migrations.RunSQL(COUNTED_BEFORE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="drawer",
            constraint=models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="drawer_closed_by_someone",
            ),
        ),
        NamedTrigger(
            "drawer_closes_by_its_count_of_now",
            table="cashiering_drawer",
            fires="before update on {table} for each row when (new.closed_at is not null)",
            body=FRESH,
        ),
    ]
