"""Interval data: a local day of a meter is one row of whole numbers: 24 hourly ones, 23 in spring and 25 in autumn.

An interval that did not come is missing, never made up. Uses are ten-thousandths of the register's own unit; water that
ran back is below zero.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Uses = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

# No meter counts so far below zero; in the database it is null.
MISSING: Final = -(2**31)
LENGTHS: Final = (15, 30, 60)
HOUR: Final = 60
MINUTE: Final = 60
HOURS_MAX: Final = 25
EPOCH: Final = date(1970, 1, 1)
DAY_BITS: Final = 20

# One interval of a file on its way: the meter's place in the file, its start in minutes of UTC, its use and its row.
READING: Final = np.dtype([("meter", "<i4"), ("minute", "<i4"), ("use", "<i4"), ("line", "<u4")])


@dataclass(frozen=True, slots=True)
class Days:
    """Days of meters with intervals of one length, in the order of meters and days.

    `uses` is rows × the most intervals a day can have; behind the `length` of a row there is nothing.
    """

    minutes: int
    meter: Whole
    day: Whole
    length: Whole
    uses: Uses

    def only(self, rows: Flags) -> "Days":
        """Return some of the rows."""
        return Days(self.minutes, self.meter[rows], self.day[rows], self.length[rows], self.uses[rows])

    @property
    def is_slot(self) -> Flags:
        """Which cells are intervals of the day at all."""
        return np.arange(self.uses.shape[1]) < self.length[:, None]

    def total(self) -> Whole:
        """Return the use of each day, as the register counts it: what ran back is taken off, a gap adds nothing."""
        total: Whole = np.where(self.uses == MISSING, 0, self.uses).sum(axis=1, dtype=np.int64)
        return total

    def missing(self) -> Whole:
        """Return how many intervals of each day did not come."""
        missing: Whole = (self.is_slot & (self.uses == MISSING)).sum(axis=1)
        return missing


class Midnights:
    """When each local day of a zone begins, in minutes of UTC: the only place where the clocks change."""

    def __init__(self, first: date, last: date, zone: ZoneInfo) -> None:
        self.first = (first - EPOCH).days
        days = [first + timedelta(days=each) for each in range((last - first).days + 2)]
        begins = [datetime.combine(day, time(), zone).timestamp() // MINUTE for day in days]
        self.minutes = np.array(begins, dtype=np.int64)

    def day_of(self, minute: Whole) -> Whole:
        """Return the day, counted from 1970, in which minutes of UTC lie."""
        return np.searchsorted(self.minutes, minute, side="right") - 1 + self.first

    def begin(self, day: Whole) -> Whole:
        """Return the minute of UTC at which days begin."""
        return self.minutes[day - self.first]

    def length(self, day: Whole, *, minutes: int) -> Whole:
        """Return how many intervals days have."""
        return (self.begin(day + 1) - self.begin(day)) // minutes


def midnights_of(minutes: Whole, zone: ZoneInfo) -> Midnights:
    """Return the midnights around some minutes of UTC."""
    ends = [EPOCH + timedelta(minutes=int(each)) for each in (minutes.min(), minutes.max())]
    return Midnights(ends[0] - timedelta(days=2), ends[1] + timedelta(days=2), zone)


def keyed(meter: Whole, day: Whole) -> Whole:
    """Return meters and days as one number each, in the order of both."""
    return meter << DAY_BITS | day


def repeated(readings: npt.NDArray[np.void]) -> Flags:
    """Tell which readings, in the order of meters and minutes, are of the meter and minute before."""
    same = (readings["meter"][1:] == readings["meter"][:-1]) & (readings["minute"][1:] == readings["minute"][:-1])
    return np.concatenate([[False], same])


def in_order(readings: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return readings by meter, minute and row."""
    key = readings["meter"].astype(np.int64) << 32 | readings["minute"].astype(np.int64)
    if (key[1:] >= key[:-1]).all():
        return readings
    return readings[np.argsort(key, kind="stable")]


def arranged(readings: npt.NDArray[np.void], zone: ZoneInfo) -> Iterator[Days]:
    """Yield the days of readings in order, those of meters with 15, 30 and 60 minutes apart from each other.

    A meter's intervals are as long as its starts tell: one that starts at a quarter past is of 15 minutes.
    """
    if not readings.size:
        return
    minute = readings["minute"].astype(np.int64)
    midnights = midnights_of(minute, zone)
    day = midnights.day_of(minute)
    into = minute - midnights.begin(day)
    begins = np.flatnonzero(np.concatenate([[True], readings["meter"][1:] != readings["meter"][:-1]]))
    past_hour = into % HOUR
    shortest = np.where(past_hour == 0, HOUR, np.where(past_hour == HOUR // 2, HOUR // 2, HOUR // 4))
    of_meter = np.minimum.reduceat(shortest, begins)
    each = np.repeat(of_meter, np.diff(np.append(begins, readings.size)))
    for minutes in LENGTHS:
        chosen = slice(None) if (of_meter == minutes).all() else each == minutes
        part = readings[chosen]
        if part.size:
            yield _placed(part, day[chosen], into[chosen] // minutes, midnights, minutes=minutes)


def _placed(readings: npt.NDArray[np.void], day: Whole, slot: Whole, midnights: Midnights, *, minutes: int) -> Days:
    meter = readings["meter"].astype(np.int64)
    is_new = np.concatenate([[True], (meter[1:] != meter[:-1]) | (day[1:] != day[:-1])])
    row = np.cumsum(is_new) - 1
    uses = np.full((int(row[-1]) + 1, HOURS_MAX * HOUR // minutes), MISSING, dtype=np.int32)
    uses[row, slot] = readings["use"]
    days = day[is_new]
    return Days(minutes, meter[is_new], days, midnights.length(days, minutes=minutes), uses)
