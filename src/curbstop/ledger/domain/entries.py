"""What an entry is made of, before it is written: lines, open items, allocations, one by one or as columns.

A water bill of $30 is a debit of 3000 cents to the receivable, a credit of 3000 to the revenue and
one open item of 3000; a payment of it is a debit to the drawer, a credit to the receivable and one
allocation of 3000 to that item.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Self

import polars as pl

# Deferred checks queue one event an entry, so a transaction stays below this (trust.md 5.1).
ENTRIES_MAX = 50_000


@dataclass(frozen=True, slots=True)
class Line:
    """One posting: cents on exactly one side of an account; control accounts name the debtor too."""

    gl_account_id: int
    debit_cents: int = 0
    credit_cents: int = 0
    debtor_id: int | None = None

    @classmethod
    def debit(cls, gl_account_id: int, cents: int, *, debtor_id: int | None = None) -> Self:
        """Return a line on the debit side."""
        return cls(gl_account_id=gl_account_id, debit_cents=cents, debtor_id=debtor_id)

    @classmethod
    def credit(cls, gl_account_id: int, cents: int, *, debtor_id: int | None = None) -> Self:
        """Return a line on the credit side."""
        return cls(gl_account_id=gl_account_id, credit_cents=cents, debtor_id=debtor_id)

    def mirrored(self) -> "Line":
        """Return the line that undoes this one."""
        return Line(self.gl_account_id, self.credit_cents, self.debit_cents, self.debtor_id)


@dataclass(frozen=True, slots=True)
class NewItem:
    """Something that becomes owed with the entry: one a bill and service."""

    debtor_id: int
    service_id: int
    due_on: date
    amount_cents: int
    priority: int = 0
    source: str = ""
    label: str = ""
    charge: str = "principal"


@dataclass(frozen=True, slots=True)
class NewAllocation:
    """Cents that the entry applies to an open item; with ``reverses_id``, cents it gives back."""

    open_item_id: int
    amount_cents: int
    reverses_id: int | None = None


ENTRY_COLUMNS: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "business_date": pl.Date(),
    "memo": pl.String(),
    "actor_id": pl.Int64(),
    "source": pl.String(),
    "posted_at": pl.Datetime("us", "UTC"),
    "reverses_id": pl.Int64(),
}
POSTING_COLUMNS: dict[str, pl.DataType] = {
    "entry_index": pl.Int64(),
    "gl_account_id": pl.Int64(),
    "debtor_id": pl.Int64(),
    "debit_cents": pl.Int64(),
    "credit_cents": pl.Int64(),
}
ITEM_COLUMNS: dict[str, pl.DataType] = {
    "entry_index": pl.Int64(),
    "debtor_id": pl.Int64(),
    "service_id": pl.Int64(),
    "due_on": pl.Date(),
    "amount_cents": pl.Int64(),
    "priority": pl.Int64(),
    "source": pl.String(),
    "label": pl.String(),
    "charge": pl.String(),
}
ALLOCATION_COLUMNS: dict[str, pl.DataType] = {
    "entry_index": pl.Int64(),
    "open_item_id": pl.Int64(),
    "amount_cents": pl.Int64(),
    "reverses_id": pl.Int64(),
}
# What a frame may leave out, and what stands there then.
ASSUMED: dict[str, object] = {
    "memo": "",
    "reverses_id": None,
    "debtor_id": None,
    "priority": 0,
    "charge": "principal",
}


def _empty(columns: dict[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(schema=columns)


@dataclass(frozen=True, slots=True)
class EntryBatch:
    """Up to 50,000 entries as columns; ``entry_index`` counts the rows of ``entries`` from 0.

    Columns: ``ENTRY_COLUMNS``, ``POSTING_COLUMNS``, ``ITEM_COLUMNS``, ``ALLOCATION_COLUMNS``; memo, reverses_id,
    debtor_id of postings, priority and charge may be left out. Amounts are cents. The n-th row of ``items`` gets the
    n-th id.
    """

    entries: pl.DataFrame
    postings: pl.DataFrame
    items: pl.DataFrame = field(default_factory=lambda: _empty(ITEM_COLUMNS))
    allocations: pl.DataFrame = field(default_factory=lambda: _empty(ALLOCATION_COLUMNS))

    def with_ids(self, *, first_entry_id: int, first_item_id: int) -> "EntryBatch":
        """Return the batch as it is written: real ids in place of indexes, lines numbered from 1."""
        entry_id = (pl.col("entry_index") + first_entry_id).alias("entry_id")
        line_number = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("entry_index").alias("line_number")
        return EntryBatch(
            entries=_written(self.entries, ENTRY_COLUMNS, _ids_from(first_entry_id)),
            postings=_written(self.postings, POSTING_COLUMNS, entry_id, line_number),
            items=_written(self.items, ITEM_COLUMNS, _ids_from(first_item_id), entry_id),
            allocations=_written(self.allocations, ALLOCATION_COLUMNS, entry_id),
        )


def _ids_from(first: int) -> pl.Expr:
    return pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias("id")


def _written(frame: pl.DataFrame, columns: dict[str, pl.DataType], *ids: pl.Expr) -> pl.DataFrame:
    """Return the ids and the columns of the ledger, assumed values filled in, in one pass."""
    if frame.is_empty():
        return frame
    unknown = [name for name in columns if name not in frame.columns and name not in ASSUMED]
    assert not unknown, f"the batch lacks {', '.join(unknown)}"
    return frame.select(
        *ids,
        *(
            pl.col(name).cast(kind) if name in frame.columns else pl.lit(ASSUMED[name], dtype=kind).alias(name)
            for name, kind in columns.items()
            if name != "entry_index"
        ),
    )
