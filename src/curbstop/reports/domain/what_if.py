"""A rate study: a year's bills priced again under a draft tariff and the one in force, without a line being built.

Forty thousand bills of 7 CCF in 30 days are one bill, priced once: rows that a tariff cannot tell apart are folded
before they are priced. Parts of a city are studied on their own and added up, so that memory stays bounded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from operator import mul
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from curbstop.billing.domain.charges import rate_inputs
from curbstop.rates.domain.charges import why_no_class
from curbstop.rates.domain.exact import LIMIT, ExactColumn
from curbstop.rates.domain.pricing import ChargeColumn, PricedRows, price_class
from curbstop.rates.domain.schedule import ClassSchedule, Schedule

NOW, DRAFT = "now", "draft"
# Half of a basis point and more is a whole one; money never passes through a float.
BASIS_POINTS: Final = 10_000
NOT_PRICED: Final = -1

ROWS: Final[dict[str, Any]] = {
    "account_id": pl.Int64,
    "customer_class": pl.String,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "quantity": pl.Decimal(18, 4),
    "unit": pl.String,
    "meter_size": pl.String,
    "inputs": pl.String,
}
REVENUE: Final[dict[str, Any]] = {
    "side": pl.String,
    "customer_class": pl.String,
    "component": pl.String,
    "label": pl.String,
    "tier": pl.Int32,
    "unit": pl.String,
    "quantity": pl.Decimal(38, 4),
    "cents": pl.Int64,
    "lines": pl.Int64,
}
CHANGES: Final[dict[str, Any]] = {
    "customer_class": pl.String,
    "change_cents": pl.Int64,
    "change_share": pl.Int64,
    "bills": pl.Int64,
}
ACCOUNTS: Final[dict[str, Any]] = {
    "account_id": pl.Int64,
    "customer_class": pl.String,
    "bills": pl.Int64,
    "days": pl.Int64,
    "now_cents": pl.Int64,
    "draft_cents": pl.Int64,
}
REFUSED: Final[dict[str, Any]] = {"side": pl.String, "reason": pl.String, "bills": pl.Int64}


@dataclass(frozen=True, slots=True)
class Part:
    """What some accounts add to a study; the columns are those above."""

    revenue: pl.DataFrame
    changes: pl.DataFrame
    accounts: pl.DataFrame
    refused: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Side:
    """One tariff's bills: cents by row, -1 where it has no bill; and why, by row."""

    cents: npt.NDArray[np.int64]
    charged: list[dict[str, Any]]
    reasons: list[tuple[str, npt.NDArray[np.int64]]]


def study(rows: pl.DataFrame, now: Schedule, draft: Schedule) -> Part:
    """Price bills (`ROWS`, one a period of an agreement) under both tariffs and compare them.

    A bill that either tariff refuses is in no comparison; it is counted with the reason.
    """
    sides = {NOW: _side(rows, now), DRAFT: _side(rows, draft)}
    before, after = sides[NOW].cents, sides[DRAFT].cents
    is_compared = (before != NOT_PRICED) & (after != NOT_PRICED)
    compared = (
        rows.select("account_id", "customer_class", "starts_on", "ends_on")
        .with_columns(now_cents=pl.Series(before), draft_cents=pl.Series(after))
        .filter(pl.Series(is_compared))
    )
    charged = [{**row, "side": side} for side in sides for row in sides[side].charged]
    refused = [
        {"side": side, "reason": reason, "bills": len(where)} for side in sides for reason, where in sides[side].reasons
    ]
    return merged(
        [
            Part(
                pl.DataFrame(charged, schema=REVENUE),
                _changes(compared),
                _accounts(compared),
                pl.DataFrame(refused, schema=REFUSED),
            )
        ]
    )


def merged(parts: Sequence[Part]) -> Part:
    """Add up what parts of the city found; no account is in two of them."""
    return Part(
        _summed([each.revenue for each in parts], REVENUE, ("quantity", "cents", "lines")),
        _summed([each.changes for each in parts], CHANGES, ("bills",)),
        pl.concat([each.accounts for each in parts]) if parts else pl.DataFrame(schema=ACCOUNTS),
        _summed([each.refused for each in parts], REFUSED, ("bills",)),
    )


def _summed(frames: Sequence[pl.DataFrame], schema: dict[str, Any], sums: tuple[str, ...]) -> pl.DataFrame:
    keys = [name for name in schema if name not in sums]
    whole = pl.concat(frames) if frames else pl.DataFrame(schema=schema)
    return whole.group_by(keys).agg(pl.col(sums).sum()).select(pl.col(name).cast(schema[name]) for name in schema)


