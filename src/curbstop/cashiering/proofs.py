"""What the counter promises, recomputed: receipts have no gaps, tenders are receipts, drawers tie to the cent."""

from collections.abc import Iterable

from django.db import connection

from curbstop.foundation.money import format_cents
from curbstop.foundation.proofs import Outcome, Proof


def _rows(query: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def _count(table: str) -> int:
    (row,) = _rows(f"select count(*) from {table}")  # noqa: S608  # the names are ours, a few lines below
    return int(str(row[0]))


def _outcome(table: str, failures: Iterable[str]) -> Outcome:
    return Outcome(checked=_count(table), failures=list(failures))


def receipts_without_gaps() -> Outcome:
    """Check that each till's receipts count 1, 2, 3 … up to what its series gave out."""
    wrong = _rows("""
        select t.code, coalesce(max(r.number), 0), count(r.id), coalesce(max(s.last_number), 0)
          from cashiering_till t
          left join cashiering_receipt r on r.till_id = t.id
          left join foundation_numberseries s on s.code = 'cashiering.till:' || t.code
         group by t.code
        having coalesce(max(r.number), 0) <> count(r.id) or count(r.id) <> coalesce(max(s.last_number), 0)
    """)
    return _outcome(
        "cashiering_receipt",
        (
            f"till {code}: last number {last}, {held} receipts, {given} numbers given"
            for code, last, held, given in wrong
        ),
    )


def tenders_are_receipts() -> Outcome:
    """Check that a receipt's tenders add up to it, and that it applied, credited and rounded just that much."""
    wrong = _rows("""
        select t.code || '-' || r.number, r.total_cents, coalesce(k.kept, 0), coalesce(a.applied, 0)
          from cashiering_receipt r
          join cashiering_till t on t.id = r.till_id
          left join (select receipt_id, sum(amount_cents) kept from cashiering_tender group by 1) k
            on k.receipt_id = r.id
          left join (select entry_id, sum(amount_cents) applied from ledger_allocation
                      where reverses_id is null group by 1) a on a.entry_id = r.entry_id
         where coalesce(k.kept, 0) <> r.total_cents
            or coalesce(a.applied, 0) + r.credit_cents + r.rounding_cents <> r.total_cents
    """)
    return _outcome(
        "cashiering_receipt",
        (
            f"receipt {number}: total {_dollars(total)}, tenders {_dollars(kept)}, applied {_dollars(applied)}"
            for number, total, kept, applied in wrong
        ),
    )


def drawers_tie() -> Outcome:
    """Check that a closed drawer's count is its float, its receipts and its posted difference, and nothing else."""
    wrong = _rows("""
        select d.id, c.cash_cents + c.check_cents, d.float_cents + coalesce(k.kept, 0) + d.over_cents - d.short_cents
          from cashiering_drawer d
          join cashiering_drawercount c on c.id = d.closing_count_id
          left join (select r.drawer_id, sum(t.amount_cents) kept
                       from cashiering_receipt r
                       join cashiering_tender t on t.receipt_id = r.id and t.kind in ('cash', 'check')
                      where not exists (select from cashiering_void v where v.receipt_id = r.id)
                      group by 1) k on k.drawer_id = d.id
         where c.cash_cents + c.check_cents
               <> d.float_cents + coalesce(k.kept, 0) + d.over_cents - d.short_cents
    """)
    return _outcome(
        "cashiering_drawer",
        (f"drawer {drawer}: counted {_dollars(held)}, should be {_dollars(due)}" for drawer, held, due in wrong),
    )


def voids_by_two() -> Outcome:
    """Check that nobody voided a receipt that they took or asked to void themselves."""
    wrong = _rows("""
        select r.id from cashiering_void v
          join cashiering_receipt r on r.id = v.receipt_id
          join cashiering_drawer d on d.id = r.drawer_id
         where v.approved_by_id in (v.requested_by_id, d.cashier_id)
    """)
    return _outcome("cashiering_void", (f"receipt {row[0]} was voided by its own cashier" for row in wrong))


def _dollars(cents: object) -> str:
    return format_cents(int(str(cents)))


PROOFS = (
    Proof("receipt-numbers", "Receipts of each till are numbered without a gap", receipts_without_gaps),
    Proof(
        "receipt-tenders", "Tenders add up to their receipt, and the receipt to what it settled", tenders_are_receipts
    ),
    Proof("drawers", "Every closed drawer holds its float, its receipts and its posted difference", drawers_tie),
    Proof("voids", "Every void was approved by somebody who neither took the money nor asked", voids_by_two),
)
