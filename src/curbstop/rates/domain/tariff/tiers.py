"""Tiers of a tariff: each ends where the next begins, so that every unit has exactly one price.

A table that leaves a gap, overlaps or has no last tier cannot be written down without being refused
(INV-14): a tier says only where it ends, and the last one says nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from curbstop.rates.domain.documents import Fields, Items, Value
from curbstop.rates.domain.nodes import Node, NodeList, Number
from curbstop.rates.domain.tariff.amounts import amount, limit
from curbstop.rates.domain.tariff.fields import Section, TariffProblem

Change = Callable[[Node], Node]


def read_tiers(section: Section, width: Change, price: Change) -> tuple[NodeList, NodeList]:
    """Read the tiers of a component, or a table of them; return upper bounds and prices.

    :raises TariffProblem: if tiers do not rise, a price is missing, or the last tier has an end
    """
    value = section.values["tiers"]
    path = section.at("tiers")
    keys: tuple[str, ...] = ()
    rows: dict[str, Value] = {"": value}
    if isinstance(value, Fields):
        keys, rows = section.rows("tiers")
    bounds: dict[str, tuple[Node, ...]] = {}
    prices: dict[str, tuple[Node, ...]] = {}
    for key, row in rows.items():
        ends, amounts = _tiers(section, row, f"{path}.{key}" if key else path)
        bounds[key] = tuple(width(each) for each in ends)
        prices[key] = tuple(price(each) for each in amounts)
    return NodeList(path, keys, bounds), NodeList(path, keys, prices)


def _tiers(section: Section, value: Value, path: str) -> tuple[list[Node], list[Node]]:
    if not isinstance(value, Items) or not value.values:
        raise TariffProblem(path, "expected a list of tiers, each with a price", value.line)
    ends: list[Node] = []
    amounts: list[Node] = []
    for place, each in enumerate(value.values, start=1):
        here = f"{path}[{place}]"
        if not isinstance(each, Fields):
            raise TariffProblem(here, "expected `up_to` and `price`", each.line)
        tier = Section(each, here, section.scope)
        tier.allow(("up_to", "price"))
        amounts.append(amount(tier, "price"))
        if place == len(value.values):
            if "up_to" in tier.values:
                raise tier.problem("up_to", "the last tier has no end; what costs a unit above it?")
            continue
        ends.append(_end(tier, ends))
    return ends, amounts


def _end(tier: Section, before: list[Node]) -> Node:
    """Read where a tier ends: a number, or what is worked out, such as a share of a budget."""
    end = limit(tier, "up_to")
    lowest = before[-1] if before else Number(Fraction(0))
    if isinstance(end, Number) and isinstance(lowest, Number) and end.value <= lowest.value:
        raise tier.problem("up_to", "tiers must rise from one to the next")
    return end
