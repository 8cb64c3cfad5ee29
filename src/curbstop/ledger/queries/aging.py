"""What everybody owed, and what credit waited, at the end of a day: recomputed from entries up to that day."""

from datetime import date

from django.db import connection

OWED = """
with applied as (
  select a.open_item_id, sum(case when a.reverses_id is null then a.amount_cents else -a.amount_cents end) as cents
    from ledger_allocation a join ledger_entry e on e.id = a.entry_id
   where e.business_date <= %(on)s group by a.open_item_id)
select i.debtor_id, i.due_on, sum(i.amount_cents - coalesce(a.cents, 0))::bigint
  from ledger_openitem i join ledger_entry e on e.id = i.entry_id left join applied a on a.open_item_id = i.id
 where e.business_date <= %(on)s and i.amount_cents <> coalesce(a.cents, 0)
 group by i.debtor_id, i.due_on order by i.debtor_id, i.due_on
"""
CREDIT = """
select p.debtor_id, sum(p.credit_cents - p.debit_cents)::bigint
  from ledger_posting p join ledger_entry e on e.id = p.entry_id join ledger_glaccount g on g.id = p.gl_account_id
 where g.role = 'unapplied_credit' and e.business_date <= %(on)s
 group by p.debtor_id having sum(p.credit_cents - p.debit_cents) <> 0
"""


def owed_on(on: date) -> tuple[tuple[int, date, int], ...]:
    """Return debtor, due date and cents of everything owed at the end of a day."""
    with connection.cursor() as cursor:
        cursor.execute(OWED, {"on": on})
        return tuple(cursor.fetchall())


def credit_on(on: date) -> dict[int, int]:
    """Return debtor → cents of unapplied credit at the end of a day, for those who have any."""
    with connection.cursor() as cursor:
        cursor.execute(CREDIT, {"on": on})
        return dict(cursor.fetchall())
