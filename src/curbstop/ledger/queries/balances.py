"""Balances: what is owed less the credit that waits, recomputed from the rows each time and stored nowhere."""

from collections.abc import Iterable
from datetime import date

from django.db import connection

from curbstop.ledger.models import GlAccount, OpenItem
from curbstop.ledger.queries.items import balance

# Control accounts of the open items and the credit that waits for one: together what a debtor's balance is.
BALANCE = """
select p.debtor_id, sum(p.debit_cents - p.credit_cents)::bigint
  from ledger_posting p join ledger_entry e on e.id = p.entry_id
 where p.debtor_id = any (%(debtors)s) and (%(on)s::date is null or e.business_date <= %(on)s)
   and p.gl_account_id = any (array(select receivable_id from ledger_service
                                    union select id from ledger_glaccount where role = 'unapplied_credit'))
 group by p.debtor_id
"""


def balances_of(debtor_ids: Iterable[int]) -> dict[int, int]:
    """Return debtor → cents owed less unapplied credit; below zero the city owes the debtor."""
    return _balances(debtor_ids, on=None)


def balance_as_of(debtor_ids: Iterable[int], *, on: date) -> dict[int, int]:
    """Return the balances at the end of a business date."""
    return _balances(debtor_ids, on=on)


def unapplied_credit_of(debtor_ids: Iterable[int]) -> dict[int, int]:
    """Return debtor → cents of unapplied credit."""
    wanted = list(debtor_ids)
    credit = GlAccount.objects.filter(role="unapplied_credit").values_list("pk", flat=True).first()
    with connection.cursor() as cursor:
        cursor.execute(
            "select debtor_id, sum(credit_cents - debit_cents)::bigint from ledger_posting"
            " where debtor_id = any (%s) and gl_account_id = %s group by debtor_id",
            [wanted, credit],
        )
        return dict.fromkeys(wanted, 0) | dict(cursor.fetchall())


def balances_of_items(item_ids: Iterable[int]) -> dict[int, int]:
    """Return open item → cents still owed on it."""
    items = OpenItem.objects.filter(pk__in=list(item_ids)).annotate(balance_cents=balance())
    return dict(items.values_list("pk", "balance_cents"))


def _balances(debtor_ids: Iterable[int], *, on: date | None) -> dict[int, int]:
    wanted = list(debtor_ids)
    with connection.cursor() as cursor:
        cursor.execute(BALANCE, {"debtors": wanted, "on": on})
        return dict.fromkeys(wanted, 0) | dict(cursor.fetchall())
