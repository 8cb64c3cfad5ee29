"""Tiers of a tariff: each ends where the next begins, so that every unit has exactly one price.

A table that leaves a gap, overlaps or has no last tier cannot be written down without being refused
(INV-14): a tier says only where it ends, and the last one says nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from curbstop.rates.domain.documents import Fields, Items, Value
from curbstop.rates.domain.nodes import Node, NodeList, Number
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
        ends, amounts = _tiers(row, f"{path}.{key}" if key else path)
        bounds[key] = tuple(width(Number(each)) for each in ends)
        prices[key] = tuple(price(each) for each in amounts)
    return NodeList(path, keys, bounds), NodeList(path, keys, prices)


def _tiers(value: Value, path: str) -> tuple[list[Fraction], list[Node]]:
    if not isinstance(value, Items) or not value.values:
        raise TariffProblem(path, "expected a list of tiers, each with a price", value.line)
    ends: list[Fraction] = []
    amounts: list[Node] = []
    for place, each in enumerate(value.values, start=1):
        here = f"{path}[{place}]"
        if not isinstance(each, Fields):
            raise TariffProblem(here, "expected `up_to` and `price`", each.line)
        tier = Section(each, here)
        tier.allow(("up_to", "price"))
        amounts.append(tier.amount("price"))
        if place == len(value.values):
            if "up_to" in tier.values:
                raise tier.problem("up_to", "the last tier has no end; what costs a unit above it?")
            continue
        end = tier.number("up_to")
        if end <= (ends[-1] if ends else 0):
            raise tier.problem("up_to", "tiers must rise from one to the next")
        ends.append(end)
    return ends, amounts
