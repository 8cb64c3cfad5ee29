"""Corrections: entries that changed what a debtor owes without being a bill or a payment."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection

CORRECTIONS = """
select p.debtor_id, e.posted_at, sum(p.debit_cents - p.credit_cents)::bigint
  from ledger_posting p join ledger_entry e on e.id = p.entry_id
  left join ledger_entry r on r.id = e.reverses_id
 where p.debtor_id = any(%s)
   and p.gl_account_id = any (array(select receivable_id from ledger_service
                                    union select id from ledger_glaccount where role = 'unapplied_credit'))
   and (e.kind = 'adjustment' or r.kind in ('adjustment', 'bill'))
 group by p.debtor_id, e.id, e.posted_at order by e.id
"""


def corrections_of(debtor_ids: Collection[int]) -> dict[int, list[tuple[datetime, int]]]:
    """Return when and by how many cents adjustments and cancelled bills moved each debtor's balance, oldest first."""
    found: dict[int, list[tuple[datetime, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(CORRECTIONS, [list(debtor_ids)])
        for debtor_id, at, cents in cursor.fetchall():
            if cents:
                found.setdefault(debtor_id, []).append((at, cents))
    return found
