"""Writing a schedule as a file of the Open Water Rate Specification, so that others can read a city's rates.

What the specification cannot say is refused by name: percentages of rounded lines, minimums, credits, conditions,
seasons by days and proration. What it can say is read back with equal bills.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from curbstop.rates.domain import nodes
from curbstop.rates.domain.given import NOTHING_GIVEN
from curbstop.rates.domain.keys import SEPARATOR
from curbstop.rates.domain.nodes import Input, Lookup, Node, NodeList, Number, Operation, Operator, RoundedUp
from curbstop.rates.domain.owrs.classes import MONEY_WORDS, USAGE, WORDS, WRITTEN_USAGE
from curbstop.rates.domain.schedule import (
    Charge,
    ClassSchedule,
    Priced,
    PricedByTier,
    Problem,
    Schedule,
    ScheduleRefused,
)

UNITS = ("ccf", "kgal", "kiloliter", "gallons", "cubic_feet")
# A tier that starts at t units ends the one before it at t - 1.
START_ABOVE_END = 1
EVERYBODY = "ALL"
_SIGNS = {Operator.ADD: "+", Operator.SUBTRACT: "-", Operator.MULTIPLY: "*", Operator.DIVIDE: "/"}
_Written = str | Mapping[str, "_Written"]


class NotExpressible(ValueError):
    """The specification has no words for something."""


@dataclass(frozen=True, slots=True)
class _Table:
    """Numbers by the keys of some inputs; without keys, one number."""

    keys: tuple[str, ...]
    numbers: Mapping[tuple[str, ...], Fraction]


def write_owrs(schedule: Schedule) -> str:
    """Return a schedule as the text of a rate file.

    :raises ScheduleRefused: if the specification cannot say it; names every component
    """
    problems = list(_of_schedule(schedule))
    classes = {}
    for name, each in schedule.classes.items():
        writer = _Writer(each)
        for charge in each.charges:
            try:
                writer.add(charge)
            except NotExpressible as problem:
                problems.append(Problem(schedule.name, name, charge.heading.key, str(problem)))
        classes[name or EVERYBODY] = {**writer.fields, "bill": " + ".join(writer.terms)}
    if problems:
        raise ScheduleRefused(problems)
    metadata: _Written = {"utility_name": _quoted(schedule.name), "bill_unit": schedule.unit}
    return "\n".join(_lines({"metadata": metadata, "rate_structure": classes}, 0)) + "\n"


def _of_schedule(schedule: Schedule) -> Iterator[Problem]:
    if schedule.unit not in UNITS:
        yield Problem(schedule.name, "", "unit", f"{schedule.unit} is no unit of water")
    if schedule.given != NOTHING_GIVEN:
        yield Problem(schedule.name, "", "seasons", "the specification works out no seasons, months or defaults")
    if schedule.rate_change:
        yield Problem(schedule.name, "", "rate_change", "the specification knows no days")


class _Writer:
    """The fields of one class, in the making."""

    def __init__(self, schedule: ClassSchedule) -> None:
        self.fields: dict[str, _Written] = {}
        self.terms: list[str] = []
        self.inputs = schedule.inputs

    def add(self, charge: Charge) -> None:
        """Add the fields of one charge, and its term of the bill.

        :raises NotExpressible: if there are no words for it
        """
        if charge.when is not None:
            raise NotExpressible("the specification has no conditions")
        # The word before `_charge` names the tiers that belong to it.
        word = f"{charge.heading.key.replace('_', '')}{len(self.terms) + 1}"
        match charge:
            case Priced(quantity=Operation(operator=Operator.MAXIMUM) as beyond, price=price):
                one_price = NodeList("", (), {"": (price,)})
                self._add_tiers(nodes.Tiered(beyond, NodeList("", (), {"": ()}), one_price), word)
            case Priced(quantity=quantity, price=price):
                written = self._formula(nodes.multiply(quantity, price), word)
                self.fields[f"{word}_charge"] = written
            case PricedByTier(tiered=tiered):
                self._add_tiers(tiered, word)
            case _:
                raise NotExpressible("the specification counts nothing on rounded lines")
        self.terms.append(f"{word}_charge")

    def _add_tiers(self, tiered: nodes.Tiered, word: str) -> None:
        starts, prices = _tiers(tiered)
        self.fields[f"tier_starts_{word}"] = self._list(starts, word)
        self.fields[f"tier_prices_{word}"] = self._list(prices, word)
        self.fields[f"{word}_charge"] = "Tiered"

    def _formula(self, node: Node, word: str) -> str:
        table = _folded(node)
        if table is not None:
            return self._table(table, word)
        match node:
            case Input(name=name):
                return self._input(name)
            case nodes.Named(node=below):
                return self._formula(below, word)
            case Operation(operator=operator, left=left, right=right) if operator in _SIGNS:
                return f"({self._formula(left, word)}{_SIGNS[operator]}{self._formula(right, word)})"
            case _:
                raise NotExpressible("the specification neither rounds nor compares")

    def _input(self, name: str) -> str:
        if name == USAGE:
            return WRITTEN_USAGE
        if MONEY_WORDS.search(name) or name in WORDS or name in self.fields or name == WRITTEN_USAGE:
            raise NotExpressible(f"the input {name} has a name that the specification gives to prices")
        return name

    def _table(self, table: _Table, word: str) -> str:
        """Write a table as a field of its own, and return its name; a single number is written where it stands."""
        if not table.keys:
            return _plain(table.numbers[()])
        name = f"{word}_value_{len(self.fields) + 1}"
        values = {SEPARATOR.join(key): _plain(number) for key, number in table.numbers.items()}
        self.fields[name] = _depending(table.keys, values)
        return name

    def _list(self, listed: NodeList, word: str) -> _Written:
        rows = {key: f"[{', '.join(self._formula(each, word) for each in row)}]" for key, row in listed.table.items()}
        return _depending(listed.keys, rows) if listed.keys else rows[""]


def _tiers(tiered: nodes.Tiered) -> tuple[NodeList, NodeList]:
    """Return where the tiers start and what they cost; units that are included are a tier that costs nothing."""
    free = Fraction(0)
    match nodes.bare(tiered.usage):
        case Input(name="usage"):
            pass
        case Operation(
            operator=Operator.MAXIMUM,
            left=Operation(operator=Operator.SUBTRACT, left=Input(name="usage"), right=Number(value=free)),
        ):
            pass
        case _:
            raise NotExpressible("the specification has tiers of the whole usage alone")
    starts, prices = {}, {}
    for key, row in tiered.bounds.table.items():
        ends = [each.value for each in row if isinstance(each, Number)]
        if len(ends) != len(row):
            raise NotExpressible("the specification prorates no tiers")
        above = [*([free] if free else []), *(free + each for each in ends)]
        starts[key] = (Number(Fraction(0)), *(Number(each + START_ABOVE_END) for each in above))
    for key, row in tiered.prices.table.items():
        prices[key] = (*([Number(Fraction(0))] if free else []), *row)
    return NodeList("", tiered.bounds.keys, starts), NodeList("", tiered.prices.keys, prices)


def _folded(node: Node) -> _Table | None:
    """Return what a node is if it is made of numbers and tables alone, every combination worked out."""
    found: _Table | None = None
    match node:
        case Number(value=value):
            found = _Table((), {(): value})
        case nodes.Named(node=below):
            found = _folded(below)
        case Lookup(otherwise=None):
            found = _of_lookup(node)
        case RoundedUp(node=below, decimals=decimals):
            inner = _folded(below)
            if inner is not None:
                found = _Table(inner.keys, _each_rounded(inner.numbers, decimals))
        case Operation(operator=operator, left=left, right=right) if operator in _SIGNS:
            first, second = _folded(left), _folded(right)
            if first is not None and second is not None:
                found = _combined(operator, first, second)
        case _:
            pass
    return found


def _of_lookup(node: Lookup) -> _Table | None:
    several = len(node.keys) > 1
    numbers: dict[tuple[str, ...], Fraction] = {}
    for key, each in node.table.items():
        parts = tuple(key.split(SEPARATOR)) if several else (key,)
        if not isinstance(each, Number) or len(parts) != len(node.keys):
            return None
        numbers[parts] = each.value
    return _Table(node.keys, numbers)


def _each_rounded(numbers: Mapping[tuple[str, ...], Fraction], decimals: int) -> dict[tuple[str, ...], Fraction]:
    step = Fraction(1, 10**decimals)
    return {key: ((2 * number + step) // (2 * step)) * step for key, number in numbers.items()}


def _combined(operator: Operator, left: _Table, right: _Table) -> _Table | None:
    """Return a table of both tables' keys; by a key of both, only the rows that both have can be asked for."""
    more = [place for place, key in enumerate(right.keys) if key not in left.keys]
    shared = [(left.keys.index(key), place) for place, key in enumerate(right.keys) if key in left.keys]
    numbers = {}
    for (first, one), (second, other) in product(left.numbers.items(), right.numbers.items()):
        if any(first[mine] != second[theirs] for mine, theirs in shared):
            continue
        if operator is Operator.DIVIDE and not other:
            return None
        numbers[(*first, *(second[place] for place in more))] = _BECOMES[operator](one, other)
    return _Table((*left.keys, *(right.keys[place] for place in more)), numbers) if numbers else None


_BECOMES = {
    Operator.ADD: Fraction.__add__,
    Operator.SUBTRACT: Fraction.__sub__,
    Operator.MULTIPLY: Fraction.__mul__,
    Operator.DIVIDE: Fraction.__truediv__,
}


def _depending(keys: tuple[str, ...], values: Mapping[str, str]) -> _Written:
    depends_on = keys[0] if len(keys) == 1 else f"[{', '.join(keys)}]"
    return {"depends_on": depends_on, "values": {_quoted(key): value for key, value in values.items()}}


def _plain(number: Fraction) -> str:
    """Write a number without an exponent, or as a quotient where it has no end."""
    for decimals in range(20):
        scaled = number * 10**decimals
        if scaled.denominator == 1:
            digits = str(abs(scaled.numerator)).rjust(decimals + 1, "0")
            text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
            return f"(0-{text})" if number < 0 else text
    return f"({number.numerator}/{number.denominator})"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _lines(fields: Mapping[str, _Written], depth: int) -> Iterator[str]:
    for name, value in fields.items():
        if isinstance(value, str):
            yield f"{'  ' * depth}{name}: {value}"
        else:
            yield f"{'  ' * depth}{name}:"
            yield from _lines(value, depth + 1)
