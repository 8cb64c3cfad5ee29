"""Priced columns as the lines of bills, each with the derivation that proves it.

A derivation is compact JSON from which anyone can recompute the amount: quantity, unit price, the
tier's bounds, what was prorated, the schedule's version, the section of the code, the rounding.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import polars as pl

from curbstop.rates.domain import exact
from curbstop.rates.domain.exact import ExactColumn
from curbstop.rates.domain.pricing import ChargeColumn, PricedRows

PRICE_DECIMALS = 8
AMOUNT_DECIMALS = 12
QUANTITY_DECIMALS = 8

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
    parts = [
        _lines(charge, order, priced, source)
        for order, charge in enumerate(priced.charges)
        if (charge.is_printed & ~priced.is_refused).any()
    ]
    if not parts:
        return no_lines()
    lines = pl.concat(parts).sort("row", "line")
    return lines.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("row").alias("line"))


def _lines(charge: ChargeColumn, order: int, priced: PricedRows, source: Mapping[str, str]) -> pl.DataFrame:
    size, heading = priced.size, charge.heading
    rows = pl.DataFrame(
        {
            "row": pl.int_range(size, dtype=pl.UInt32, eager=True),
            "quantity": exact.to_decimal(charge.quantity, size, QUANTITY_DECIMALS),
            "unit_price": exact.to_decimal(charge.unit_price, size, PRICE_DECIMALS),
            "amount": exact.to_decimal(charge.amount, size, AMOUNT_DECIMALS),
            "amount_cents": pl.Series(charge.cents, dtype=pl.Int64),
            **_extra(charge, size),
            "printed": pl.Series(charge.is_printed & ~priced.is_refused),
        }
    ).filter("printed")
    return rows.select(
        "row",
        pl.lit(order, dtype=pl.Int32).alias("line"),
        pl.lit(heading.service).alias("service"),
        pl.lit(heading.key).alias("key"),
        pl.lit(heading.label_en).alias("label_en"),
        pl.lit(heading.label_es).alias("label_es"),
        pl.lit(charge.tier, dtype=pl.Int32).alias("tier"),
        pl.lit(heading.section).alias("section"),
        "quantity",
        _unit(charge, rows.columns).alias("unit"),
        "unit_price",
        "amount",
        "amount_cents",
        _derivation(charge, source, rows.columns).alias("derivation"),
    )


def _unit(charge: ChargeColumn, columns: list[str]) -> pl.Expr:
    """Return the unit of the quantity: days where a charge for the whole period was prorated."""
    unit = pl.lit(charge.heading.unit)
    if charge.tier or "is_prorated" not in columns:
        return unit
    return pl.when("is_prorated").then(pl.lit("day")).otherwise(unit)


def _extra(charge: ChargeColumn, size: int) -> dict[str, pl.Series]:
    extra: dict[str, pl.Series] = {}
    named: tuple[tuple[str, ExactColumn | None], ...] = (
        ("above", charge.starts_above),
        ("up_to", charge.ends_at),
        ("cap", charge.cap),
        ("days", charge.days),
    )
    for name, column in named:
        if column is not None:
            extra[name] = exact.to_decimal(column, size, QUANTITY_DECIMALS)
    if charge.is_prorated is not None:
        extra["is_prorated"] = pl.Series(charge.is_prorated)
    if charge.has_end is not None:
        extra["has_end"] = pl.Series(charge.has_end)
    return extra


def _derivation(charge: ChargeColumn, source: Mapping[str, str], columns: list[str]) -> pl.Expr:
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
    fixed["rounding"] = "half_up_cent"
    head = json.dumps(fixed, separators=(",", ":"), ensure_ascii=False)[:-1]
    parts = [pl.lit(head)]
    for name in ("quantity", "unit_price", "above", "up_to", "cap", "days"):
        if name not in columns:
            continue
        written = pl.concat_str(pl.lit(f',"{name}":"'), _plain(name), pl.lit('"'))
        if name == "up_to":
            written = pl.when("has_end").then(written).otherwise(pl.lit(""))
        parts.append(written)
    if charge.proration is not None:
        said = f',"prorated_from_days":"{charge.proration.standard_days}"'
        parts.append(pl.when("is_prorated").then(pl.lit(said)).otherwise(pl.lit("")))
    return pl.concat_str([*parts, pl.lit("}")])


def _plain(name: str) -> pl.Expr:
    """Write a decimal without idle zeros: 4.25, not 4.25000000."""
    return pl.col(name).cast(pl.String).str.replace(r"\.?0+$", "")
