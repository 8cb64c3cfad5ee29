"""What one entry settled: the open items that its allocations went to."""

from dataclasses import dataclass
from datetime import date

from curbstop.ledger.models import Allocation


@dataclass(frozen=True, slots=True)
class SettledRow:
    """An open item and the cents that an entry applied to it."""

    open_item_id: int
    debtor_id: int
    service_name: str
    label: str
    due_on: date
    amount_cents: int


def settled_by(entry_id: int) -> tuple[SettledRow, ...]:
    """Return what an entry settled, oldest due date first; a reversal settles nothing."""
    forward = Allocation.objects.filter(entry_id=entry_id, reverses=None)
    columns = ("debtor_id", "service__name_en", "label", "due_on")
    rows = forward.order_by("open_item__due_on", "open_item__service__rank", "open_item_id").values_list(
        "open_item_id", *(f"open_item__{column}" for column in columns), "amount_cents"
    )
    return tuple(SettledRow(*row) for row in rows)
