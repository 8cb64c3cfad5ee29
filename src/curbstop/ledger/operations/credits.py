"""Unapplied credit: what a debtor paid too much waits as a liability until it is applied to open items."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from curbstop.foundation.access.models import User
from curbstop.ledger.domain.entries import Line, NewAllocation
from curbstop.ledger.models import Entry
from curbstop.ledger.operations.posting import PostingRefused, post_entry
from curbstop.ledger.queries import gl_account, lock_open_items, open_items_with


def settling_lines(allocations: Iterable[NewAllocation]) -> tuple[Line, ...]:
    """Return the credits that go with these allocations: one for each control account and debtor."""
    by_item: dict[int, int] = {}
    for allocation in allocations:
        by_item[allocation.open_item_id] = by_item.get(allocation.open_item_id, 0) + allocation.amount_cents
    by_account: dict[tuple[int, int], int] = {}
    for item in open_items_with(by_item):
        place = (item.receivable_id, item.debtor_id)
        by_account[place] = by_account.get(place, 0) + by_item[item.id]
    return tuple(
        Line.credit(account, cents, debtor_id=debtor) for (account, debtor), cents in sorted(by_account.items())
    )


def apply_credit(
    *,
    allocations: Sequence[NewAllocation],
    source: str,
    business_date: date,
    actor: User,
    posted_at: datetime,
    memo: str = "",
) -> Entry:
    """Apply a debtor's unapplied credit to open items of the same debtor.

    :raises PostingRefused: if the debtor has not that much credit, or an item does not owe that much
    """
    if not allocations:
        raise PostingRefused("Choose at least one open item for the credit.")
    items = lock_open_items(allocation.open_item_id for allocation in allocations)
    debtors = {item.debtor_id for item in items}
    if len(debtors) != 1:
        raise PostingRefused("Credit is applied to items of the debtor who has it.")
    cents = sum(allocation.amount_cents for allocation in allocations)
    credit = Line.debit(gl_account("unapplied_credit").pk, cents, debtor_id=debtors.pop())
    return post_entry(
        kind="credit_applied",
        lines=(credit, *settling_lines(allocations)),
        source=source,
        business_date=business_date,
        actor=actor,
        posted_at=posted_at,
        memo=memo,
        allocations=allocations,
    )
