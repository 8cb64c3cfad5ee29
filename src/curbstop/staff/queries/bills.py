"""The latest bills of an account, each line with how it came about in words."""

from dataclasses import dataclass

from curbstop.billing.domain.explaining import ChangeWords, Explained, changed, explained
from curbstop.billing.queries import BillLineRow, BillRow, bill_lines_of, bills_of
from curbstop.billing.queries.comparing import changes_of


@dataclass(frozen=True, slots=True)
class ExplainedBill:
    """A bill and the lines it was made of."""

    bill: BillRow
    lines: tuple[Explained[BillLineRow], ...]
    change: ChangeWords | None


def explained_bills(account_id: int, limit: int) -> tuple[ExplainedBill, ...]:
    """Return the account's latest bills with how each line came about, newest first."""
    bills = bills_of(account_id, limit)
    lines = bill_lines_of(bill.number for bill in bills)
    found = changes_of(bill.number for bill in bills)
    told = {number: changed(change) for number, change in found.items()}
    return tuple(ExplainedBill(bill, explained(lines[bill.number]), told.get(bill.number)) for bill in bills)
