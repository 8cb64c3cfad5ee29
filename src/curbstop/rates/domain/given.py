"""What a schedule itself says about the inputs of a row: the season of its days, and what stands for a missing one.

A winter average that no winter gave is the class's average; a period from May 20 to June 18 is a summer period where
the tariff goes by the day of the read. All of it is settled before anything is priced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import polars as pl

STARTS_ON, ENDS_ON = "starts_on", "ends_on"
PERIOD_STARTS_ON, PERIOD_ENDS_ON = "period_starts_on", "period_ends_on"
MONTHS_STARTED: Final = "months_started"
ASSUMED: Final = "assumed_"
SPLIT: Final = "split"
DECIDED_BY: Final = ("read_date", "last_day", "first_day", "most_days", SPLIT)
# A year that has every day, also February 29.
ALL_DAYS: Final = tuple(date(2024, 1, 1) + timedelta(days=each) for each in range(366))


@dataclass(frozen=True, slots=True)
class Seasons:
    """Which season each day of the year belongs to, and which of a period's days decides."""

    decided_by: str
    season_of: Mapping[tuple[int, int], str]

    def on(self, day: date) -> str:
        """Return the season of a day."""
        return self.season_of[day.month, day.day]

    def of(self, starts_on: date, ends_on: date) -> str | None:
        """Return the season of a half-open period; none if it has several and they are to be split."""
        match self.decided_by:
            case "read_date":
                return self.on(ends_on)
            case "last_day":
                return self.on(ends_on - timedelta(days=1))
            case "first_day":
                return self.on(starts_on)
            case _:
                counted: dict[str, int] = {}
                for number in range(max((ends_on - starts_on).days, 1)):
                    season = self.on(starts_on + timedelta(days=number))
                    counted[season] = counted.get(season, 0) + 1
                if self.decided_by == SPLIT and len(counted) > 1:
                    return None
                # Of two seasons with as many days, the one that came first.
                return max(counted, key=lambda season: counted[season])

    def cuts(self, starts_on: date, ends_on: date) -> list[date]:
        """Return the days inside a period on which another season begins."""
        if self.decided_by != SPLIT:
            return []
        days = [starts_on + timedelta(days=number) for number in range(1, (ends_on - starts_on).days)]
        return [day for day in days if self.on(day) != self.on(day - timedelta(days=1))]


@dataclass(frozen=True, slots=True)
class Default:
    """What stands for an input that a row does not bring: a text, or one found by another input."""

    text: str = ""
    by: str = ""
    table: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Given:
    """All that a schedule says about inputs."""

    seasons: Mapping[str, Seasons] = field(default_factory=dict)
    defaults: Mapping[str, Default] = field(default_factory=dict)
    counts_months: bool = False


NOTHING_GIVEN: Final = Given()


def with_given(given: Given, frame: pl.DataFrame) -> pl.DataFrame:
    """Add the seasons, the months and the defaults to rows; what cannot be said stays missing, and is refused there."""
    if given is NOTHING_GIVEN:
        return frame
    has_days = {STARTS_ON, ENDS_ON} <= set(frame.columns)
    for name, seasons in given.seasons.items():
        if has_days:
            frame = frame.with_columns(_by_days(frame, STARTS_ON, ENDS_ON, seasons.of, pl.String).alias(name))
    if given.counts_months and has_days:
        is_part = PERIOD_STARTS_ON in frame.columns
        first, last = (PERIOD_STARTS_ON, PERIOD_ENDS_ON) if is_part else (STARTS_ON, ENDS_ON)
        frame = frame.with_columns(_by_days(frame, first, last, months_started, pl.Int64).alias(MONTHS_STARTED))
    for name, default in given.defaults.items():
        frame = _with_default(frame, name, default)
    return frame


def months_started(starts_on: date, ends_on: date) -> int:
    """Return the whole months of a half-open period, and one more for a remainder (rulebook §0.1)."""
    whole = (ends_on.year - starts_on.year) * 12 + ends_on.month - starts_on.month
    return whole + (ends_on.day > starts_on.day)


def _by_days(frame: pl.DataFrame, first: str, last: str, say: object, kind: type[pl.DataType]) -> pl.Series:
    """Work something out for every row by its days, once for each different pair of them."""
    assert callable(say), "it is asked with two days"
    pairs = frame.select(first, last).unique().drop_nulls()
    said = pl.Series([say(*pair) for pair in pairs.iter_rows()], dtype=kind)
    found = frame.select(first, last).join(
        pairs.with_columns(said=said), on=[first, last], how="left", maintain_order="left"
    )
    return found["said"]


def _with_default(frame: pl.DataFrame, name: str, default: Default) -> pl.DataFrame:
    column = pl.col(name).cast(pl.String) if name in frame.columns else pl.lit(None, pl.String)
    frame = frame.with_columns(column.alias(name))
    missing = pl.col(name).is_null() | (pl.col(name) == "")
    if not default.by:
        instead = pl.lit(default.text)
    elif default.by in frame.columns:
        instead = pl.col(default.by).cast(pl.String).replace_strict(default.table, default=None, return_dtype=pl.String)
    else:
        instead = pl.lit(None, pl.String)
    return frame.with_columns(
        pl.when(missing).then(instead).otherwise(pl.col(name)).alias(name),
        missing.cast(pl.Int64).alias(f"{ASSUMED}{name}"),
    )
