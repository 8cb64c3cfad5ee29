"""Business days of one city: its holidays and closed weekdays are given, never assumed.

A customer's deadline on a closed day rolls forward; a minimum notice that the city owes never becomes shorter
(rulebook §0.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

SATURDAY, SUNDAY = 5, 6


@dataclass(frozen=True, slots=True)
class Calendar:
    """When the office is closed: `holidays` by day with their names, `closed_weekdays` with Monday as 0."""

    holidays: Mapping[date, str] = field(default_factory=dict)
    closed_weekdays: frozenset[int] = frozenset({SATURDAY, SUNDAY})

    def __post_init__(self) -> None:
        if not self.closed_weekdays <= set(range(7)) or len(self.closed_weekdays) == 7:  # noqa: PLR2004  # days of a week
            message = "A calendar needs at least one open weekday from 0 (Monday) to 6 (Sunday)."
            raise ValueError(message)

    def is_business_day(self, on: date) -> bool:
        """Tell whether the office is open on the day."""
        return on.weekday() not in self.closed_weekdays and on not in self.holidays

    def next_business_day(self, on: date) -> date:
        """Return the day itself if the office is open, else the first open day after it (how deadlines roll)."""
        while not self.is_business_day(on):
            on += timedelta(days=1)
        return on

    def previous_business_day(self, on: date) -> date:
        """Return the day itself if the office is open, else the last open day before it."""
        while not self.is_business_day(on):
            on -= timedelta(days=1)
        return on

    def add_business_days(self, on: date, days: int) -> date:
        """Return the n-th open day after a day; the day itself is day 0, open or not."""
        assert days >= 0, "business days are counted forward"
        for _ in range(days):
            on = self.next_business_day(on + timedelta(days=1))
        return on

    def business_days_between(self, starts_on: date, ends_on: date) -> int:
        """Return how many open days the half-open period from `starts_on` to `ends_on` has."""
        span = range((ends_on - starts_on).days)
        return sum(self.is_business_day(starts_on + timedelta(days=offset)) for offset in span)

    def is_day_before_holiday(self, on: date) -> bool:
        """Tell whether tomorrow is a holiday: asked of the calendar, not of the weekday (rulebook §0.1)."""
        return on + timedelta(days=1) in self.holidays

    def due_on(self, bill_on: date, days: int) -> date:
        """Return the due date `days` after the bill, rolled to the next open day (rulebook §3.4)."""
        return self.next_business_day(bill_on + timedelta(days=days))
