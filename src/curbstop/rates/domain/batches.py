"""More rows than the processor's cache holds, priced piece by piece on several threads.

A piece's columns stay near the processor from the first operation on them to the last, which is three to
ten times as fast as whole columns (ADR 41); the engine and its answers are those of `pricing.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from curbstop.rates.domain.charges import CLASS, why_no_class
from curbstop.rates.domain.exact import Numerators
from curbstop.rates.domain.pricing import PricedRows, price_class
from curbstop.rates.domain.schedule import ClassSchedule, Schedule

# Some dozen columns of 64-bit numbers, a quarter of a megabyte each: what a second-level cache holds.
PIECE_ROWS = 32_768
_ROW = "batch_row"

Rows = npt.NDArray[np.uint32] | slice


@dataclass(frozen=True, slots=True)
class BatchBills:
    """The bills of many rows in cents, and the rows that have none, with the reason."""

    cents: Numerators
    # Each charge's share of the bill, by its key; zero where a row's class has no such charge.
    components: Mapping[str, Numerators]
    refusals: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Rows of one class, with where they stand in the whole frame."""

    schedule: ClassSchedule
    frame: pl.DataFrame
    rows: Rows


def bills_of(schedule: Schedule, frame: pl.DataFrame, *, workers: int = 1, with_components: bool = False) -> BatchBills:
    """Return the bill of every row: `usage`, `days`, `customer_class` and the schedule's inputs.

    Refused rows have a bill of zero and a reason. NumPy lets other threads work while it calculates, so that
    as many workers as there are cores share the pieces.
    """
    refusals: dict[int, str] = {}
    pieces = list(_pieces(schedule, frame, refusals))
    keys = {charge.heading.key for piece in pieces for charge in piece.schedule.charges} if with_components else set()
    cents = np.zeros(frame.height, dtype=np.int64)
    components = {key: np.zeros(frame.height, dtype=np.int64) for key in sorted(keys)}

    def price(piece: _Piece) -> PricedRows:
        priced = price_class(piece.schedule, piece.frame)
        goes_out = ~priced.is_refused
        cents[piece.rows] = priced.cents() * goes_out
        for key in {charge.heading.key for charge in priced.charges} & keys:
            components[key][piece.rows] = _sum(priced, key) * goes_out
        return priced

    with ThreadPoolExecutor(workers) as threads:
        for piece, priced in zip(pieces, threads.map(price, pieces), strict=True):
            refusals |= _refused(piece, priced)
    return BatchBills(cents, components, refusals)


def _pieces(schedule: Schedule, frame: pl.DataFrame, refusals: dict[int, str]) -> Iterator[_Piece]:
    """Cut a frame into pieces of one class each, and refuse the rows of a class that the schedule lacks."""
    if CLASS not in frame.columns:
        frame = frame.with_columns(pl.lit("").alias(CLASS))
    names = frame[CLASS].unique(maintain_order=True).to_list()
    for name in names:
        of_class = frame if len(names) == 1 else frame.with_row_index(_ROW).filter(pl.col(CLASS).eq_missing(name))
        chosen = schedule.class_named(name or "")
        if chosen is None:
            numbers = range(frame.height) if of_class is frame else of_class[_ROW].to_list()
            refusals |= dict.fromkeys(numbers, why_no_class(schedule, name or ""))
            continue
        for start in range(0, of_class.height, PIECE_ROWS):
            piece = of_class[start : start + PIECE_ROWS]
            where = slice(start, start + piece.height) if of_class is frame else piece[_ROW].to_numpy()
            yield _Piece(chosen, piece, where)


def _sum(priced: PricedRows, key: str) -> Numerators:
    total = np.zeros(priced.size, dtype=np.int64)
    for charge in priced.charges:
        if charge.heading.key == key:
            total += charge.cents
    return total


def _refused(piece: _Piece, priced: PricedRows) -> dict[int, str]:
    if not priced.problems.any():
        return {}
    numbers = np.arange(piece.rows.start, piece.rows.stop) if isinstance(piece.rows, slice) else piece.rows
    return {int(numbers[row]): priced.reason(row) for row in np.flatnonzero(priced.is_refused).tolist()}
