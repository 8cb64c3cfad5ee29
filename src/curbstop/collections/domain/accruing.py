"""Interest by the day: how many cents stood for how many days, while payments and holds come and go.

$154.00 unpaid from the due date on stands 45 days 45 days later: 693,000 cent-days. A day is charged on what stood when
it began, so a payment counts from the day after it; a day on which something was held is never charged for it.
"""

from datetime import date, timedelta

import polars as pl

# What moves the base of a key on a day: cents that stand, cents that are held, and holds of the whole.
MOVE_COLUMNS: dict[str, pl.DataType] = {
    "key": pl.Int64(),
    "day": pl.Date(),
    "cents": pl.Int64(),
    "held_cents": pl.Int64(),
    "whole_holds": pl.Int64(),
}
SPAN_COLUMNS: dict[str, pl.DataType] = {"key": pl.Int64(), "starts_on": pl.Date(), "ends_on": pl.Date()}


def cent_days(moves: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """Return key, cent_days: the sum of what stood over the days of each key's span, free of holds.

    `moves`: ``MOVE_COLUMNS``, in any order; a move of a day is felt from the next day on. `spans`: ``SPAN_COLUMNS``,
    half-open: `ends_on` itself is not charged.
    """
    a_day = pl.duration(days=1)
    standing = (
        moves.group_by("key", "day")
        .agg(pl.col("cents", "held_cents", "whole_holds").sum())
        .sort("key", "day")
        .with_columns(pl.col("cents", "held_cents", "whole_holds").cum_sum().over("key"))
        .with_columns(
            first=pl.col("day") + a_day,
            until=pl.col("day").shift(-1).over("key") + a_day,
            base=pl.when(pl.col("whole_holds") > 0)
            .then(0)
            .otherwise((pl.col("cents") - pl.col("held_cents")).clip(lower_bound=0)),
        )
    )
    stretches = standing.join(spans, on="key").with_columns(
        lo=pl.max_horizontal("first", "starts_on"),
        hi=pl.min_horizontal(pl.col("until").fill_null(pl.col("ends_on")), "ends_on"),
    )
    days = (pl.col("hi") - pl.col("lo")).dt.total_days().clip(lower_bound=0)
    return stretches.group_by("key").agg((pl.col("base") * days).sum().alias("cent_days")).sort("key")


def standing_moves(key: int, moves: list[tuple[date, int]]) -> pl.DataFrame:
    """Return the moves of one amount that nothing holds: a deposit that was paid, and in part given back."""
    rows = [(key, day, cents, 0, 0) for day, cents in moves]
    return pl.DataFrame(rows, schema=MOVE_COLUMNS, orient="row")


def interest_days(*, since: date, through: date) -> tuple[date, date]:
    """Return the half-open span of the days after one day up to and including another."""
    return since + timedelta(days=1), through + timedelta(days=1)
