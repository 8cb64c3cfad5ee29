"""The policy of an average, as a city's rule has it: which months, what is dropped, and who has the default.

`months: [11, 12, 1, 2], drop_highest: 1, drop_lowest: 1, default: 6000` is Shreveport (rulebook §2.4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from curbstop.foundation.quantities import Unit, UnitMismatch, ratio

BY: Final = ("bill_month", "read_dates")
ESTIMATED: Final = ("count", "leave_out")
LEAKS: Final = ("as_adjusted", "as_read", "leave_out")
FIELDS: Final = frozenset(
    {
        "service", "of", "input", "unit", "months", "by", "lowest", "drop_highest", "drop_lowest", "per_day_times",
        "prior_winters", "places", "at_most", "reads_min", "estimated", "leaks", "vacant_below", "default",
        "effective_month",
    }
)  # fmt: skip
MONTHS_IN_YEAR: Final = 12
PLACES_MAX: Final = 4


class PolicyRefused(ValueError):
    """A policy of averages cannot be followed; the message names every problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AveragePolicy:
    """One city's rule, as its ordinance has it; quantities are in `unit`."""

    service: str
    of: str
    input: str
    unit: Unit
    months: tuple[int, ...]
    by: str
    lowest: int
    drop_highest: int
    drop_lowest: int
    per_day_times: Fraction | None
    prior_winters: int
    places: int
    at_most: Fraction | None
    reads_min: int
    estimated: str
    leaks: str
    vacant_below: Fraction
    default: Fraction | None
    effective_month: int


def read_policy(value: Any) -> AveragePolicy:
    """Return a policy from the value of its rule.

    :raises PolicyRefused: with every problem of it
    """
    if not isinstance(value, Mapping):
        raise PolicyRefused("an average is written as fields with names")
    problems = [f"{name} is no field of an average" for name in sorted(value.keys() - FIELDS)]
    read = _Reader(value, problems)
    months = read.months()
    policy = AveragePolicy(
        service=read.text("service"),
        of=read.text("of", str(value.get("service", ""))),
        input=read.text("input"),
        unit=read.unit(),
        months=months,
        by=read.word("by", BY),
        lowest=read.whole("lowest", 0),
        drop_highest=read.whole("drop_highest", 0),
        drop_lowest=read.whole("drop_lowest", 0),
        per_day_times=read.number("per_day_times"),
        prior_winters=read.whole("prior_winters", 0),
        places=read.whole("places", 0, most=PLACES_MAX),
        at_most=read.number("at_most"),
        reads_min=read.whole("reads_min", 1, least=1),
        estimated=read.word("estimated", ESTIMATED),
        leaks=read.word("leaks", LEAKS),
        vacant_below=read.number("vacant_below") or Fraction(0),
        default=read.number("default"),
        effective_month=read.whole("effective_month", 0, least=1, most=MONTHS_IN_YEAR),
    )
    # One read more than is dropped, else a customer with few reads would have an average of nothing.
    if policy.reads_min <= policy.drop_highest + policy.drop_lowest:
        problems.append("reads_min must leave a period when the highest and lowest are dropped")
    if problems:
        raise PolicyRefused("; ".join(problems))
    return policy


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the fields of a policy one by one and remembers what is wrong with each."""

    value: Mapping[str, Any]
    problems: list[str]

    def text(self, name: str, otherwise: str = "") -> str:
        found = self.value.get(name, otherwise)
        if not isinstance(found, str) or not found:
            self.problems.append(f"{name} is missing")
            return ""
        return found

    def word(self, name: str, words: tuple[str, ...]) -> str:
        found = self.value.get(name)
        if found not in words:
            self.problems.append(f"{name} must be one of {', '.join(words)}")
            return words[0]
        return str(found)

    def whole(self, name: str, otherwise: int, *, least: int = 0, most: int = 100) -> int:
        found = _whole(self.value.get(name, otherwise))
        if found is None or not least <= found <= most:
            self.problems.append(f"{name} must be a whole number from {least} to {most}")
            return least
        return found

    def number(self, name: str) -> Fraction | None:
        found = self.value.get(name)
        if found is None:
            return None
        try:
            number = Fraction(str(found))
        except (ValueError, ZeroDivisionError):
            number = Fraction(-1)
        if number < 0:
            self.problems.append(f"{name} must be a number that is not negative")
            return None
        return number

    def unit(self) -> Unit:
        try:
            unit = Unit(str(self.value.get("unit")))
            ratio(unit, Unit.GALLONS)
        except (ValueError, UnitMismatch):
            self.problems.append("unit must be a unit of volume")
            return Unit.GALLONS
        return unit

    def months(self) -> tuple[int, ...]:
        """Read the months of the window: they follow each other, over the turn of the year too."""
        found = self.value.get("months")
        months = [_whole(each) or 0 for each in found] if isinstance(found, list) else []
        is_row = all(1 <= each <= MONTHS_IN_YEAR for each in months) and all(
            later == earlier % MONTHS_IN_YEAR + 1 for earlier, later in pairwise(months)
        )
        if not months or not is_row or len(months) > MONTHS_IN_YEAR:
            self.problems.append("months must be months that follow each other, such as [12, 1, 2]")
            return (1,)
        return tuple(months)


def _whole(found: object) -> int | None:
    """Return a whole number that a city pack wrote, as a number or as its text."""
    return int(str(found)) if str(found).isdecimal() else None
