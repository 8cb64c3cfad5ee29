"""What a charge was worked out from, for its derivation: formulas over named numbers, the same for every row.

A base of $21.46 for sixty days, billed for sixty-one, has the price `within(days,60,60,base,round(base/60,8))` with
`base` 21.46 and `days` 61. The formula is text that never changes; only the numbers under its names differ by row.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction

import polars as pl

from curbstop.rates.domain import nodes
from curbstop.rates.domain.evaluation import Evaluation
from curbstop.rates.domain.exact import ExactColumn
from curbstop.rates.domain.nodes import Input, Node, NodeList, Number, Operation, Operator

_LAST_WORD = re.compile(r"([a-z_]+)[^a-z_]*$")
_CALLED: Mapping[type[Node], str] = {nodes.Floor: "floor", nodes.Chosen: "choose"}
_COMPARED = {
    nodes.Relation.BELOW: "is_below",
    nodes.Relation.AT_MOST: "is_at_most",
    nodes.Relation.EQUAL: "is_equal",
    nodes.Relation.AT_LEAST: "is_at_least",
    nodes.Relation.ABOVE: "is_above",
}
_FUNCTIONS = {Operator.MINIMUM: "min", Operator.MAXIMUM: "max"}


@dataclass(frozen=True, slots=True)
class Trace:
    """Formulas by the field that they give, and what they were worked out with.

    `inputs` are numbers that came with the row; `keys` the words by which its tables were read, and `values` what
    stood there; `worked` is what has no formula.
    """

    formulas: Mapping[str, str]
    inputs: Mapping[str, ExactColumn]
    keys: Mapping[str, pl.Series]
    values: Mapping[str, ExactColumn]
    worked: Mapping[str, ExactColumn]


@dataclass(slots=True)
class Tracer:
    """The formulas of one charge, in the making; what has no formula is a named value of its own."""

    evaluation: Evaluation
    formulas: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, ExactColumn] = field(default_factory=dict)
    keys: dict[str, pl.Series] = field(default_factory=dict)
    values: dict[str, ExactColumn] = field(default_factory=dict)
    worked: dict[str, ExactColumn] = field(default_factory=dict)
    # The tables that were made of rows which differ in numbers alone: the same numbers get one name.
    tables: dict[Hashable, nodes.Lookup] = field(default_factory=dict)

    def add(self, name: str, node: Node) -> None:
        """Keep the formula of a field, unless the field itself says all: a plain number, or one out of a table."""
        before = set(self.values)
        formula = self._formula(node)
        if formula in self.values and formula not in before:
            # Its keys, among the inputs, say where in the table it stands.
            del self.values[formula]
        elif not isinstance(nodes.bare(node), Number):
            self.formulas[name] = formula

    def add_of_list(self, name: str, listed: NodeList, place: int, leaf: str) -> None:
        """Keep the formula of one place of a list, if every row of its table has that place."""
        if all(place < len(row) for row in listed.table.values()):
            table = {key: row[place] for key, row in listed.table.items()}
            alone = len(table) == 1 and not listed.keys
            self.add(name, table[""] if alone else nodes.Lookup(leaf, listed.keys, table))

    def traced(self) -> Trace:
        """Return what was kept."""
        return Trace(self.formulas, self.inputs, self.keys, self.values, self.worked)

    def _formula(self, node: Node) -> str:
        match node:
            case Number(value=value):
                formula = _plain(value)
            case Input(name=name):
                formula = self._input(name)
            case nodes.Named(node=below):
                formula = self._formula(below)
            case Operation():
                formula = self._operation(node)
            case nodes.Rounded(node=below):
                formula = f"round_even({self._formula(below)})"
            case nodes.RoundedUp(node=below, decimals=decimals):
                formula = f"round({self._formula(below)},{decimals})"
            case nodes.Within(name=name, low=low, high=high):
                bounds = f"{self._input(name)},{_plain(low)},{_plain(high)}"
                formula = f"within({bounds},{self._formula(node.inside)},{self._formula(node.outside)})"
            case nodes.Lookup():
                formula = self._looked_up(node)
            case nodes.Floor() | nodes.Compared() | nodes.Chosen():
                name = _COMPARED[node.relation] if isinstance(node, nodes.Compared) else _CALLED[type(node)]
                formula = f"{name}({','.join(map(self._formula, nodes.children(node)))})"
            case _:
                formula = self._named(self.worked, "worked", node)
        return formula

    def _input(self, name: str) -> str:
        if name in self.evaluation.frame.columns:
            self.inputs[name] = self.evaluation.number(Input(name))
        return name

    def _operation(self, node: Operation) -> str:
        left, right = self._formula(node.left), self._formula(node.right)
        if node.operator in _FUNCTIONS:
            return f"{_FUNCTIONS[node.operator]}({left},{right})"
        return f"({left}{node.operator.value}{right})"

    def _looked_up(self, node: nodes.Lookup) -> str:
        """Return one formula for all rows of a table: where only numbers differ, they get a name."""
        for key in node.keys:
            if key in self.evaluation.frame.columns:
                self.keys[key] = self.evaluation.frame[key].cast(pl.String)
        word = _word(node.field)
        merged = None if getattr(node, "otherwise", None) is not None else _merged(node.field, node.keys, node.table)
        if merged is None:
            return self._named(self.worked, word, node)
        return self._table(word, merged) if isinstance(merged, nodes.Lookup) else self._formula(merged)

    def _table(self, word: str, node: nodes.Lookup) -> str:
        same = self.tables.setdefault((node.keys, tuple(node.table.items())), node)
        return self._named(self.values, word, same)

    def _named(self, group: dict[str, ExactColumn], name: str, node: Node) -> str:
        column = self.evaluation.number(node)
        free, number = name, 1
        while free in self.values or free in self.worked or free in self.evaluation.frame.columns:
            if group.get(free) is column:
                return free
            number += 1
            free = f"{name}_{number}"
        group[free] = column
        return free


def trace_of(evaluation: Evaluation, **fields: Node) -> Trace:
    """Return the formulas of some fields of a charge, such as `quantity_is`."""
    with _refusing_nothing(evaluation) as tracer:
        for name, node in fields.items():
            tracer.add(name, node)
        return tracer.traced()


def trace_of_tier(evaluation: Evaluation, tiered: nodes.Tiered, number: int) -> Trace:
    """Return the formulas of one tier, counted from 1: what is counted, where the tier ends, its price."""
    with _refusing_nothing(evaluation) as tracer:
        tracer.add("counted_is", tiered.usage)
        tracer.add_of_list("up_to_is", tiered.bounds, number - 1, leaf="width")
        tracer.add_of_list("unit_price_is", tiered.prices, number - 1, leaf="price")
        return tracer.traced()


@contextmanager
def _refusing_nothing(evaluation: Evaluation) -> Iterator[Tracer]:
    """Let a tracer look at inputs that a row need not bring, because it takes the other side of a choice."""
    before = evaluation.problems
    yield Tracer(evaluation)
    evaluation.problems = before


def _merged(path: str, keys: tuple[str, ...], table: Mapping[str, Node]) -> Node | None:
    """Return one node for the rows of a table that differ in numbers alone, or nothing."""
    bare = {key: nodes.bare(each) for key, each in table.items()}
    first, *others = bare.values()
    if all(each == first for each in others):
        return first
    if any(type(each) is not type(first) for each in others):
        return None
    if isinstance(first, Number):
        return nodes.Lookup(path, keys, bare)
    return _merged_below(path, keys, bare, first)


def _merged_below(path: str, keys: tuple[str, ...], table: Mapping[str, Node], first: Node) -> Node | None:
    def below(name: str) -> Node | None:
        return _merged(path, keys, {key: getattr(each, name) for key, each in table.items()})

    def alike(*names: str) -> bool:
        return all(getattr(each, name) == getattr(first, name) for each in table.values() for name in names)

    match first:
        case Operation(operator=operator) if alike("operator"):
            left, right = below("left"), below("right")
            return None if left is None or right is None else Operation(operator, left, right)
        case nodes.RoundedUp(decimals=decimals) if alike("decimals"):
            node = below("node")
            return None if node is None else nodes.RoundedUp(node, decimals)
        case nodes.Within(name=name, low=low, high=high) if alike("name", "low", "high"):
            inside, outside = below("inside"), below("outside")
            return None if inside is None or outside is None else nodes.Within(name, low, high, inside, outside)
        case _:
            return None


def _word(path: str) -> str:
    found = _LAST_WORD.search(path)
    return found[1] if found else "value"


def _plain(value: Fraction) -> str:
    """Write a number of a schedule: 4.25, or 1/3 in parentheses."""
    below = value.denominator
    for factor in (2, 5):
        while below % factor == 0:
            below //= factor
    if below != 1:
        return f"({value.numerator}/{value.denominator})"
    decimals = 0
    while (value * 10**decimals).denominator != 1:
        decimals += 1
    digits = str(abs(int(value * 10**decimals))).rjust(decimals + 1, "0")
    text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    return f"(0-{text})" if value < 0 else text
