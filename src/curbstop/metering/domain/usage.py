"""Periods of usage: the segments between two billing reads, and the whole units that they bring to the bill.

Reads of 100.0, 103.8, 107.1 and 110.0 bill 3, 4 and 3 units: the floor of each register, so that no unit is
lost between two bills (rulebook §1.5, WX-1.5c, INV-8).
"""

import polars as pl

from curbstop.metering.domain.segments import E4, MISSING_READ, UsagePolicy, segments_of
from curbstop.metering.domain.submeters import with_submeters

NO_START_READ = "no_start_read"

PERIOD_COLUMNS = pl.Schema(
    {
        "agreement_id": pl.Int64,
        "starts_on": pl.Date,
        "ends_on": pl.Date,
        "registered_e4": pl.Int64,
        "billed_e4": pl.Int64,
        "carried_e4": pl.Int64,
        "deducted_e4": pl.Int64,
        "unreturned_e4": pl.Int64,
        "from_read_id": pl.Int64,
        "to_read_id": pl.Int64,
        "meter_size": pl.String,
        "problem": pl.String,
    }
)


def usage_periods(
    *,
    points: pl.DataFrame,
    agreements: pl.DataFrame,
    settled: pl.DataFrame,
    policy: UsagePolicy,
    submeters: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return the periods between billing reads that are not settled yet (`PERIOD_COLUMNS`).

    `points` as for `segments_of`; `agreements` has agreement_id, service_point_id, starts_on, ends_on;
    `settled` has agreement_id, settled_on (the last settled day) and carried_e4. A period with a problem holds
    all that follow it, because each begins with the fraction that the one before carried. `submeters` are links
    (service_point_id, submeter_point_id, purpose, starts_on, ends_on) to meters whose points are in `points`.
    """
    counted = segments_of(points, policy)
    segments = _segments_of_agreements(segments=counted, agreements=agreements, settled=settled)
    netted = with_submeters(_grouped(segments), counted, submeters, whole_units=policy.whole_units)
    return _billed(_with_problems(netted), policy).select(*PERIOD_COLUMNS).cast(PERIOD_COLUMNS)


def _segments_of_agreements(*, segments: pl.DataFrame, agreements: pl.DataFrame, settled: pl.DataFrame) -> pl.DataFrame:
    """Give each segment to the agreement in whose days it lies, beginning where the last usage ended."""
    owners = (
        agreements.select(
            "agreement_id",
            "service_point_id",
            "starts_on",
            pl.col("ends_on").alias("agreement_ends_on"),
        )
        .join(settled, on="agreement_id", how="left")
        .with_columns(pl.col("settled_on").fill_null(pl.col("starts_on")).alias("due_from"))
        .drop("starts_on")
    )
    until = pl.col("agreement_ends_on")
    return (
        segments.join(owners, on="service_point_id")
        .filter((pl.col("from_on") >= pl.col("due_from")) & (until.is_null() | (pl.col("on_day") <= until)))
        .sort("agreement_id", "on_day")
    )


def _grouped(segments: pl.DataFrame) -> pl.DataFrame:
    """Join the segments around a meter exchange into one period with one set of tiers."""
    exchanged = (pl.col("on_day") == pl.col("removed_on")).fill_null(value=False)
    at_the_end = (pl.col("on_day") == pl.col("agreement_ends_on")).fill_null(value=False)
    closes = (~exchanged | at_the_end).cast(pl.Int64)
    numbered = segments.with_columns(
        closes.alias("closes"),
        (closes.cum_sum().over("agreement_id") - closes).alias("period"),
        pl.col("on_day").shift(1).over("agreement_id").fill_null(pl.col("due_from")).alias("expected"),
        pl.col("on_day").shift(1).over("agreement_id").is_null().alias("is_first"),
    )
    return (
        numbered.group_by("agreement_id", "period", maintain_order=True)
        .agg(
            pl.col("from_on").first().alias("starts_on"),
            pl.col("on_day").last().alias("ends_on"),
            pl.col("registered_e4").sum(),
            pl.col("from_position_e4").first(),
            pl.col("carried_e4").first().alias("carried_before_e4"),
            pl.col("from_read_id").first(),
            pl.col("read_id").last().alias("to_read_id"),
            pl.col("meter_size").last(),
            pl.col("problem").drop_nulls().first(),
            (pl.col("from_on") != pl.col("expected")).any().alias("has_gap"),
            pl.col("is_first").first(),
            pl.col("settled_on").is_null().first().alias("is_new"),
            pl.col("closes").max(),
            pl.col("service_point_id").first(),
            pl.col("agreement_ends_on").first(),
        )
        .filter(pl.col("closes") == 1)
    )


def _with_problems(periods: pl.DataFrame) -> pl.DataFrame:
    is_start = pl.col("is_first") & pl.col("is_new")
    gap = pl.when(is_start).then(pl.lit(NO_START_READ)).otherwise(pl.lit(MISSING_READ))
    own = pl.when(pl.col("has_gap")).then(gap).otherwise("problem")
    return periods.with_columns(own.forward_fill().over("agreement_id").alias("problem"))


def _billed(periods: pl.DataFrame, policy: UsagePolicy) -> pl.DataFrame:
    net = pl.col("registered_e4") - pl.col("deducted_e4")
    if not policy.whole_units:
        return periods.with_columns(net.alias("billed_e4"), pl.lit(0).alias("carried_e4"))
    # Without an earlier period the fraction of the register itself is where counting began.
    began = pl.col("carried_before_e4").fill_null(pl.col("from_position_e4") % E4)
    position = (began.first() + net.cum_sum()).over("agreement_id")
    before = position - net
    whole, fraction = (position // E4 - before // E4) * E4, position % E4
    ends = (pl.col("ends_on") == pl.col("agreement_ends_on")).fill_null(value=False)
    bills_the_rest = ends & pl.lit(policy.final_fraction_billed)
    return periods.with_columns(
        pl.when(bills_the_rest).then(whole + fraction).otherwise(whole).alias("billed_e4"),
        pl.when(bills_the_rest).then(0).otherwise(fraction).alias("carried_e4"),
    )
