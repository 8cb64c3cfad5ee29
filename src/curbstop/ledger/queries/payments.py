"""What debtors paid, voids taken out: a payment that was reversed was never made."""

from collections.abc import Mapping
from datetime import date

from django.db import connection

# A payment's own lines on the debtor, less those of the entries that reverse it.
PAID = """
select s.debtor_id, coalesce(sum(p.credit_cents - p.debit_cents), 0)::bigint
  from unnest(%(debtors)s::bigint[], %(since)s::date[]) s (debtor_id, since)
  left join (ledger_posting p
    join ledger_entry e on e.id = p.entry_id
    left join ledger_entry o on o.id = e.reverses_id) on p.debtor_id = s.debtor_id
     and coalesce(o.kind, e.kind) = 'payment' and coalesce(o.business_date, e.business_date) >= s.since
     and e.business_date <= %(on)s
 group by s.debtor_id
"""
LAST = """
select max(e.business_date) from ledger_posting p join ledger_entry e on e.id = p.entry_id
 where p.debtor_id = %s and e.kind = 'payment' and not exists (select from ledger_entry r where r.reverses_id = e.id)
"""


def paid_since(since: Mapping[int, date], *, on: date) -> dict[int, int]:
    """Return debtor → cents paid from a day of its own up to a common one, both included."""
    with connection.cursor() as cursor:
        cursor.execute(PAID, {"debtors": list(since), "since": list(since.values()), "on": on})
        return dict.fromkeys(since, 0) | dict(cursor.fetchall())


def last_payment_on(debtor_id: int) -> date | None:
    """Return the business day of a debtor's last payment that stands, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute(LAST, [debtor_id])
        found: date | None = cursor.fetchone()[0]
    return found
