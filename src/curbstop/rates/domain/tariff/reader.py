"""A tariff becomes a schedule: every component a charge, every problem located, none guessed at.

A tariff that has a problem anywhere is refused whole: the city prices everybody or nobody by it.
"""

from __future__ import annotations

from fractions import Fraction

from curbstop.foundation.quantities import Unit
from curbstop.rates.domain import nodes
from curbstop.rates.domain.documents import Unreadable, read_document
from curbstop.rates.domain.schedule import (
    Charge,
    ClassSchedule,
    Minimum,
    Percent,
    Priced,
    PricedByTier,
    Problem,
    Proration,
    Schedule,
    ScheduleRefused,
)
from curbstop.rates.domain.tariff.components import Component, Defaults, read_component
from curbstop.rates.domain.tariff.fields import Section, TariffProblem

_FIELDS = ("tariff", "name", "unit", "section", "period", "multiplier", "components")
# What a city pack says of the file as a whole; it does not change a price.
_FIELDS_OF_A_PACK = ("service", "effective", "until")


def compile_tariff(document: str, name: str = "tariff") -> Schedule:
    """Compile a tariff document.

    :raises ScheduleRefused: if anything in it is wrong; lists every problem with its place
    """
    try:
        top = Section(read_document(document), "")
    except Unreadable as refusal:
        where = ".".join(refusal.trail)
        raise ScheduleRefused([Problem(name, "", where, refusal.message, refusal.line)]) from None
    problems: list[Problem] = []
    components: list[Component] = []
    try:
        defaults = _defaults(top)
        for section in top.sections("components"):
            try:
                components.append(read_component(section, defaults, components))
            except TariffProblem as problem:
                problems.append(_problem(name, problem))
    except TariffProblem as problem:
        problems.append(_problem(name, problem))
    if problems:
        raise ScheduleRefused(problems)
    classes = sorted({each for component in components for each in component.classes}) or [""]
    return Schedule(
        top.name("tariff", name),
        top.text("unit"),
        {each: _class(each, components) for each in classes},
        metadata=_names(top),
    )


def _defaults(top: Section) -> Defaults:
    top.allow((*_FIELDS, *_FIELDS_OF_A_PACK))
    top.name("tariff")
    _names(top)
    unit = top.text("unit")
    if unit not in {each.value for each in Unit}:
        raise top.problem("unit", f"“{unit}” is not a unit; expected one of {', '.join(Unit)}")
    proration, months = None, None
    period = top.section("period")
    if period is not None:
        period.allow(("standard_days", "as_is_from", "as_is_to", "months"))
        proration = _proration(period)
        months = period.number("months") if "months" in period.values else None
    multiplier = top.table("multiplier") if "multiplier" in top.values else None
    return Defaults(unit, top.text("section", ""), proration, months, multiplier)


def _proration(period: Section) -> Proration | None:
    """Read the standard length of a period; lengths from `as_is_from` to `as_is_to` count as it."""
    if "standard_days" not in period.values:
        return None
    standard = period.number("standard_days")
    low = period.number("as_is_from") if "as_is_from" in period.values else standard
    high = period.number("as_is_to") if "as_is_to" in period.values else standard
    if not Fraction(1) <= low <= standard <= high:
        raise period.problem("standard_days", "must lie between as_is_from and as_is_to")
    return Proration(standard, low, high)


def _class(name: str, components: list[Component]) -> ClassSchedule:
    charges = tuple(each.charge for each in components if not each.classes or name in each.classes)
    needed = {name for charge in charges for name in _inputs(charge)}
    return ClassSchedule(name, charges, tuple(sorted(needed)))


def _inputs(charge: Charge) -> set[str]:
    match charge:
        case Priced(quantity=quantity, price=price):
            return nodes.inputs_of(quantity) | nodes.inputs_of(price)
        case PricedByTier(tiered=tiered):
            return nodes.inputs_of(tiered)
        case Minimum(least=least):
            return nodes.inputs_of(least)
        case Percent():
            return set()


def _names(top: Section) -> dict[str, str]:
    names = top.section("name")
    if names is None:
        return {}
    names.allow(("en", "es"))
    return {f"name_{language}": names.text(language) for language in names.values}


def _problem(name: str, problem: TariffProblem) -> Problem:
    return Problem(name, "", problem.field, problem.message, problem.line)