def _changes(compared: pl.DataFrame) -> pl.DataFrame:
    """Count the bills by how much they change, in cents and in basis points of the bill of today."""
    now, change = pl.col("now_cents"), pl.col("draft_cents") - pl.col("now_cents")
    size = (2 * BASIS_POINTS * change.abs() + now) // (2 * now)
    share = pl.when(now > 0).then(size * change.sign())
    return (
        compared.group_by("customer_class", change_cents=change, change_share=share)
        .agg(bills=pl.len().cast(pl.Int64))
        .select(pl.col(name).cast(kind) for name, kind in CHANGES.items())
    )


def _accounts(compared: pl.DataFrame) -> pl.DataFrame:
    days = (pl.col("ends_on").max() - pl.col("starts_on").min()).dt.total_days()
    return (
        compared.group_by("account_id")
        .agg(
            pl.col("customer_class").first(),
            pl.len().cast(pl.Int64).alias("bills"),
            days.alias("days"),
            pl.col("now_cents", "draft_cents").sum(),
        )
        .select(*ACCOUNTS)
    )


def _side(rows: pl.DataFrame, schedule: Schedule) -> _Side:
    side = _Side(np.full(rows.height, NOT_PRICED, dtype=np.int64), [], [])
    numbered = _asked(rows, schedule).with_columns(pl.int_range(pl.len()).alias("row"))
    is_other = (pl.Series(rows["unit"]) != schedule.unit).fill_null(value=False)
    if is_other.any():
        units = ", ".join(rows["unit"].filter(is_other).unique().sort())
        reason = f"the rate is per {schedule.unit}, the use is in {units}"
        side.reasons.append((reason, numbered["row"].filter(is_other).to_numpy()))
        numbered = numbered.filter(~is_other)
    for (name,), mine in numbered.group_by("customer_class", maintain_order=True):
        class_name = "" if name is None else str(name)
        chosen = schedule.class_named(class_name)
        if chosen is None:
            side.reasons.append((why_no_class(schedule, class_name), mine["row"].to_numpy()))
        else:
            _price(side, class_name, chosen, mine)
    return side


def _asked(rows: pl.DataFrame, schedule: Schedule) -> pl.DataFrame:
    """Return what the tariff may ask for, by row."""
    days = (pl.col("ends_on") - pl.col("starts_on")).dt.total_days().alias("days")
    del schedule
    return rate_inputs(rows.with_columns(days))


def _price(side: _Side, class_name: str, chosen: ClassSchedule, mine: pl.DataFrame) -> None:
    """Price the rows of a class, each different one once, and write its cents to all of its kind."""
    named = [name for name in chosen.inputs if name in mine.columns]
    folded = mine.with_columns(always=pl.lit(0, pl.Int8)).group_by("always", *named).agg("row")
    counts = folded["row"].list.len().cast(pl.Int64).to_numpy()
    priced = price_class(chosen, folded.select("always", *named))
    cents = np.where(priced.is_refused, NOT_PRICED, priced.cents())
    each = np.repeat(cents, counts)
    row = folded["row"].explode().to_numpy()
    side.cents[row] = each
    kinds = np.repeat(priced.problems, counts)
    for number, reason in enumerate(priced.reasons, start=1):
        where = row[kinds == number]
        if len(where):
            side.reasons.append((reason, where))
    side.charged.extend(_charged(class_name, charge, priced, counts) for charge in priced.charges)


def _charged(
    class_name: str, charge: ChargeColumn, priced: PricedRows, counts: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """Add up one charge, or one tier of it, over every bill."""
    bills = np.where(priced.is_refused, 0, counts)
    total = _times(charge.quantity, bills)
    # A tier that a bill does not reach is printed for none.
    lines = int(bills[np.broadcast_to(charge.is_printed, bills.shape)].sum())
    return {
        "customer_class": class_name,
        "component": charge.heading.key,
        "label": charge.heading.label_en or charge.heading.key,
        "tier": charge.tier,
        "unit": charge.heading.unit,
        "quantity": (Decimal(total.numerator) / Decimal(total.denominator)).quantize(Decimal("0.0001")),
        "cents": int(np.dot(charge.cents, bills)),
        "lines": lines,
    }


def _times(column: ExactColumn, counts: npt.NDArray[np.int64]) -> Fraction:
    """Return the sum of each number as often as it counts, exactly."""
    numerators = column.spread(len(counts))
    if column.bound * max(int(counts.sum()), 1) < LIMIT and numerators.dtype != object:
        return Fraction(int(np.dot(numerators, counts)), column.scale)
    return Fraction(sum(map(mul, numerators.tolist(), counts.tolist())), column.scale)
