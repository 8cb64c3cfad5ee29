"""Priced columns as the lines of bills, each with the derivation that proves it.

A derivation is compact JSON from which anyone can recompute the amount: quantity, unit price, the
tier's bounds, what was prorated, the schedule's version, the section of the code, the rounding.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import polars as pl

from curbstop.rates.domain import exact
from curbstop.rates.domain.exact import ExactColumn, Numerators
from curbstop.rates.domain.pricing import ChargeColumn, PricedRows

PRICE_DECIMALS = 8
AMOUNT_DECIMALS = 12
QUANTITY_DECIMALS = 8
# Columns of facts are kept apart from the line's own columns, which may have the same name.
FACT = "fact "
_IDLE_ZEROS = r"\.?0+$"

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
    facts = tuple(
        (f"{FACT}{name}", fact, QUANTITY_DECIMALS) for name, fact in charge.facts if not isinstance(fact, str)
    )
    for name, column, decimals in (*numbers, *facts):
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
    written = {name: column for name, column, _ in (*numbers, *facts) if column is not None}
    return rows.with_columns(_derivation(charge, source, written).alias("derivation")).select(*SCHEMA)


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


def _derivation(charge: ChargeColumn, source: Mapping[str, str], written: Mapping[str, ExactColumn]) -> pl.Expr:
    """Build the JSON text column by column; only fixed texts need quoting, and json quotes them."""
    fixed: dict[str, object] = {"charge": charge.heading.key, **source}
    if charge.heading.section:
        fixed["section"] = charge.heading.section
    if charge.heading.unit:
        fixed["unit"] = charge.heading.unit
    if charge.tier:
        fixed["tier"] = charge.tier
    if charge.of:
        fixed["of"] = list(charge.of)
    fixed.update((name, fact) for name, fact in charge.facts if isinstance(fact, str))
    fixed["rounding"] = "half_up_cent"
    parts = [pl.lit(json.dumps(fixed, separators=(",", ":"), ensure_ascii=False)[:-1])]
    said_in_order: tuple[str, ...] = ("quantity", "unit_price", "above", "up_to", "cap", "days")
    said_in_order += tuple(name for name in written if name.startswith(FACT))
    parts.extend(_said(name, written[name]) for name in said_in_order if name in written)
    if charge.proration is not None:
        said = f',"prorated_from_days":"{charge.proration.standard_days}"'
        parts.append(pl.when("is_prorated").then(pl.lit(said)).otherwise(pl.lit("")))
    return pl.concat_str([*parts, pl.lit("}")])


def _said(name: str, column: ExactColumn) -> pl.Expr:
    """Write one number of the derivation: 4.25, not 4.25000000."""
    field = name.removeprefix(FACT)
    if len(column) == 1:
        decimals = exact.to_decimal(column, 1, QUANTITY_DECIMALS)
        said = pl.lit(f',"{field}":"{decimals.cast(pl.String).str.replace(_IDLE_ZEROS, "")[0]}"')
    else:
        if column.is_whole():
            plain = pl.col(name).cast(pl.Int64).cast(pl.String)
        else:
            plain = pl.col(name).cast(pl.String).str.replace(_IDLE_ZEROS, "")
        said = pl.concat_str(pl.lit(f',"{field}":"'), plain, pl.lit('"'))
    if name == "up_to":
        return pl.when("has_end").then(said).otherwise(pl.lit(""))
    return said
