"""Posting: the one way into the journal, by COPY, for one entry as for 50,000.

Ids are reserved first, then entries, open items, allocations and, last, the postings are copied: they
close their entries, and what does not balance or tie to the items is refused there and then.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from django.db import IntegrityError, connection

from curbstop.foundation.access.models import User
from curbstop.foundation.database.copying import copy_frame
from curbstop.foundation.database.transactions import constraint_of, require_transaction
from curbstop.ledger.domain.entries import (
    ALLOCATION_COLUMNS,
    ENTRIES_MAX,
    ENTRY_COLUMNS,
    ITEM_COLUMNS,
    POSTING_COLUMNS,
    EntryBatch,
    Line,
    NewAllocation,
    NewItem,
)
from curbstop.ledger.models import Entry


class PostingRefused(Exception):
    """Nothing was posted; the message says why."""


REFUSALS = {
    "ledger_entry_in_open_period": "The fiscal period of that day is closed or was never opened.",
    "ledger_entry_balanced": "The entry does not balance: debits must equal credits over at least two lines.",
    "ledger_entry_has_postings": "The entry has no lines.",
    "ledger_entry_ties_to_items": "The lines on the receivable differ from the open items and allocations.",
    "ledger_entry_reversed_once": "The entry was reversed before.",
    "ledger_entry_reverses_an_original": "A reversal cannot be reversed. Post the entry anew.",
    "ledger_posting_on_one_side": "Each line has an amount above zero on exactly one side.",
    "ledger_allocation_within_balance": "An item was paid or changed meanwhile and does not owe that much any more.",
    "ledger_allocation_above_zero": "An allocation is above zero.",
    "ledger_allocation_reversed_once": "What is to be given back was given back before.",
    "ledger_openitem_above_zero": "An open item is above zero.",
    "ledger_unapplied_credit_covered": "The debtor has not that much unapplied credit.",
    "ledger_unapplied_credit_has_debtor": "Unapplied credit must name its debtor.",
}


@dataclass(frozen=True, slots=True)
class PostedIds:
    """Where the batch went: ids follow the rows of its frames without a gap."""

    first_entry_id: int
    entries: int
    first_item_id: int | None
    items: int


def post_entries(batch: EntryBatch) -> PostedIds:
    """Post up to 50,000 entries of one transaction and return the ids they got.

    :raises PostingRefused: if one entry is unbalanced, in no open period, or does not tie to its items
    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    entries, items = batch.entries.height, batch.items.height
    assert 0 < entries <= ENTRIES_MAX, f"a batch has 1 to {ENTRIES_MAX} entries"
    with connection.cursor() as cursor:
        cursor.execute("select first_entry_id, first_item_id from ledger_reserve_entry_ids(%s, %s)", [entries, items])
        first_entry_id, first_item_id = cursor.fetchone()
    written = batch.with_ids(first_entry_id=first_entry_id, first_item_id=first_item_id or 0)
    with refusals_named():
        copy_frame("ledger_entry", written.entries)
        copy_frame("ledger_openitem", written.items)
        copy_frame("ledger_allocation", written.allocations)
        copy_frame("ledger_posting", written.postings)
    return PostedIds(first_entry_id, entries, first_item_id, items)


def post_entry(  # noqa: PLR0913 - the parts of an entry; all by keyword
    *,
    kind: str,
    lines: Sequence[Line],
    source: str,
    business_date: date,
    actor: User,
    posted_at: datetime,
    memo: str = "",
    items: Sequence[NewItem] = (),
    allocations: Sequence[NewAllocation] = (),
    reverses: Entry | None = None,
) -> Entry:
    """Post one entry: a batch of one.

    :raises PostingRefused: if it is unbalanced, in no open period, or does not tie to its items
    :raises RuntimeError: outside a transaction
    """
    values: dict[str, Any] = {
        "kind": kind,
        "business_date": business_date,
        "memo": memo,
        "actor_id": actor.pk,
        "source": source,
        "posted_at": posted_at,
        "reverses_id": None if reverses is None else reverses.pk,
    }
    ids = post_entries(
        EntryBatch(
            entries=pl.DataFrame([values], schema=ENTRY_COLUMNS),
            postings=_frame(lines, POSTING_COLUMNS),
            items=_frame(items, ITEM_COLUMNS),
            allocations=_frame(allocations, ALLOCATION_COLUMNS),
        )
    )
    entry = Entry(pk=ids.first_entry_id, **values)
    entry._state.adding = False
    entry._state.db = connection.alias
    return entry


@contextmanager
def refusals_named() -> Iterator[None]:
    """Raise PostingRefused, in the clerk's words, in place of a refusal of the database."""
    try:
        yield
    except IntegrityError as error:
        sentence = REFUSALS.get(constraint_of(error) or "")
        if sentence is None:
            raise
        raise PostingRefused(sentence) from error


def _frame(
    rows: Sequence[Line] | Sequence[NewItem] | Sequence[NewAllocation], columns: Mapping[str, pl.DataType]
) -> pl.DataFrame:
    return pl.DataFrame([{"entry_index": 0, **asdict(row)} for row in rows], schema=dict(columns))
