"""The rounds of a year as the city's calendar has them, for the office to plan by."""

from dataclasses import dataclass
from datetime import date

from curbstop.billing.domain.year import Round, read_year_rules, rounds_of
from curbstop.ordinances.queries import calendar_on, value_on


@dataclass(frozen=True, slots=True)
class YearOfRounds:
    """All rounds of a year by read date, and the rule that they follow."""

    year: int
    rounds: tuple[Round, ...]
    citation: str
    shortest: int
    longest: int


def year_of_rounds(year: int, on: date) -> YearOfRounds:
    """Return when every cycle is read, billed, due and may be shut off in a year, by the rules of a day.

    :raises NoSuchRule: if the city has no billing calendar
    """
    rule = value_on("billing.calendar", on)
    calendar = calendar_on()
    rules = read_year_rules(rule.value, due_days=value_on("billing.due_days", on).number)
    rounds = [each for one in rules for each in rounds_of(one, year, calendar)]
    return YearOfRounds(
        year=year,
        rounds=tuple(sorted(rounds, key=lambda each: (each.read_on, each.cycle))),
        citation=rule.citation,
        shortest=value_on("billing.period_days_min", on).number,
        longest=value_on("billing.period_days_max", on).number,
    )
