"""What the meters of the demo city read: more in summer, more for big meters, and a handful that go wrong.

The oddities are chosen by the place in the list, so that a visitor finds them again: a leak, a vacant house,
a meter nobody could reach, a misread that stepped back, a stopped meter, and meters that roll over.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

import numpy as np
import polars as pl

from curbstop.demo.population import ROLLING_OF

# Daily use in CCF by size of meter, before season and household.
DAILY_CCF = {'5/8"': 0.17, '3/4"': 0.24, '1"': 0.5, '1 1/2"': 1.3, '2"': 2.6, '3"': 5.5, '4"': 9.0}
SUMMER_SHARE = 0.35
HOTTEST_DAY = 205
LEAK_FACTOR = 7
ESTIMATED_OF = 83
ODDITIES_OF = 211


class Oddity(StrEnum):
    """What is wrong with the last read of a meter."""

    NONE = "none"
    LEAK = "leak"
    VACANT = "vacant"
    MISSING = "missing"
    STEPPED_BACK = "stepped back"
    STOPPED = "stopped"


def oddity_of(n: np.ndarray) -> np.ndarray:
    """Return the oddity of each meter by its place in the list."""
    kinds = [kind for kind in Oddity if kind is not Oddity.NONE]
    odd = np.full(n.shape, Oddity.NONE.value, dtype=object)
    for shift, kind in enumerate(kinds):
        odd[n % ODDITIES_OF == 17 * (shift + 1)] = kind.value
    # A meter that rolls over is odd enough.
    odd[n % ROLLING_OF == ROLLING_OF - 1] = Oddity.NONE.value
    return odd


def read_table(meters: pl.DataFrame, days: Iterable[date], *, seed: int, oddities_on: date | None) -> pl.DataFrame:
    """Return one row for each meter and day: n, meter, read_on, register, kind.

    `meters` has n, meter, meter_size, dials, first_register (whole units) and starts_on. The oddities show on
    the day `oddities_on`; vacant and stopped meters stand still from then on.
    """
    n = meters["n"].to_numpy()
    dice = np.random.default_rng(seed)
    household = np.clip(dice.lognormal(0.0, 0.45, size=n.size), 0.15, 4.0)
    daily = np.array([DAILY_CCF[size] for size in meters["meter_size"]]) * household
    odd = oddity_of(n)
    position = meters["first_register"].cast(pl.Float64).to_numpy().copy()
    before: date = meters["starts_on"].to_list()[0]
    tables = []
    for day in days:
        used = daily * (day - before).days * _season(before, day) * dice.uniform(0.85, 1.15, size=n.size)
        if day == oddities_on:
            used = np.where(odd == Oddity.LEAK, used * LEAK_FACTOR, used)
            still = (odd == Oddity.VACANT) | (odd == Oddity.STOPPED)
            used = np.where(still, 0.0, used)
            used = np.where(odd == Oddity.STEPPED_BACK, -3.0, used)
        position = np.maximum(position + used, 0.0)
        tables.append(_day_table(meters, position, day, is_odd_day=day == oddities_on, odd=odd))
        before = day
    return pl.concat(tables)


def _season(before: date, day: date) -> float:
    """Return how much of the usual is used between two days: a third more in July, a third less in January."""
    middle = before.timetuple().tm_yday + (day - before).days / 2
    return float(1 + SUMMER_SHARE * np.cos(2 * np.pi * (middle - HOTTEST_DAY) / 365))


def _day_table(
    meters: pl.DataFrame, position: np.ndarray, day: date, *, is_odd_day: bool, odd: np.ndarray
) -> pl.DataFrame:
    n = meters["n"].to_numpy()
    shown = np.floor(position).astype(np.int64) % (10 ** meters["dials"].to_numpy().astype(np.int64))
    table = meters.select("n", "meter").with_columns(
        pl.lit(day).alias("read_on"),
        pl.Series("register", shown),
        pl.Series("kind", np.where((n + day.month) % ESTIMATED_OF == 0, "estimated", "actual")),
    )
    return table.filter(pl.Series(odd != Oddity.MISSING)) if is_odd_day else table


def as_csv(table: pl.DataFrame) -> bytes:
    """Return reads as the file that a reading partner would send."""
    return table.select("meter", "read_on", "register", pl.lit("ccf").alias("unit"), "kind").write_csv().encode()
