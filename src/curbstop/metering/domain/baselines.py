"""What use is usual: the same period last year, else the periods before, else meters of the same kind.

Each way is a fraction, use over days, so that an estimate stays exact: 18 units in 31 days a year ago are
16.84 in the 29 days of now (rulebook §1.5, WX-1.5d; §3.2).
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import polars as pl

PERIODS_IN_A_MEAN = 3


class Method(StrEnum):
    """Where a baseline comes from."""

    LAST_YEAR = "same_period_last_year"
    PRIOR_THREE = "prior_three"
    PRIOR = "prior_period"
    CLASS = "class_average"


# What a read is compared with; how reads are estimated is the city's own order.
REVIEWED_WITH: Final = (Method.LAST_YEAR, Method.PRIOR_THREE, Method.CLASS)

ROW_KEY = ["installation_id", "on_day"]
PAST_COLUMNS = pl.Schema(
    {"agreement_id": pl.Int64, "starts_on": pl.Date, "ends_on": pl.Date, "used_e4": pl.Int64, "days": pl.Int64}
)
CLASS_COLUMNS = pl.Schema({"service_id": pl.Int64, "meter_size": pl.String, "used_e4": pl.Int64, "days": pl.Int64})


def with_baseline(
    rows: pl.DataFrame, *, past: pl.DataFrame, classes: pl.DataFrame, methods: Sequence[Method]
) -> pl.DataFrame:
    """Add base_e4, base_days and base_source: the first of the methods that knows something about the row.

    `rows` has installation_id, on_day, from_on, agreement_id, service_id and meter_size; `past` (`PAST_COLUMNS`)
    is settled use; `classes` (`CLASS_COLUMNS`) the use of all meters of a size on a service. Unknown is null.
    """
    before = rows.select(*ROW_KEY, "agreement_id", "from_on").join(
        past.rename({"starts_on": "past_from", "ends_on": "past_to"}), on="agreement_id"
    )
    before = before.filter(pl.col("past_to") <= pl.col("from_on"))
    known = {
        Method.LAST_YEAR: _last_year(before),
        Method.PRIOR_THREE: _latest(before, PERIODS_IN_A_MEAN),
        Method.PRIOR: _latest(before, 1),
        Method.CLASS: rows.select(*ROW_KEY, "service_id", "meter_size")
        .join(classes, on=["service_id", "meter_size"])
        .select(*ROW_KEY, "used_e4", "days"),
    }
    result = rows
    for method in methods:
        result = result.join(
            known[method].rename({"used_e4": f"{method}_e4", "days": f"{method}_days"}), on=ROW_KEY, how="left"
        )
    chosen = [pl.when(pl.col(f"{method}_days") > 0).then(pl.lit(method.value)) for method in methods]
    return result.with_columns(
        pl.coalesce(pl.when(pl.col(f"{m}_days") > 0).then(f"{m}_e4") for m in methods).alias("base_e4"),
        pl.coalesce(pl.when(pl.col(f"{m}_days") > 0).then(f"{m}_days") for m in methods).alias("base_days"),
        pl.coalesce(chosen).alias("base_source"),
    ).drop(f"{method}_{what}" for method in methods for what in ("e4", "days"))


def _last_year(before: pl.DataFrame) -> pl.DataFrame:
    """Return use and days of the period that shares most days with the same days a year earlier, if at least half.

    February 29 of a leap year is compared with February 28 of the year before.
    """
    starts, ends = pl.col("from_on").dt.offset_by("-1y"), pl.col("on_day").dt.offset_by("-1y")
    shared = (pl.min_horizontal("past_to", ends) - pl.max_horizontal("past_from", starts)).dt.total_days()
    return (
        before.with_columns(shared.alias("shared"), (ends - starts).dt.total_days().alias("wanted"))
        .filter(pl.col("shared") * 2 >= pl.min_horizontal("wanted", "days"), pl.col("shared") > 0)
        .sort("shared", "past_from", descending=[True, False])
        .unique(ROW_KEY, keep="first", maintain_order=True)
        .select(*ROW_KEY, "used_e4", "days")
    )


def _latest(before: pl.DataFrame, periods: int) -> pl.DataFrame:
    """Return use and days of the last periods together."""
    return (
        before.sort("past_to", descending=True)
        .group_by(ROW_KEY, maintain_order=True)
        .agg(pl.col("used_e4").head(periods).sum(), pl.col("days").head(periods).sum())
    )
