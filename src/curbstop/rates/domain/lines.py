"""Priced columns as the lines of bills, each with the derivation that proves it.

The derivation is written in `derivations.py`; here the numbers become decimals with room enough.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from curbstop.rates.domain import exact
from curbstop.rates.domain.charge_columns import ChargeColumn
from curbstop.rates.domain.derivations import QUANTITY_DECIMALS, derivation
from curbstop.rates.domain.exact import ExactColumn, Numerators
from curbstop.rates.domain.pricing import PricedRows

PRICE_DECIMALS = 8
AMOUNT_DECIMALS = 12

SCHEMA: dict[str, pl.DataType] = {
    "row": pl.UInt32(),
    "line": pl.Int32(),
    "service": pl.String(),
    "key": pl.String(),
    "label_en": pl.String(),
    "label_es": pl.String(),
    "tier": pl.Int32(),
    "section": pl.String(),
    "quantity": pl.Decimal(38, QUANTITY_DECIMALS),
    "unit": pl.String(),
    "unit_price": pl.Decimal(38, PRICE_DECIMALS),
    "amount": pl.Decimal(38, AMOUNT_DECIMALS),
    "amount_cents": pl.Int64(),
    "derivation": pl.String(),
}


def no_lines() -> pl.DataFrame:
    """Return an empty frame of bill lines."""
    return pl.DataFrame(schema=SCHEMA)


def bill_lines(priced: PricedRows, source: Mapping[str, str]) -> pl.DataFrame:
    """Return one row for each printed line, ordered by row and line; refused rows have none.

    `source` names the schedule and version, and is repeated in every derivation.
    """
    parts = []
    for order, charge in enumerate(priced.charges):
        printed = np.flatnonzero(charge.is_printed & ~priced.is_refused)
        if len(printed):
            parts.append(_lines(charge, order, printed, source))
    return _numbered(pl.concat(parts)) if parts else no_lines()


def _numbered(lines: pl.DataFrame) -> pl.DataFrame:
    """Put lines in order of row and charge, and number those of each row from 1."""
    # Charges were put together in order, so that order within a row is kept by a stable sort.
    ordered = lines.sort("row", maintain_order=True)
    rows = ordered["row"].to_numpy()
    first = np.flatnonzero(np.concatenate(([True], rows[1:] != rows[:-1])))
    begins = np.repeat(first, np.diff(np.append(first, len(rows))))
    numbers = np.arange(1, len(rows) + 1) - begins
    return ordered.with_columns(pl.Series("line", numbers, dtype=pl.Int32))


def _lines(charge: ChargeColumn, order: int, printed: Numerators, source: Mapping[str, str]) -> pl.DataFrame:
    heading, size = charge.heading, len(printed)
    columns: list[pl.Series | pl.Expr] = [
        pl.Series("row", printed, dtype=pl.UInt32),
        pl.Series("amount_cents", charge.cents[printed], dtype=pl.Int64),
    ]
    numbers = (
        ("quantity", charge.quantity, QUANTITY_DECIMALS),
        ("unit_price", charge.unit_price, PRICE_DECIMALS),
        ("amount", charge.amount, AMOUNT_DECIMALS),
        ("above", charge.starts_above, QUANTITY_DECIMALS),
        ("up_to", charge.ends_at, QUANTITY_DECIMALS),
        ("cap", charge.cap, PRICE_DECIMALS),
        ("days", charge.days, QUANTITY_DECIMALS),
    )
    for name, column, decimals in numbers:
        if column is not None:
            columns.append(_number(name, column, printed, decimals))
    for name, mask in (("has_end", charge.has_end), ("is_prorated", charge.is_prorated)):
        if mask is not None:
            columns.append(pl.Series(name, mask[printed]))
    fixed = {
        "line": order,
        "service": heading.service,
        "key": heading.key,
        "label_en": heading.label_en,
        "label_es": heading.label_es,
        "tier": charge.tier,
        "section": heading.section,
    }
    rows = pl.select(*columns).with_columns(
        *(pl.lit(value).cast(SCHEMA[name]).alias(name) for name, value in fixed.items()),
        _unit(charge).alias("unit"),
    )
    assert rows.height == size, "every printed row is a line"
    written = {name: column for name, column, _ in numbers if column is not None}
    derived = derivation(charge, source, written, printed)
    return rows.with_columns(derived.alias("derivation")).select(*SCHEMA)


def _number(name: str, column: ExactColumn, printed: Numerators, decimals: int) -> pl.Series | pl.Expr:
    """Return a column's printed rows as decimals; a number that all rows share is written once."""
    if len(column) == 1:
        return pl.lit(exact.to_decimal(column, 1, decimals)[0], pl.Decimal(38, decimals)).alias(name)
    return exact.to_decimal(column.take(printed), len(printed), decimals).alias(name)


def _unit(charge: ChargeColumn) -> pl.Expr:
    """Return the unit of the quantity: days where a charge for the whole period was prorated."""
    unit = pl.lit(charge.heading.unit)
    if charge.tier or charge.is_prorated is None:
        return unit
    return pl.when("is_prorated").then(pl.lit("day")).otherwise(unit)
