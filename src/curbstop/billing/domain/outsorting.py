"""Outsorting twice: what was priced is judged service by service, and the assembled bill as a whole.

Use is compared with the same period of last year, else with the last three periods, else with what
the class uses (rulebook §3.2). The sum of the run is compared with what the accounts' past lets expect.
"""

from decimal import Decimal
from typing import Any, Final

import polars as pl

from curbstop.billing.domain.findings import Baseline, Code, Limits, Outsorting, Stage, ordered
from curbstop.foundation.quantities import Quantity, Unit

# Safe maximum operating flow of a displacement meter in gallons a minute (AWWA C700, C701 for
# 3" and larger): physics of the meter, the same in every city.
GALLONS_A_MINUTE: Final = {
    '5/8"': 20, '3/4"': 30, '1"': 50, '1 1/2"': 100, '1.5"': 100, '2"': 160,
    '3"': 350, '4"': 630, '6"': 1400, '8"': 2400, '10"': 3800, '12"': 5000,
}  # fmt: skip
MINUTES_A_DAY: Final = 24 * 60
_ONE: Final = Decimal(1)
_IN_CCF: Final = {
    unit.value: float(Quantity(_ONE, unit).to(Unit.CCF).amount)
    for unit in (Unit.GALLONS, Unit.KGAL, Unit.CUBIC_FEET, Unit.CCF, Unit.KILOLITER)
}


