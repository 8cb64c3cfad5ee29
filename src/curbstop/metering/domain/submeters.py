"""Submeters: what a meter behind another one counted is taken off what the other is billed for.

A master of 980 with 62.0 behind it is billed for 918.0; a submeter found 5 % slow counted 62.0 of 65.263, so the
master owed 914.737 and was over-billed by what the submeter lacked (rulebook §1.7, WX-1.7a). An irrigation meter
behind the main leaves the water as it is and is taken off what returns to the sewer.
"""

import polars as pl

from curbstop.metering.domain.segments import E4

MISSING_SUBMETER = "missing_submeter"
SUBMETER_EXCEEDS = "submeter_exceeds"

LINK_COLUMNS = pl.Schema(
    {
        "service_point_id": pl.Int64,
        "submeter_point_id": pl.Int64,
        "purpose": pl.String,
        "starts_on": pl.Date,
        "ends_on": pl.Date,
    }
)


def with_submeters(
    periods: pl.DataFrame, segments: pl.DataFrame, links: pl.DataFrame | None, *, whole_units: bool
) -> pl.DataFrame:
    """Add deducted_e4 and unreturned_e4 to periods, and a problem where a submeter was not read or exceeds them.

    A submeter's segment belongs to the master's period in which it ends, so that each unit is taken off once
    although the two are read on different days.
    """
    none = periods.with_columns(pl.lit(0, pl.Int64).alias("deducted_e4"), pl.lit(0, pl.Int64).alias("unreturned_e4"))
    if links is None or links.is_empty() or periods.is_empty():
        return none
    per_period = _per_period(periods, segments, links, whole_units=whole_units)
    joined = periods.join(per_period, on=["agreement_id", "period"], how="left").with_columns(
        pl.col("deducted_e4", "unreturned_e4").fill_null(0)
    )
    exceeds = (pl.col("deducted_e4") > pl.col("registered_e4")) | (pl.col("unreturned_e4") > pl.col("registered_e4"))
    problem = pl.coalesce(
        "problem", "submeter_problem", pl.when(exceeds).then(pl.lit(SUBMETER_EXCEEDS)), pl.lit(None, pl.String)
    )
    return joined.with_columns(problem.alias("problem")).drop("submeter_problem")


def _per_period(
    periods: pl.DataFrame, segments: pl.DataFrame, links: pl.DataFrame, *, whole_units: bool
) -> pl.DataFrame:
    """Return for each period with submeters what they counted, by what it reduces."""
    wanted = periods.select("agreement_id", "period", "service_point_id", "starts_on", "ends_on").join(
        links.rename({"starts_on": "linked_on", "ends_on": "unlinked_on"}), on="service_point_id"
    )
    linked = (pl.col("linked_on") < pl.col("ends_on")) & (
        pl.col("unlinked_on").is_null() | (pl.col("unlinked_on") > pl.col("starts_on"))
    )
    counted = segments.select(
        pl.col("service_point_id").alias("submeter_point_id"),
        "on_day",
        "registered_e4",
        "from_position_e4",
        pl.col("problem").alias("submeter_problem"),
    )
    inside = (pl.col("on_day") > pl.max_horizontal("starts_on", "linked_on")) & (
        pl.col("on_day") <= pl.min_horizontal("ends_on", "unlinked_on")
    )
    rows = wanted.filter(linked).join(counted, on="submeter_point_id", how="left")
    amount = pl.when(inside).then("registered_e4").otherwise(0)
    # Whole units: each side is billed by the floor of its own register, so the sewer's difference is whole too.
    start = pl.col("from_position_e4")
    units = ((start + pl.col("registered_e4")) // E4 - start // E4) * E4 if whole_units else pl.col("registered_e4")
    unreturned = pl.when(inside).then(units).otherwise(0)
    by_link = rows.group_by("agreement_id", "period", "submeter_point_id", "purpose", maintain_order=True).agg(
        pl.when(pl.col("purpose").first() == "returned").then(0).otherwise(amount.sum()).alias("deducted_e4"),
        pl.when(pl.col("purpose").first() == "returned").then(unreturned.sum()).otherwise(0).alias("unreturned_e4"),
        pl.when(inside.fill_null(value=False).any())
        .then(pl.col("submeter_problem").filter(inside.fill_null(value=False)).drop_nulls().first())
        .otherwise(pl.lit(MISSING_SUBMETER))
        .alias("submeter_problem"),
    )
    return by_link.group_by("agreement_id", "period").agg(
        pl.col("deducted_e4", "unreturned_e4").sum(), pl.col("submeter_problem").drop_nulls().first()
    )
