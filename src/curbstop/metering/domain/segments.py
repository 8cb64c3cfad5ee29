"""What a meter counted between two reads: the difference, the rollover, and the conversion of units.

Registers travel as integers of a ten-thousandth (`…_e4`), so that columns stay exact; a six-dial meter that
went from 999,872 to 143 counted 271 (rulebook §1.5, WX-1.5a). The two registers of a compound meter are one
segment: the sum of both.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import polars as pl

from curbstop.foundation.quantities import Unit, ratio

E4 = 10_000
BASELINE_READS = 3
NEGATIVE_READ = "negative_read"
MISSING_READ = "missing_read"
SIDES_OF_A_COMPOUND = 2

VOLUMES = (Unit.GALLONS, Unit.KGAL, Unit.CUBIC_FEET, Unit.CCF, Unit.KILOLITER)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsagePolicy:
    """A city's own rules of measuring: the unit it bills, and when a lower read is a rollover."""

    unit: Unit
    whole_units: bool
    rollover_percent_min: Decimal
    rollover_usage_factor_max: Decimal
    # At the last bill of an agreement the fraction is billed as it is, or dropped.
    final_fraction_billed: bool = False


def segments_of(points: pl.DataFrame, policy: UsagePolicy) -> pl.DataFrame:
    """Return one row for each two consecutive register points of an installation, or of a compound meter's two.

    `points` has installation_id, service_point_id, on_day, register_e4, read_id (null for the register a
    meter was set with), read_kind, dials, multiplier_e2, unit, meter_size, removed_on, side, rolled (a person
    accepted the lower read as a rollover) and hold (the code of what a person has yet to decide about the read).
    Added are from_on, from_read_id, from_kind, is_rollover, difference_e4 (register units), registered_e4 (the
    policy's unit) and problem (null, or why the difference cannot be trusted).
    """
    return _sides_together(register_segments(points, policy))


def register_segments(points: pl.DataFrame, policy: UsagePolicy) -> pl.DataFrame:
    """Return the segments of `segments_of` register by register, the two sides of a compound meter apart."""
    ordered = _one_point_a_day(points).sort("installation_id", "on_day")
    before = {
        "from_on": "on_day",
        "from_read_id": "read_id",
        "from_register_e4": "register_e4",
        "from_kind": "read_kind",
    }
    segments = ordered.with_columns(
        pl.col(column).shift(1).over("installation_id").alias(name) for name, column in before.items()
    ).filter(pl.col("from_on").is_not_null())
    return _in_unit(_with_rollover(segments, policy), policy.unit)


def _sides_together(segments: pl.DataFrame) -> pl.DataFrame:
    """Add up the high and the low side of a compound meter; a side that was not read with the other is missing."""
    single, sides = segments.filter(pl.col("side") == ""), segments.filter(pl.col("side") != "")
    if sides.is_empty():
        return segments
    key = ["service_point_id", "from_on", "on_day"]
    summed = ["registered_e4", "from_position_e4"]
    paired = pl.col("side").n_unique() == SIDES_OF_A_COMPOUND
    both = (
        sides.sort("side")
        .group_by(key, maintain_order=True)
        .agg(
            pl.col(summed).sum(),
            pl.when(paired)
            .then(pl.col("problem").drop_nulls().first())
            .otherwise(pl.lit(MISSING_READ))
            .alias("problem"),
            pl.exclude(*key, *summed, "problem").first(),
        )
    )
    return pl.concat([single, both.select(single.columns)])


def _one_point_a_day(points: pl.DataFrame) -> pl.DataFrame:
    """Prefer the read to the register that the meter was set with on the same day."""
    return points.sort("read_id", nulls_last=True).unique(
        ["installation_id", "on_day"], keep="first", maintain_order=True
    )


def _with_rollover(segments: pl.DataFrame, policy: UsagePolicy) -> pl.DataFrame:
    """Accept a lower read as a rollover only near the end of the dials and near the usual usage."""
    plain = pl.col("register_e4") - pl.col("from_register_e4")
    usual = pl.when(plain >= 0).then(plain)
    earlier = usual.shift(1).over("installation_id")
    full_scale = pl.lit(10, dtype=pl.Int64).pow(pl.col("dials").cast(pl.Int64)).cast(pl.Int64) * E4
    marked = segments.with_columns(
        plain.alias("plain_e4"),
        (plain + full_scale).alias("candidate_e4"),
        full_scale.alias("full_scale_e4"),
        earlier.rolling_sum(BASELINE_READS, min_samples=1).over("installation_id").alias("baseline_sum_e4"),
        earlier.is_not_null()
        .cast(pl.Int64)
        .rolling_sum(BASELINE_READS, min_samples=1)
        .over("installation_id")
        .alias("baseline_reads"),
    )
    share, share_of = policy.rollover_percent_min.as_integer_ratio()
    times, times_of = policy.rollover_usage_factor_max.as_integer_ratio()
    near_the_end = _wide("from_register_e4") * (100 * share_of) >= _wide("full_scale_e4") * share
    near_the_usual = _wide("candidate_e4") * pl.col("baseline_reads") * times_of <= _wide("baseline_sum_e4") * times
    by_rule = near_the_end & near_the_usual.fill_null(value=False)
    rolled = (pl.col("plain_e4") < 0) & (by_rule | pl.col("rolled"))
    return marked.with_columns(
        rolled.alias("is_rollover"),
        pl.when(rolled).then("candidate_e4").otherwise("plain_e4").alias("difference_e4"),
        pl.when((pl.col("plain_e4") < 0) & ~rolled).then(pl.lit(NEGATIVE_READ)).otherwise("hold").alias("problem"),
    ).drop("plain_e4", "candidate_e4", "full_scale_e4", "baseline_sum_e4", "baseline_reads")


def _wide(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Int128)


def _in_unit(segments: pl.DataFrame, unit: Unit) -> pl.DataFrame:
    return segments.with_columns(
        converted(pl.col("difference_e4").clip(lower_bound=0), unit).alias("registered_e4"),
        converted(pl.col("from_register_e4"), unit).alias("from_position_e4"),
    )


def converted(column: pl.Expr, unit: Unit) -> pl.Expr:
    """Return register units as ten-thousandths of `unit`, half up, by each row's own multiplier and unit.

    Converted once, at the reading, with the published factors and four decimals (rulebook §0.1).
    """
    wide = column.cast(pl.Int128) * pl.col("multiplier_e2")
    expression = pl.lit(None, dtype=pl.Int128)
    for source in VOLUMES:
        factor = ratio(source, unit) / 100
        expression = pl.when(pl.col("unit") == source.value).then(_half_up(wide, factor)).otherwise(expression)
    # A strict cast refuses what does not fit instead of wrapping around.
    return expression.cast(pl.Int64, strict=True)


def _half_up(column: pl.Expr, factor: Fraction) -> pl.Expr:
    numerator = pl.lit(2 * factor.numerator, dtype=pl.Int128)
    denominator = pl.lit(factor.denominator, dtype=pl.Int128)
    return (column * numerator + denominator) // (denominator * 2)


def four_decimals(column: str) -> pl.Expr:
    """Return a column of ten-thousandths as exact decimals, which COPY reads as numeric."""
    scaled = pl.col(column)
    fraction = (scaled % E4).cast(pl.String).str.zfill(4)
    return pl.concat_str((scaled // E4).cast(pl.String), pl.lit("."), fraction).cast(pl.Decimal(18, 4))