def after_rating(segments: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """Return what is noticed on each priced service (`FINDING_SCHEMA`).

    `segments`: account_id, agreement_id, customer_class, days, quantity, unit, meter_size, meter_serial,
    read_kind, is_metered (not what is charged by another service's meter), past_periods, year_daily and
    last_daily (in the segment's unit), past_quantity, past_serial, ends_agreement.
    """
    sort = Outsorting(Stage.RATING, limits.holding)
    measured = _measured(segments, limits)
    return ordered(
        [
            *_use_findings(sort, measured, limits),
            *_meter_findings(sort, measured, limits),
            sort.listed(segments, pl.col("ends_agreement"), Code.FINAL, ["days"]),
            sort.listed(segments, pl.col("read_kind") == "estimated", Code.ESTIMATED, ["quantity"]),
        ]
    )


def _measured(segments: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """Return the segments of a meter's own service with use, usual use and the meter's capacity in CCF."""
    to_ccf = pl.col("unit").replace_strict(_IN_CCF, default=None, return_dtype=pl.Float64)
    flow = pl.col("meter_size").replace_strict(GALLONS_A_MINUTE, default=None, return_dtype=pl.Float64)
    classes = limits.class_daily_ccf
    of_class = pl.col("customer_class").replace_strict(
        list(classes), list(classes.values()), default=None, return_dtype=pl.Float64
    )
    year, last = pl.col("year_daily") * to_ccf, pl.col("last_daily") * to_ccf
    return segments.filter("is_metered").with_columns(
        ccf=pl.col("quantity").cast(pl.Float64) * to_ccf,
        usual_ccf=pl.coalesce(year, last, of_class) * pl.col("days"),
        most_ccf=pl.max_horizontal(year, last) * pl.col("days"),
        capacity_ccf=flow * MINUTES_A_DAY * pl.col("days") * _IN_CCF[Unit.GALLONS],
        baseline=pl.when(year.is_not_null())
        .then(pl.lit(Baseline.YEAR.value))
        .when(last.is_not_null())
        .then(pl.lit(Baseline.LAST.value))
        .when(of_class.is_not_null())
        .then(pl.lit(Baseline.CLASS.value)),
    )


def _use_findings(sort: Outsorting, measured: pl.DataFrame, limits: Limits) -> list[pl.DataFrame]:
    use, usual = pl.col("ccf"), pl.col("usual_ccf")
    evidence = ["ccf", "usual_ccf", "past_periods", "days"]
    found = []
    stopped = pl.lit(value=False)
    if limits.high_factor is not None and limits.high_change_ccf is not None:
        above = (use > usual * limits.high_factor) & (use - usual >= limits.high_change_ccf)
        # With nothing but the class to compare with, what is far beyond both factors does not go out unseen.
        beyond = use > usual * limits.high_factor * (limits.hold_factor or float("inf"))
        alone = (pl.col("baseline") == Baseline.CLASS.value) & beyond
        found += [
            sort.listed(measured, above & ~alone, Code.HIGH, evidence),
            sort.listed(measured, above & alone, Code.HIGH, evidence, blocking=True),
        ]
    if limits.low_factor is not None and limits.low_change_ccf is not None:
        drop = usual - use >= limits.low_change_ccf
        below = (use < usual * limits.low_factor) & drop & (use > 0)
        absurd = use < usual * (limits.hold_low_factor or 0.0)
        # No use at all where there always was some is a stopped meter until somebody looks.
        stopped = ((use == 0) & (pl.col("most_ccf") >= limits.low_change_ccf)).fill_null(value=False)
        found += [
            sort.listed(measured, below & ~absurd, Code.LOW, evidence),
            sort.listed(measured, below & absurd, Code.LOW, evidence, blocking=True),
            sort.listed(measured, stopped, Code.STOPPED, evidence, blocking=True),
        ]
    return [*found, sort.listed(measured, (use == 0) & ~stopped, Code.ZERO, evidence)]


def _meter_findings(sort: Outsorting, measured: pl.DataFrame, limits: Limits) -> list[pl.DataFrame]:
    found = [
        sort.listed(
            measured, pl.col("ccf") > pl.col("capacity_ccf"), Code.CAPACITY,
            ["ccf", "capacity_ccf", "meter_size"], blocking=True,
        ),
        sort.listed(
            measured, pl.col("meter_serial") != pl.col("past_serial"), Code.EXCHANGED,
            ["meter_serial", "past_serial", "ccf", "days"],
        ),
    ]  # fmt: skip
    if limits.same_over_ccf is not None:
        same = (pl.col("quantity") == pl.col("past_quantity")) & (pl.col("ccf") > limits.same_over_ccf)
        found.append(sort.listed(measured, same, Code.SAME, ["ccf", "days"]))
    return found


def after_assembly(bills: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """Return what is noticed on each whole bill (`FINDING_SCHEMA`).

    `bills`: account_id, days, total_cents, smallest_service_cents, past_bills, past_mean_cents, last_cents,
    is_deliverable, says_outside (null where no rate asks), is_outside.
    """
    sort = Outsorting(Stage.ASSEMBLY, limits.holding)
    bills = bills.with_columns(agreement_id=pl.lit(None, pl.Int64))
    found = [
        sort.listed(bills, pl.col("past_bills").is_null(), Code.FIRST, ["total_cents"]),
        sort.listed(
            bills, pl.col("smallest_service_cents") < 0, Code.CREDIT,
            ["total_cents", "smallest_service_cents"], blocking=True,
        ),
        sort.listed(
            bills, ~pl.col("is_deliverable") | (pl.col("says_outside") != pl.col("is_outside")).fill_null(value=False),
            Code.ADDRESS, ["is_deliverable", "says_outside", "is_outside"], blocking=True,
        ),
    ]  # fmt: skip
    if limits.days_min is not None and limits.days_max is not None:
        usual_length = pl.col("days").is_between(limits.days_min, limits.days_max)
        found.append(sort.listed(bills, ~usual_length, Code.DAYS, ["days"]))
    compared = bills.with_columns(
        baseline=pl.when(pl.col("past_mean_cents").is_not_null()).then(pl.lit(Baseline.MEAN.value))
    )
    return ordered([*found, *_amount_findings(sort, compared, limits)])


def _amount_findings(sort: Outsorting, bills: pl.DataFrame, limits: Limits) -> list[pl.DataFrame]:
    total, mean = pl.col("total_cents"), pl.col("past_mean_cents")
    evidence = ["total_cents", "past_mean_cents", "past_bills"]
    unusual = (total == 0) & (mean > 0)
    found = []
    if limits.hold_factor is not None and limits.hold_over_cents is not None:
        absurd = (total > mean * limits.hold_factor) & (total > limits.hold_over_cents)
        found.append(sort.listed(bills, absurd, Code.FUSE, evidence, blocking=True))
        leap = (total > pl.col("last_cents") * limits.hold_factor) & (total > limits.hold_over_cents)
        unusual |= leap & ~absurd.fill_null(value=False)
    if limits.review_over_cents is not None:
        over = total > limits.review_over_cents
        # A large customer's usual bill is only listed; a large bill out of nowhere is held.
        unusual |= over & (mean > 0)
        nowhere = over & (mean.fill_null(0) == 0)
        found.append(sort.listed(bills, nowhere, Code.AMOUNT, evidence, blocking=True))
        unusual &= ~nowhere
    return [*found, sort.listed(bills, unusual, Code.AMOUNT, evidence)]


def total_finding(*, total_cents: int, forecast_cents: int, limits: Limits) -> dict[str, Any] | None:
    """Return the evidence against a run whose sum is far from the forecast for the same accounts, or nothing.

    Source: trust.md P11, whole-run total ±20 % vs forecast.
    """
    if limits.total_change_percent is None or forecast_cents <= 0:
        return None
    change = 100 * (total_cents - forecast_cents)
    if abs(change) <= limits.total_change_percent * forecast_cents:
        return None
    return {
        "total_cents": total_cents,
        "forecast_cents": forecast_cents,
        "change_percent": round(change / forecast_cents),
    }
