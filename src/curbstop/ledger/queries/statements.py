"""A debtor's statement: every entry that moved the balance, with the balance after it."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

STATEMENT = """
with moved as (
  select p.entry_id, sum(p.debit_cents - p.credit_cents)::bigint as cents
    from ledger_posting p
   where p.debtor_id = %s
     and p.gl_account_id = any (array(select receivable_id from ledger_service
                                      union select id from ledger_glaccount where role = 'unapplied_credit'))
   group by p.entry_id)
select e.id, e.business_date, e.kind, e.memo, e.source, e.reverses_id, m.cents,
       (sum(m.cents) over (order by e.business_date, e.id))::bigint
  from moved m join ledger_entry e on e.id = m.entry_id order by e.business_date, e.id
"""


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One entry as its debtor sees it; cents above zero are charged, below zero paid or credited."""

    entry_id: int
    business_date: date
    kind: str
    memo: str
    source: str
    reverses_id: int | None
    amount_cents: int
    balance_cents: int


def statement_of(debtor_id: int) -> tuple[StatementRow, ...]:
    """Return bills, payments, credits and reversals of a debtor, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, [debtor_id])
        return tuple(StatementRow(*row) for row in cursor.fetchall())
