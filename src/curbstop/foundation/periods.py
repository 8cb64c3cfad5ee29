"""Periods are half-open: the first day is in, the last is not; neighbors share a boundary and no day counts twice.

A bill from a read on May 1 to a read on May 31 covers thirty days (rulebook §0.1: service days = current − previous).
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise


@dataclass(frozen=True, slots=True, order=True)
class DayRange:
    """The days from `starts_on` up to, but not including, `ends_on`."""

    starts_on: date
    ends_on: date

    def __post_init__(self) -> None:
        if self.ends_on < self.starts_on:
            message = f"A period cannot end on {self.ends_on} when it starts on {self.starts_on}."
            raise ValueError(message)

    @property
    def days(self) -> int:
        """Return the number of days; a period that ends where it starts has none."""
        return (self.ends_on - self.starts_on).days

    def contains(self, day: date) -> bool:
        """Tell whether the day lies in the period."""
        return self.starts_on <= day < self.ends_on

    def overlaps(self, other: "DayRange") -> bool:
        """Tell whether the two periods share a day."""
        return max(self.starts_on, other.starts_on) < min(self.ends_on, other.ends_on)

    def intersection(self, other: "DayRange") -> "DayRange | None":
        """Return the days that both periods hold, or nothing when there are none."""
        if not self.overlaps(other):
            return None
        return DayRange(max(self.starts_on, other.starts_on), min(self.ends_on, other.ends_on))

    def split_at(self, *days: date) -> tuple["DayRange", ...]:
        """Return the period cut before each given day that lies inside it; the parts' days add up to the whole's."""
        inner = sorted({day for day in days if self.starts_on < day < self.ends_on})
        bounds = [self.starts_on, *inner, self.ends_on]
        return tuple(DayRange(start, end) for start, end in pairwise(bounds))

    def __str__(self) -> str:
        return f"{self.starts_on}/{self.ends_on}"


def add_months(day: date, months: int) -> date:
    """Return the same day of a later month, or its last day when it is shorter: January 31 + 1 is February 28 or 29."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_or_fraction(starts_on: date, ends_on: date) -> int:
    """Return the whole calendar months elapsed, plus one for any remainder (rulebook §0.1).

    April 20 to May 23 is 2, to May 20 is 1, to April 21 is 1.
    """
    assert starts_on <= ends_on, "months are counted forward"
    whole = (ends_on.year - starts_on.year) * 12 + ends_on.month - starts_on.month
    while add_months(starts_on, whole) > ends_on:
        whole -= 1
    return whole + (add_months(starts_on, whole) < ends_on)


def days_after(day: date, days: int) -> date:
    """Return the action day of "N days after": the day of the event is day 0 (rulebook §0.1)."""
    return day + timedelta(days=days)
