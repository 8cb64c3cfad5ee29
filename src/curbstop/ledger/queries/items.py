"""Open items as frozen rows, each with what is still owed on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import BigIntegerField, Case, F, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce

from curbstop.foundation.database.transactions import require_transaction
from curbstop.ledger.domain.allocation import Payable
from curbstop.ledger.models import Allocation, OpenItem


@dataclass(frozen=True, slots=True)
class OpenItemRow:
    """An amount owed and what is left of it, in cents."""

    id: int
    debtor_id: int
    service_code: str
    service_name: str
    receivable_id: int
    due_on: date
    amount_cents: int
    balance_cents: int
    label: str
    source: str
    priority: int
    charge: str

    def payable(self, up_to_cents: int | None = None) -> Payable:
        """Return the item as the application order looks at it, for no more than its balance or the given cents."""
        cents = self.balance_cents if up_to_cents is None else min(up_to_cents, self.balance_cents)
        return Payable(
            id=self.id,
            due_on=self.due_on,
            service=self.service_code,
            amount_cents=cents,
            charge=self.charge,
            priority=self.priority,
        )


def balance() -> CombinedExpression:
    """Return the expression for what is left of an open item, in cents."""
    cents = Case(When(reverses=None, then=F("amount_cents")), default=-F("amount_cents"))
    applied = Allocation.objects.filter(open_item=OuterRef("pk")).values("open_item").annotate(cents=Sum(cents))
    return F("amount_cents") - Coalesce(Subquery(applied.values("cents"), output_field=BigIntegerField()), Value(0))


def open_items_of(debtor_id: int) -> tuple[OpenItemRow, ...]:
    """Return what a debtor still owes, oldest due date first, then by rank of the service."""
    owed = OpenItem.objects.filter(debtor_id=debtor_id).annotate(balance_cents=balance())
    return _rows(owed.filter(balance_cents__gt=0).order_by("due_on", "service__rank", "pk"))


def open_items_by_debtor(debtor_ids: Iterable[int]) -> dict[int, tuple[OpenItemRow, ...]]:
    """Return what each of many debtors still owes, as `open_items_of` does for one; who owes nothing is not in it."""
    items = OpenItem.objects.filter(debtor_id__in=list(debtor_ids)).annotate(balance_cents=balance())
    owed = items.filter(balance_cents__gt=0)
    found: dict[int, list[OpenItemRow]] = {}
    for row in _rows(owed.order_by("debtor_id", "due_on", "service__rank", "pk")):
        found.setdefault(row.debtor_id, []).append(row)
    return {debtor: tuple(rows) for debtor, rows in found.items()}


def open_items_with(ids: Iterable[int]) -> tuple[OpenItemRow, ...]:
    """Return the items with these ids, settled ones too, in order of id."""
    items = OpenItem.objects.filter(pk__in=list(ids)).annotate(balance_cents=balance())
    return _rows(items.order_by("pk"))


def lock_open_items(ids: Iterable[int]) -> tuple[OpenItemRow, ...]:
    """Lock the items until the operation ends and return them, with balances that cannot change meanwhile.

    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    wanted = sorted(set(ids))
    with connection.cursor() as cursor:
        cursor.execute("select ledger_lock_open_items(%s)", [wanted])
    return open_items_with(wanted)


def _rows(items: QuerySet[OpenItem]) -> tuple[OpenItemRow, ...]:
    columns = (
        "pk", "debtor_id", "service__code", "service__name_en", "service__receivable_id", "due_on",
        "amount_cents", "balance_cents", "label", "source", "priority", "charge",
    )  # fmt: skip
    return tuple(OpenItemRow(*row) for row in items.values_list(*columns))
