"""Estimates: the register that a meter would probably show, by the first of the city's methods that has a basis.

Last year 18 units in 31 days, now 29 days: 16.84, so 17 more than the register before (rulebook §1.5, WX-1.5d).
"""

from fractions import Fraction

import polars as pl

from curbstop.foundation.quantities import Unit, ratio
from curbstop.metering.domain.segments import E4, VOLUMES


def with_estimate(rows: pl.DataFrame, unit: Unit) -> pl.DataFrame:
    """Add register_e4, the estimated register; null where nothing is known to estimate it from.

    `rows` has base_e4 and base_days (`with_baseline`, in `unit`), from_on, on_day, from_register_e4, dials,
    multiplier_e2 and the register's own unit. Whole numbers of the register, half up, past its last number from zero.
    """
    days = (pl.col("on_day") - pl.col("from_on")).dt.total_days()
    more = pl.lit(None, dtype=pl.Int128)
    for source in VOLUMES:
        more = pl.when(pl.col("unit") == source.value).then(_whole(days, ratio(source, unit))).otherwise(more)
    full_scale = pl.lit(10, dtype=pl.Int64).pow(pl.col("dials").cast(pl.Int64)).cast(pl.Int64) * E4
    register = (pl.col("from_register_e4") + more.cast(pl.Int64, strict=True) * E4) % full_scale
    return rows.with_columns(register.alias("register_e4"))


def _whole(days: pl.Expr, factor: Fraction) -> pl.Expr:
    """Return use a day times days in whole units of a register that counts `factor` of the base's unit."""
    wide = pl.col("base_e4").cast(pl.Int128)
    numerator = wide * days * pl.lit(100 * factor.denominator, dtype=pl.Int128)
    denominator = pl.col("base_days").cast(pl.Int128) * pl.lit(E4 * factor.numerator, dtype=pl.Int128)
    denominator *= pl.col("multiplier_e2")
    return (numerator * 2 + denominator) // (denominator * 2)
