"""Reversal: the only answer to a mistaken entry.

Its postings are mirrored and its allocations given back row by row, so that what was paid is owed again as of its
old due date. Open items that the entry made are cancelled; what others had paid on them becomes unapplied credit
first. What had become credit that way when a payment is reversed later is taken out of the credit again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TypedDict

from curbstop.foundation.access.models import User
from curbstop.ledger.domain.entries import Line, NewAllocation
from curbstop.ledger.models import Allocation, Entry, OpenItem, Posting
from curbstop.ledger.operations.posting import PostingRefused, post_entry
from curbstop.ledger.queries import gl_account, lock_open_items


class Posted(TypedDict):
    """By whom, when and why the reversal is posted: the same for each entry it takes."""

    actor: User
    business_date: date
    posted_at: datetime
    source: str
    memo: str


def reverse_entry(
    *, entry: Entry, actor: User, business_date: date, posted_at: datetime, source: str, memo: str
) -> Entry:
    """Reverse an entry and return the reversal.

    :raises PostingRefused: if it was reversed before, is a reversal or a release itself, the day is closed, or credit
        that came of it was used since
    """
    posted: Posted = {
        "actor": actor,
        "business_date": business_date,
        "posted_at": posted_at,
        "source": source,
        "memo": memo,
    }
    taken = _locked_allocations_of(entry)
    if entry.reverses_id is not None or any(row.reverses_id is not None for row in taken):
        raise PostingRefused("This entry gave something back itself and cannot be reversed. Post it anew.")
    if Entry.objects.filter(reverses=entry).exists():
        raise PostingRefused("The entry was reversed before.")
    own_items = list(OpenItem.objects.filter(entry=entry).select_related("service").order_by("pk"))
    _release_payments_on(own_items, except_of=entry, posted=posted)
    given_back = set(Allocation.objects.filter(reverses__in=taken).values_list("reverses_id", flat=True))
    released = [row for row in taken if row.pk in given_back]
    mirrored = [
        Line(line.gl_account_id, line.debit_cents, line.credit_cents, line.debtor_id).mirrored()
        for line in Posting.objects.filter(entry=entry).order_by("line_number")
    ]
    return post_entry(
        kind="reversal",
        lines=(*mirrored, *_taken_back_from_credit(released)),
        allocations=(
            *(_giving_back(row) for row in taken if row.pk not in given_back),
            *(NewAllocation(item.pk, item.amount_cents) for item in own_items),
        ),
        reverses=entry,
        **posted,
    )


def _locked_allocations_of(entry: Entry) -> list[Allocation]:
    """Lock every item the entry made or paid, in one go and in order, and return the entry's allocations."""
    made = OpenItem.objects.filter(entry=entry).values_list("pk", flat=True)
    paid = Allocation.objects.filter(entry=entry).values_list("open_item_id", flat=True)
    lock_open_items({*made, *paid})
    return list(Allocation.objects.filter(entry=entry).select_related("open_item__service").order_by("pk"))


def _release_payments_on(items: Sequence[OpenItem], *, except_of: Entry, posted: Posted) -> None:
    """Turn what other entries applied to these items into unapplied credit of the debtors."""
    live = Allocation.objects.filter(open_item__in=items, reverses=None, reversals=None).exclude(entry=except_of)
    rows = list(live.select_related("open_item__service").order_by("pk"))
    if not rows:
        return
    credit = gl_account("unapplied_credit").pk
    lines: list[Line] = []
    for (receivable, debtor), cents in _by_control_account(rows).items():
        lines += [Line.debit(receivable, cents, debtor_id=debtor), Line.credit(credit, cents, debtor_id=debtor)]
    post_entry(kind="release", lines=lines, allocations=[_giving_back(row) for row in rows], **posted)


def _taken_back_from_credit(released: Sequence[Allocation]) -> Iterable[Line]:
    """Return the lines for allocations that became unapplied credit before: the credit goes, not the receivable."""
    if not released:
        return
    credit = gl_account("unapplied_credit").pk
    for (receivable, debtor), cents in _by_control_account(released).items():
        yield Line.debit(credit, cents, debtor_id=debtor)
        yield Line.credit(receivable, cents, debtor_id=debtor)


def _by_control_account(rows: Iterable[Allocation]) -> dict[tuple[int, int], int]:
    totals: dict[tuple[int, int], int] = defaultdict(int)
    for row in rows:
        totals[row.open_item.service.receivable_id, row.open_item.debtor_id] += row.amount_cents
    return dict(sorted(totals.items()))


def _giving_back(row: Allocation) -> NewAllocation:
    return NewAllocation(row.open_item_id, row.amount_cents, reverses_id=row.pk)
