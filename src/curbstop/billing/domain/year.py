"""A year of a cycle: when it is read, billed and due, and the first day on which service may be shut off.

A cycle that is read on the 5th of odd months is read on Tuesday the 6th where Monday the 5th is a holiday. A customer's
deadline rolls forward to an open day; service is shut off only on a day when the office is open, on no barred weekday,
and not before a holiday, so that who pays is turned on again (rulebook §0.1, §3.4, §5.2).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from curbstop.foundation.calendar import Calendar


class CalendarRefused(ValueError):
    """The rule of the billing calendar cannot be read; the message names the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YearRule:
    """The city's rhythm of one cycle; days are counted as `billing.calendar` says."""

    cycle: str
    months: tuple[int, ...]
    read_day: int
    bill_business_days: int
    due_days: int
    shut_off_days: int | None = None
    barred_weekdays: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round of a cycle; `days` is the length of the period that is read, unknown for the first."""

    cycle: str
    read_on: date
    bill_on: date
    due_on: date
    shut_off_on: date | None
    days: int | None


def rounds_of(rule: YearRule, year: int, calendar: Calendar) -> list[Round]:
    """Return the rounds of a year in order; the first one's period reaches back to the year before."""
    earlier = _read_on(rule, year - 1, rule.months[-1], calendar)
    rounds = []
    for month in rule.months:
        read_on = _read_on(rule, year, month, calendar)
        bill_on = calendar.add_business_days(read_on, rule.bill_business_days)
        due_on = calendar.due_on(bill_on, rule.due_days)
        shut_off_on = None if rule.shut_off_days is None else _shut_off_on(rule, due_on, calendar)
        rounds.append(
            Round(
                cycle=rule.cycle, read_on=read_on, bill_on=bill_on, due_on=due_on, shut_off_on=shut_off_on,
                days=(read_on - earlier).days,
            )
        )  # fmt: skip
        earlier = read_on
    return rounds


def _read_on(rule: YearRule, year: int, month: int, calendar: Calendar) -> date:
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return calendar.next_business_day(date(year, month, min(rule.read_day, last)))


def _shut_off_on(rule: YearRule, due_on: date, calendar: Calendar) -> date:
    assert rule.shut_off_days is not None, "asked only where service is shut off"
    # A minimum that the city owes never becomes shorter: it only rolls forward.
    day = due_on + timedelta(days=rule.shut_off_days)
    while (
        not calendar.is_business_day(day)
        or day.weekday() in rule.barred_weekdays
        or calendar.is_day_before_holiday(day)
    ):
        day += timedelta(days=1)
    return day


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FIELDS = {"cycle", "months", "read_day", "bill_business_days", "shut_off_days", "barred_weekdays"}


def read_year_rules(value: Any, *, due_days: int = 0) -> tuple[YearRule, ...]:
    """Return the rhythm of each cycle that `billing.calendar` lists.

    :raises CalendarRefused: if a field is missing, unknown or no such number
    """
    if not isinstance(value, list):
        raise CalendarRefused("Expected a list with one entry for each cycle.")
    return tuple(_rule(place, entry, due_days) for place, entry in enumerate(value, 1))


def _rule(place: int, entry: Any, due_days: int) -> YearRule:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("cycle"), str):
        raise CalendarRefused(f"Entry {place} names no cycle.")
    unknown = set(map(str, entry)) - _FIELDS
    if unknown:
        raise CalendarRefused(f"Entry {place}: nobody reads {', '.join(sorted(unknown))}.")
    months = entry.get("months")
    if not isinstance(months, list) or not months:
        raise CalendarRefused(f"Entry {place}: months is a list of months from 1 to 12.")
    barred = entry.get("barred_weekdays") or []
    if not isinstance(barred, list) or not set(barred) <= set(WEEKDAYS):
        raise CalendarRefused(f"Entry {place}: barred_weekdays is a list of {', '.join(WEEKDAYS)}.")
    weekdays = frozenset(WEEKDAYS.index(day) for day in barred)
    return YearRule(
        cycle=entry["cycle"],
        months=tuple(sorted({_whole(place, "months", month, high=12) for month in months})),
        read_day=_whole(place, "read_day", entry.get("read_day"), high=31),
        bill_business_days=_whole(place, "bill_business_days", entry.get("bill_business_days", 0), low=0, high=60),
        due_days=due_days,
        shut_off_days=_whole(place, "shut_off_days", entry["shut_off_days"], high=365)
        if "shut_off_days" in entry
        else None,
        barred_weekdays=weekdays,
    )


def _whole(place: int, name: str, value: Any, *, low: int = 1, high: int) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise CalendarRefused(f"Entry {place}: {name} is a whole number from {low} to {high}.")
    return number


def lengths_out_of(rounds: Iterable[Round], *, shortest: int, longest: int) -> list[Round]:
    """Return the rounds whose period is shorter or longer than what is billed without a look."""
    return [each for each in rounds if each.days is not None and not shortest <= each.days <= longest]
