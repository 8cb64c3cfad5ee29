"""What a tariff says before its components: inputs, quantities, seasons and the length of a period."""

from __future__ import annotations

import re
from fractions import Fraction

from curbstop.rates.domain.documents import Text
from curbstop.rates.domain.formulas import NotAFormula
from curbstop.rates.domain.given import ALL_DAYS, DECIDED_BY, Default, Given, Seasons
from curbstop.rates.domain.schedule import Proration
from curbstop.rates.domain.tariff.fields import Section
from curbstop.rates.domain.tariff.proration import BY_DAYS, NEAREST, STARTED
from curbstop.rates.domain.tariff.scope import InputRule, NameProblem, Scope

RATE_CHANGES = ("split", "read_date", "bill_date", "half_period")
_RANGE = re.compile(r"^(\d{2})-(\d{2}) to (\d{2})-(\d{2})$")
_SHARE = re.compile(r"^(\d{1,4})/(\d{1,3})$")


def read_scope(top: Section, *, is_part: bool = False) -> Scope:
    """Read what the names of a tariff stand for.

    :raises TariffProblem: if an input or a quantity is described wrongly
    """
    quantities = top.section("quantities")
    if quantities is not None:
        for name in quantities.values:
            quantities.text(name)
    rules = {name: _rule(section) for name, section in _described(top)}
    scope = Scope(rules, {} if quantities is None else quantities.values, is_part)
    for name in scope.quantities:
        assert quantities is not None, "it has the name"
        try:
            scope.resolve(name)
        except (NameProblem, NotAFormula) as problem:
            raise quantities.problem(name, str(problem)) from None
    return scope


def read_given(top: Section, *, counts_months: bool) -> Given:
    """Read the seasons, and what stands for an input that is missing.

    :raises TariffProblem: if a day has no season or two, or a default is none
    """
    defaults = {name: _default(section) for name, section in _described(top) if "default" in section.values}
    calendars = top.section("seasons")
    names = calendars.values if calendars is not None else ()
    seasons = {name: _seasons(calendars, name) for name in names if calendars is not None}
    return Given(seasons, defaults, counts_months)


def read_period(period: Section) -> Proration | None:
    """Read the standard length of a period; lengths from `as_is_from` to `as_is_to` count as it.

    :raises TariffProblem: if it does not lie between them
    """
    period.allow(("standard_days", "as_is_from", "as_is_to", "months", "prorate"))
    if "standard_days" not in period.values:
        return None
    standard = _days(period)
    low = period.number("as_is_from") if "as_is_from" in period.values else standard
    high = period.number("as_is_to") if "as_is_to" in period.values else standard
    if not Fraction(1) <= low <= standard <= high:
        raise period.problem("standard_days", "must lie between as_is_from and as_is_to")
    return Proration(standard, low, high)


def read_way(period: Section | None) -> str:
    """Read how components are prorated that do not say it themselves.

    :raises TariffProblem: if there is no such way
    """
    way = BY_DAYS if period is None else period.text("prorate", BY_DAYS)
    if period is not None and way not in {BY_DAYS, NEAREST, STARTED}:
        raise period.problem("prorate", "expected days, nearest or started")
    return way


def read_rate_change(top: Section) -> str:
    """Read how a period is billed in which this version begins (rulebook §2.3).

    :raises TariffProblem: if there is no such method
    """
    method = top.text("rate_change", "")
    if method and method not in RATE_CHANGES:
        raise top.problem("rate_change", f"expected one of {', '.join(RATE_CHANGES)}")
    return method


def _days(period: Section) -> Fraction:
    """Read standard days; 365/12 are those of a monthly charge times twelve over the days of a year."""
    value = period.values["standard_days"]
    share = _SHARE.match(value.value) if isinstance(value, Text) else None
    if share and int(share[2]):
        return Fraction(int(share[1]), int(share[2]))
    return period.number("standard_days")


def _described(top: Section) -> list[tuple[str, Section]]:
    inputs = top.section("inputs")
    found = []
    for name in inputs.values if inputs is not None else ():
        section = inputs.section(name) if inputs is not None else None
        assert section is not None, "it has the name"
        section.allow(("for", "for_days", "default"))
        found.append((name, section))
    return found


def _rule(section: Section) -> InputRule:
    is_of_period = "for" in section.values
    if is_of_period and section.text("for") != "period":
        raise section.problem("for", "expected period, or for_days with their number")
    if "for_days" not in section.values:
        return InputRule(is_of_period=is_of_period)
    days = section.number("for_days")
    if days <= 0 or is_of_period:
        raise section.problem("for_days", "expected a number above zero, and no `for` beside it")
    return InputRule(for_days=days)


def _default(section: Section) -> Default:
    if isinstance(section.values["default"], Text):
        return Default(text=section.text("default"))
    by, rows = section.rows("default")
    if len(by) != 1:
        raise section.problem("default", "a default is found by one input")
    table = section.section("default")
    assert table is not None, "it has rows"
    rows_of = table.section("table")
    assert rows_of is not None, "it has rows"
    return Default(by=by[0], table={key: rows_of.text(key) for key in rows})


def _seasons(calendars: Section, name: str) -> Seasons:
    section = calendars.section(name)
    assert section is not None, "it has the name"
    decided_by = section.text("decided_by")
    if decided_by not in DECIDED_BY:
        raise section.problem("decided_by", f"expected one of {', '.join(DECIDED_BY)}")
    season_of: dict[tuple[int, int], str] = {}
    for season in section.values:
        if season == "decided_by":
            continue
        for text in section.names(season):
            for day in _days_of(section, season, text):
                if day in season_of:
                    raise section.problem(season, f"{_said(day)} is in {season_of[day]} too")
                season_of[day] = season
    missing = [day for day in ((each.month, each.day) for each in ALL_DAYS) if day not in season_of]
    if missing:
        raise calendars.problem(name, f"{_said(missing[0])} is in no season")
    return Seasons(decided_by, season_of)


def _days_of(section: Section, season: str, text: str) -> list[tuple[int, int]]:
    """Return the days of a range such as `11-01 to 02-29`, which may cross New Year."""
    found = _RANGE.match(text)
    days = [(each.month, each.day) for each in ALL_DAYS]
    ends = [(int(found[1]), int(found[2])), (int(found[3]), int(found[4]))] if found else []
    if len(ends) != 2 or any(end not in days for end in ends):  # noqa: PLR2004 - a first and a last day
        raise section.problem(season, f"“{text}”: expected days such as 11-01 to 03-31")
    first, last = (days.index(end) for end in ends)
    return days[first : last + 1] if first <= last else [*days[first:], *days[: last + 1]]


def _said(day: tuple[int, int]) -> str:
    return f"{day[0]:02}-{day[1]:02}"
