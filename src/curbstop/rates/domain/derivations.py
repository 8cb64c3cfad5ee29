"""The derivation of a printed line: compact JSON from which anybody can recompute it (docs/derivations.md).

`{"charge":"water_use","method":"tier","tier":2,"counted_is":"usage","quantity":"4","unit_price":"5",…}`: what is
the same for all rows is written once, and only numbers and keys are put together row by row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import polars as pl

from curbstop.rates.domain import exact
from curbstop.rates.domain.charge_columns import ChargeColumn
from curbstop.rates.domain.exact import ExactColumn, Numerators
from curbstop.rates.domain.tracing import Trace

QUANTITY_DECIMALS = 8
IDLE_ZEROS = r"\.?0+$"
_IN_ORDER = ("quantity", "unit_price", "above", "up_to", "cap", "days")


def derivation(
    charge: ChargeColumn, source: Mapping[str, str], written: Mapping[str, ExactColumn], printed: Numerators
) -> pl.Expr:
    """Return the JSON text of every printed row; `written` are the numbers that are columns of its frame."""
    parts = [pl.lit(_text(_fixed(charge, source))[:-1])]
    parts.extend(_said(name, written[name]) for name in _IN_ORDER if name in written)
    if charge.proration is not None:
        said = f',"prorated_from_days":"{charge.proration.standard_days}"'
        parts.append(pl.when("is_prorated").then(pl.lit(said)).otherwise(pl.lit("")))
    for name, fact in charge.facts:
        if not isinstance(fact, str):
            parts += [pl.lit(f',"{name}":'), _quoted(fact, printed)]
    if charge.trace is not None:
        parts.extend(_worked_out(charge.trace, printed))
    return pl.concat_str([*parts, pl.lit("}")])


def _fixed(charge: ChargeColumn, source: Mapping[str, str]) -> dict[str, object]:
    """Return what the derivation of every row says alike."""
    heading = charge.heading
    method = "tier" if charge.tier else "percent" if charge.of else "price"
    fixed: dict[str, object] = {"charge": heading.key, "method": method, **source}
    said = {"section": heading.section, "unit": heading.unit, "tier": charge.tier, "of": list(charge.of)}
    fixed.update((name, value) for name, value in said.items() if value)
    if charge.trace is not None:
        fixed.update(charge.trace.formulas)
    fixed.update((name, fact) for name, fact in charge.facts if isinstance(fact, str))
    return {**fixed, "rounding": "half_up_cent"}


def _worked_out(trace: Trace, printed: Numerators) -> Iterator[pl.Expr]:
    """Write the numbers and keys under the names that the formulas use."""
    groups: dict[str, Mapping[str, ExactColumn] | Mapping[str, pl.Series]] = {
        "inputs": trace.inputs,
        "keys": trace.keys,
        "values": trace.values,
        "worked": trace.worked,
    }
    for name, members in groups.items():
        opening = f',"{name}":{{'
        for member, column in members.items():
            yield pl.lit(f'{opening}"{member}":')
            yield _key(column, printed) if isinstance(column, pl.Series) else _quoted(column, printed)
            opening = ","
        if members:
            yield pl.lit("}")


def _key(column: pl.Series, printed: Numerators) -> pl.Expr:
    """Write a text of a row, such as a meter size, with its own quotation marks masked."""
    texts = column.gather(printed)
    said = {text: _text(text) for text in texts.unique().drop_nulls().to_list()}
    return pl.lit(texts.replace_strict(said, default="null", return_dtype=pl.String))


def _quoted(column: ExactColumn, printed: Numerators) -> pl.Expr:
    """Write an exact number: as a decimal, or as numerator/denominator where it has more than eight places."""
    if (10**QUANTITY_DECIMALS) % column.scale:
        column = column.reduced()
    if len(column) == 1:
        return pl.lit(f'"{_written(column, 1)[0]}"')
    return pl.concat_str(pl.lit('"'), pl.lit(_written(column.take(printed), len(printed))), pl.lit('"'))


def _written(column: ExactColumn, size: int) -> pl.Series:
    if (10**QUANTITY_DECIMALS) % column.scale:
        numerators = pl.Series([str(int(each)) for each in column.spread(size)])
        return pl.select(pl.concat_str(pl.lit(numerators), pl.lit(f"/{column.scale}"))).to_series()
    if column.scale == 1:
        return pl.Series(column.spread(size)).cast(pl.String)
    return exact.to_decimal(column, size, QUANTITY_DECIMALS).cast(pl.String).str.replace(IDLE_ZEROS, "")


def _said(name: str, column: ExactColumn) -> pl.Expr:
    """Write one number of the line: 4.25, not 4.25000000."""
    if len(column) == 1:
        decimals = exact.to_decimal(column, 1, QUANTITY_DECIMALS)
        said = pl.lit(f',"{name}":"{decimals.cast(pl.String).str.replace(IDLE_ZEROS, "")[0]}"')
    else:
        if column.is_whole():
            plain = pl.col(name).cast(pl.Int64).cast(pl.String)
        else:
            plain = pl.col(name).cast(pl.String).str.replace(IDLE_ZEROS, "")
        said = pl.concat_str(pl.lit(f',"{name}":"'), plain, pl.lit('"'))
    if name == "up_to":
        return pl.when("has_end").then(said).otherwise(pl.lit(""))
    return said


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
