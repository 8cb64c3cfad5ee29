"""A tariff becomes a schedule: every component a charge, every problem located, none guessed at.

A tariff that has a problem anywhere is refused whole: the city prices everybody or nobody by it.
"""

from __future__ import annotations

from curbstop.foundation.quantities import Unit
from curbstop.rates.domain import nodes
from curbstop.rates.domain.documents import Fields, Unreadable, read_document
from curbstop.rates.domain.given import MONTHS_STARTED, NOTHING_GIVEN, SPLIT
from curbstop.rates.domain.nodes import Node
from curbstop.rates.domain.schedule import (
    Charge,
    ClassSchedule,
    Discount,
    Maximum,
    Minimum,
    Percent,
    Priced,
    PricedByTier,
    Problem,
    Schedule,
    ScheduleRefused,
)
from curbstop.rates.domain.tariff import amounts
from curbstop.rates.domain.tariff.components import Component, read_component
from curbstop.rates.domain.tariff.fields import Section, TariffProblem
from curbstop.rates.domain.tariff.forms import Defaults, months_of
from curbstop.rates.domain.tariff.head import read_given, read_period, read_rate_change, read_scope, read_way
from curbstop.rates.domain.tariff.scope import Scope

_FIELDS = (
    "tariff", "name", "unit", "section", "period", "rate_change", "inputs", "quantities", "seasons", "multiplier",
    "components",
)  # fmt: skip
# What a city pack says of the file as a whole; it does not change a price.
_FIELDS_OF_A_PACK = ("service", "effective", "until")


def compile_tariff(document: str, name: str = "tariff") -> Schedule:
    """Compile a tariff document.

    :raises ScheduleRefused: if anything in it is wrong; lists every problem with its place
    """
    try:
        read = read_document(document)
    except Unreadable as refusal:
        where = ".".join(refusal.trail)
        raise ScheduleRefused([Problem(name, "", where, refusal.message, refusal.line)]) from None
    problems, top, components = _read(read, name, is_part=False)
    if problems:
        raise ScheduleRefused(problems)
    classes = sorted({each for component in components for each in component.classes}) or [""]
    given = read_given(top, counts_months=any(MONTHS_STARTED in _inputs(each.charge) for each in components))
    rate_change = read_rate_change(top)
    _, part, in_parts = _read(read, name, is_part=True)
    why_no_parts = _why_no_parts(part, in_parts)
    is_split = rate_change == SPLIT or any(each.decided_by == SPLIT for each in given.seasons.values())
    if is_split and why_no_parts:
        raise ScheduleRefused([Problem(name, "", "rate_change", why_no_parts, top.line)])
    return Schedule(
        top.name("tariff", name),
        top.text("unit"),
        {each: _class(each, components) for each in classes},
        metadata=_names(top),
        rate_change=rate_change,
        parts={} if why_no_parts else {each: _class(each, in_parts) for each in classes},
        why_no_parts=why_no_parts,
        given=given if given != NOTHING_GIVEN else NOTHING_GIVEN,
    )


def _read(read: Fields, name: str, *, is_part: bool) -> tuple[list[Problem], Section, list[Component]]:
    """Read everything, for whole periods or for parts of one, and gather what is wrong."""
    problems: list[Problem] = []
    components: list[Component] = []
    top = Section(read, "")
    try:
        top = Section(read, "", read_scope(top, is_part=is_part))
        defaults = _defaults(top)
        for section in top.sections("components"):
            try:
                components.append(read_component(section, defaults, components))
            except TariffProblem as problem:
                problems.append(_problem(name, problem))
    except TariffProblem as problem:
        problems.append(_problem(name, problem))
    return problems, top, components


def _why_no_parts(top: Section, components: list[Component]) -> str:
    """Say what keeps a period from being split: a use compared with a number is another question in each part."""
    for component in components:
        for node in _nodes(component.charge):
            if _compares(node, top.scope):
                key = component.charge.heading.key
                return f"a period cannot be split: {key} compares what was used with a number"
    return ""


def _compares(node: Node, scope: Scope) -> bool:
    if isinstance(node, nodes.Compared) and scope.is_by_days(node):
        return True
    return any(_compares(below, scope) for below in nodes.children(node))


def _defaults(top: Section) -> Defaults:
    top.allow((*_FIELDS, *_FIELDS_OF_A_PACK))
    top.name("tariff")
    _names(top)
    unit = top.text("unit")
    if unit not in {each.value for each in Unit}:
        raise top.problem("unit", f"“{unit}” is not a unit; expected one of {', '.join(Unit)}")
    period = top.section("period")
    multiplier = amounts.amount(top, "multiplier") if "multiplier" in top.values else None
    read_rate_change(top)
    read_given(top, counts_months=False)
    return Defaults(
        unit=unit,
        section=top.text("section", ""),
        proration=None if period is None else read_period(period),
        way=read_way(period),
        months=None if period is None else months_of(period),
        multiplier=multiplier,
    )


def _class(name: str, components: list[Component]) -> ClassSchedule:
    charges = tuple(each.charge for each in components if not each.classes or name in each.classes)
    needed = {name for charge in charges for name in _inputs(charge)}
    return ClassSchedule(name, charges, tuple(sorted(needed)))


def _inputs(charge: Charge) -> set[str]:
    return {name for node in _nodes(charge) for name in nodes.inputs_of(node)}


def _nodes(charge: Charge) -> list[Node]:
    """Return everything that a charge is worked out from."""
    return [each for each in (*_of_form(charge), charge.when) if each is not None]


def _of_form(charge: Charge) -> tuple[Node | None, ...]:
    match charge:
        case Priced():
            return charge.quantity, charge.price
        case PricedByTier():
            return (charge.tiered,)
        case Minimum():
            return (charge.least,)
        case Maximum():
            return (charge.most,)
        case Percent():
            return charge.share, charge.cap
        case Discount():
            return charge.share, charge.amount


def _names(top: Section) -> dict[str, str]:
    names = top.section("name")
    if names is None:
        return {}
    names.allow(("en", "es"))
    return {f"name_{language}": names.text(language) for language in names.values}


def _problem(name: str, problem: TariffProblem) -> Problem:
    return Problem(name, "", problem.field, problem.message, problem.line)
