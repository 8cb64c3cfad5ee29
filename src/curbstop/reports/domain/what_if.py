"""A rate study: a year's bills priced again under a draft tariff and the one in force, without a line being built.

Forty thousand bills of 7 CCF in 30 days are one bill, priced once: rows that a tariff cannot tell apart are folded
before they are priced. Parts of a city are studied on their own and added up, so that memory stays bounded.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from operator import mul
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from curbstop.billing.domain.charges import rate_inputs
from curbstop.billing.domain.rate_changes import with_rate_changes
from curbstop.rates.domain.charges import PERIOD_DAYS, chosen_class
from curbstop.rates.domain.exact import LIMIT, ExactColumn
from curbstop.rates.domain.given import with_given
from curbstop.rates.domain.pricing import PricedRows, price_class
from curbstop.rates.domain.schedule import ClassSchedule, Schedule

Rows = npt.NDArray[np.int64]

NOW, DRAFT = "now", "draft"
# Half of a basis point and more is a whole one; money never passes through a float.
BASIS_POINTS: Final = 10_000
# Both tariffs hold for all days of a study: no rate changes in it, only seasons do.
NO_STRETCHES: Final = pl.DataFrame(
    schema={
        "agreement_id": pl.Int64, "schedule_version_id": pl.Int64, "customer_class": pl.String, "inputs": pl.String,
        "starts_on": pl.Date, "ends_on": pl.Date,
    }
)  # fmt: skip

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
class _Batch:
    """Folded rows of one class, priced: `row` and `fold` tell which row of the part is which of them."""

    class_name: str
    priced: PricedRows
    row: Rows
    fold: Rows


@dataclass(frozen=True, slots=True)
class _Side:
    """One tariff's bills by row: cents, whether it refuses them, and why; and what they were priced in."""

    cents: Rows
    is_refused: npt.NDArray[np.bool_]
    batches: list[_Batch]
    reasons: list[tuple[str, Rows]]

    def refuse(self, reason: str, rows: Rows) -> None:
        """Leave some rows without a bill."""
        if len(rows):
            self.is_refused[rows] = True
            self.reasons.append((reason, rows))


def study(rows: pl.DataFrame, now: Schedule, draft: Schedule) -> Part:
    """Price bills (`ROWS`, one a period of an agreement) under both tariffs and compare them.

    A bill that either tariff refuses is in no comparison; it is counted with the reason.
    """
    sides = {NOW: _side(rows, now), DRAFT: _side(rows, draft)}
    is_compared = ~(sides[NOW].is_refused | sides[DRAFT].is_refused)
    compared = (
        rows.select("account_id", "customer_class", "starts_on", "ends_on")
        .with_columns(now_cents=pl.Series(sides[NOW].cents), draft_cents=pl.Series(sides[DRAFT].cents))
        .filter(pl.Series(is_compared))
    )
    charged = [{"side": side, **row} for side, each in sides.items() for row in _charged(each.batches, is_compared)]
    refused = [
        {"side": side, "reason": reason, "bills": len(np.unique(where))}
        for side, each in sides.items()
        for reason, where in each.reasons
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
    size = rows.height
    side = _Side(np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.bool_), [], [])
    asked = asked_of(rows, schedule)
    is_other = (asked["unit"] != schedule.unit).fill_null(value=False)
    units = ", ".join(asked["unit"].filter(is_other).unique().sort())
    side.refuse(f"the rate is per {schedule.unit}, the use is in {units}", asked["row"].filter(is_other).to_numpy())
    frame = with_given(schedule.given, rate_inputs(asked)).with_columns(asked["row"], is_part=_is_part(asked))
    for (name, is_part), mine in frame.filter(~is_other).group_by("customer_class", "is_part", maintain_order=True):
        chosen, why_not = chosen_class(schedule, "" if name is None else str(name), is_part=bool(is_part))
        if chosen is None:
            side.refuse(why_not, mine["row"].to_numpy())
        else:
            _price(side, "" if name is None else str(name), chosen, mine)
    return side


def asked_of(rows: pl.DataFrame, schedule: Schedule) -> pl.DataFrame:
    """Return the rows as they are priced: numbered, and cut by season where the tariff says so."""
    days = (pl.col("ends_on") - pl.col("starts_on")).dt.total_days()
    numbered = rows.with_row_index("row").with_columns(
        pl.col("row").cast(pl.Int64),
        days=days,
        schedule_version_id=pl.lit(0, pl.Int64),
        agreement_id=pl.lit(0, pl.Int64),
    )
    return with_rate_changes(numbered, NO_STRETCHES, {0: schedule}, bill_on=date.max).segments


def _is_part(asked: pl.DataFrame) -> pl.Series:
    if PERIOD_DAYS not in asked.columns:
        return pl.repeat(value=False, n=asked.height, eager=True)
    return asked[PERIOD_DAYS].is_not_null()


def _price(side: _Side, class_name: str, chosen: ClassSchedule, mine: pl.DataFrame) -> None:
    """Price the rows of a class, each different one once, and add its cents to all of its kind."""
    named = [name for name in chosen.inputs if name in mine.columns]
    folded = mine.with_columns(always=pl.lit(0, pl.Int8)).group_by("always", *named).agg("row")
    priced = price_class(chosen, folded.select("always", *named))
    fold = np.repeat(np.arange(folded.height), folded["row"].list.len().to_numpy())
    row = folded["row"].explode().to_numpy()
    # A period that was cut is the sum of its parts.
    np.add.at(side.cents, row, priced.cents()[fold])
    kinds = priced.problems[fold]
    for number, reason in enumerate(priced.reasons, start=1):
        side.refuse(reason, row[kinds == number])
    side.batches.append(_Batch(class_name, priced, row, fold))


def _charged(batches: Sequence[_Batch], is_compared: npt.NDArray[np.bool_]) -> Iterator[dict[str, Any]]:
    """Yield each charge, and each tier of it, added up over the bills that are compared."""
    for batch in batches:
        bills = np.bincount(batch.fold[is_compared[batch.row]], minlength=batch.priced.size)
        for charge in batch.priced.charges:
            total = _times(charge.quantity, bills)
            yield {
                "customer_class": batch.class_name,
                "component": charge.heading.key,
                "label": charge.heading.label_en or charge.heading.key,
                "tier": charge.tier,
                "unit": charge.heading.unit,
                "quantity": (Decimal(total.numerator) / Decimal(total.denominator)).quantize(Decimal("0.0001")),
                "cents": int(np.dot(charge.cents, bills)),
                # A tier that a bill does not reach is printed for none.
                "lines": int(bills[np.broadcast_to(charge.is_printed, bills.shape)].sum()),
            }


def _times(column: ExactColumn, counts: Rows) -> Fraction:
    """Return the sum of each number as often as it counts, exactly."""
    numerators = column.spread(len(counts))
    if column.bound * max(int(counts.sum()), 1) < LIMIT and numerators.dtype != object:
        return Fraction(int(np.dot(numerators, counts)), column.scale)
    return Fraction(sum(map(mul, numerators.tolist(), counts.tolist())), column.scale)
