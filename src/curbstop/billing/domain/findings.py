"""Exceptions: what a person should look at before a drafted bill leaves the building.

Forty units where the same customer used twelve a period is HIGH and is listed. A bill of more
than three times the year's mean and more than $200 is held until somebody clears it, because an
absurd bill must never leave (the tests are those of rulebook §3.2, every limit from the city pack).
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

import polars as pl

from curbstop.foundation.quantities import Quantity, Unit


class Code(StrEnum):
    """What was noticed, as the review list names it."""

    HIGH = "HIGH"
    LOW = "LOW"
    ZERO = "ZERO"
    STOPPED = "ZERO2"
    CAPACITY = "CAPACITY"
    ESTIMATED = "EST"
    DAYS = "DAYS"
    AMOUNT = "AMT"
    FUSE = "FUSE"
    CREDIT = "CREDIT"
    FIRST = "FIRST"
    FINAL = "FINAL"


# A credit is no bill: it is mended at its source and cannot be cleared.
NEVER_CLEARED: Final = frozenset({Code.CREDIT})

# Safe maximum operating flow of a displacement meter in gallons a minute (AWWA C700, C701 for
# 3" and larger): physics of the meter, the same in every city.
GALLONS_A_MINUTE: Final = {
    '5/8"': 20, '3/4"': 30, '1"': 50, '1 1/2"': 100, '1.5"': 100, '2"': 160,
    '3"': 350, '4"': 630, '6"': 1400, '8"': 2400, '10"': 3800, '12"': 5000,
}  # fmt: skip
MINUTES_A_DAY: Final = 24 * 60
_ONE: Final = Decimal(1)

FINDING_SCHEMA: Final = {
    "account_id": pl.Int64,
    "agreement_id": pl.Int64,
    "code": pl.String,
    "blocking": pl.Boolean,
    "evidence": pl.String,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The city's limits, each in the unit of its name; a test without a limit is not made."""

    days_min: int | None = None
    days_max: int | None = None
    high_factor: float | None = None
    high_change_ccf: float | None = None
    low_factor: float | None = None
    low_change_ccf: float | None = None
    review_over_cents: int | None = None
    hold_factor: float | None = None
    hold_over_cents: int | None = None


def find(*, bills: pl.DataFrame, segments: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """Return one row (`FINDING_SCHEMA`) for each exception of the drafted bills.

    `bills`: account_id, days, total_cents, smallest_service_cents, past_bills, past_mean_cents.
    `segments`: account_id, agreement_id, days, quantity, unit, meter_size, read_kind, past_periods,
    past_daily (in the segment's unit), ends_agreement.
    """
    measured = _measured(segments)
    found = [
        *_use_findings(measured, limits),
        *_bill_findings(bills, limits),
        _listed(segments, pl.col("ends_agreement"), Code.FINAL, ["days"]),
        _listed(segments, pl.col("read_kind") == "estimated", Code.ESTIMATED, ["quantity"]),
    ]
    return pl.concat(found).sort("account_id", "code", "agreement_id")


def _measured(segments: pl.DataFrame) -> pl.DataFrame:
    """Return the metered segments with use, usual use and the meter's capacity in CCF."""
    in_ccf = {
        unit.value: float(Quantity(_ONE, unit).to(Unit.CCF).amount)
        for unit in (Unit.GALLONS, Unit.KGAL, Unit.CUBIC_FEET, Unit.CCF, Unit.KILOLITER)
    }
    to_ccf = pl.col("unit").replace_strict(in_ccf, default=None, return_dtype=pl.Float64)
    flow = pl.col("meter_size").replace_strict(GALLONS_A_MINUTE, default=None, return_dtype=pl.Float64)
    return segments.filter(pl.col("quantity").is_not_null()).with_columns(
        ccf=pl.col("quantity").cast(pl.Float64) * to_ccf,
        usual_ccf=pl.col("past_daily") * pl.col("days") * to_ccf,
        capacity_ccf=flow * MINUTES_A_DAY * pl.col("days") * in_ccf[Unit.GALLONS],
    )


def _use_findings(measured: pl.DataFrame, limits: Limits) -> list[pl.DataFrame]:
    use, usual = pl.col("ccf"), pl.col("usual_ccf")
    evidence = ["ccf", "usual_ccf", "past_periods", "days"]
    found = [
        _listed(measured, (use == 0) & (usual.fill_null(0) == 0), Code.ZERO, evidence),
        _listed(
            measured, use > pl.col("capacity_ccf"), Code.CAPACITY,
            ["ccf", "capacity_ccf", "meter_size"], blocking=True,
        ),
    ]  # fmt: skip
    if limits.high_factor is not None and limits.high_change_ccf is not None:
        above = (use > usual * limits.high_factor) & (use - usual >= limits.high_change_ccf)
        found.append(_listed(measured, above, Code.HIGH, evidence))
    if limits.low_factor is not None and limits.low_change_ccf is not None:
        below = (use < usual * limits.low_factor) & (usual - use >= limits.low_change_ccf)
        found.append(_listed(measured, below & (use > 0), Code.LOW, evidence))
        # No use at all where there always was some is a stopped meter until somebody looks.
        stopped = below & (use == 0)
        found.append(_listed(measured, stopped, Code.STOPPED, evidence, blocking=True))
    return found


def _bill_findings(bills: pl.DataFrame, limits: Limits) -> list[pl.DataFrame]:
    bills = bills.with_columns(agreement_id=pl.lit(None, pl.Int64))
    total, mean = pl.col("total_cents"), pl.col("past_mean_cents")
    evidence = ["total_cents", "past_mean_cents", "past_bills"]
    found = [
        _listed(bills, pl.col("past_bills").is_null(), Code.FIRST, ["total_cents"]),
        _listed(
            bills, pl.col("smallest_service_cents") < 0, Code.CREDIT,
            ["total_cents", "smallest_service_cents"], blocking=True,
        ),
    ]  # fmt: skip
    if limits.days_min is not None and limits.days_max is not None:
        usual_length = pl.col("days").is_between(limits.days_min, limits.days_max)
        found.append(_listed(bills, ~usual_length, Code.DAYS, ["days"]))
    if limits.hold_factor is not None and limits.hold_over_cents is not None:
        absurd = (total > mean * limits.hold_factor) & (total > limits.hold_over_cents)
        found.append(_listed(bills, absurd, Code.FUSE, evidence, blocking=True))
    if limits.review_over_cents is not None:
        over = total > limits.review_over_cents
        # A large customer's usual bill is only listed; a large bill out of nowhere is held.
        found.append(_listed(bills, over & (mean > 0), Code.AMOUNT, evidence))
        out_of_nowhere = over & (mean.fill_null(0) == 0)
        found.append(_listed(bills, out_of_nowhere, Code.AMOUNT, evidence, blocking=True))
    return found


def _listed(
    rows: pl.DataFrame,
    condition: pl.Expr,
    code: Code,
    evidence: list[str],
    *,
    blocking: bool = False,
) -> pl.DataFrame:
    """Return the findings of one test; a row whose condition is unknown is not found."""
    return rows.filter(condition).select(
        "account_id",
        "agreement_id",
        pl.lit(code.value).alias("code"),
        pl.lit(blocking).alias("blocking"),
        pl.struct(evidence).struct.json_encode().alias("evidence"),
    )
