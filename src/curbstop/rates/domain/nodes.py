"""What a rate schedule is compiled into: a small language of quantities and prices.

`flat_rate * usage` is a product of a named lookup and an input; a tier table is a list of bounds
and a list of prices. Nodes hold no rows: `evaluation.py` works one out over columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias


class Operator(StrEnum):
    """What two numbers become."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    MINIMUM = "min"
    MAXIMUM = "max"


class Relation(StrEnum):
    """How two numbers are compared."""

    BELOW = "<"
    AT_MOST = "<="
    EQUAL = "=="
    AT_LEAST = ">="
    ABOVE = ">"


@dataclass(frozen=True, slots=True)
class Number:
    """A number written in the schedule."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Input:
    """A number that comes with each row: usage, dwelling units, irrigated area."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """Two nodes and what becomes of them."""

    operator: Operator
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Rounded:
    """A number rounded to whole units, half to even, as the Open Water Rate Specification does."""

    node: Node


@dataclass(frozen=True, slots=True, eq=False)
class RoundedUp:
    """A number rounded half up to some decimals: a daily rate to eight, a tier's width to four."""

    node: Node
    decimals: int


@dataclass(frozen=True, slots=True, eq=False)
class Floor:
    """A number rounded down to whole units."""

    node: Node


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """1 where a comparison of two numbers holds, 0 where it does not."""

    relation: Relation
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Among:
    """1 where an input is one of some words, 0 where it is another."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """One node where a condition holds, another where it does not; neither is asked of the other's rows."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True, eq=False)
class Within:
    """One node where an input lies in a closed range, another where it does not."""

    name: str
    low: Fraction
    high: Fraction
    inside: Node
    outside: Node


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """A number found in a table by the row's keys, such as meter size and zone.

    A row that the table does not have is refused, unless the table says what is `otherwise`.
    """

    field: str
    keys: tuple[str, ...]
    table: Mapping[str, Node]
    otherwise: Node | None = None


@dataclass(frozen=True, slots=True, eq=False)
class NodeList:
    """A list of numbers, found by the row's keys or, without keys, the same for every row."""

    field: str
    keys: tuple[str, ...]
    table: Mapping[str, tuple[Node, ...]]

    @property
    def longest(self) -> int:
        """Return how many numbers the longest list has."""
        return max(map(len, self.table.values()))


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A field of the schedule: its name is what a refusal says, its node what it stands for."""

    name: str
    node: Node


@dataclass(frozen=True, slots=True, eq=False)
class Tiered:
    """Usage priced by the tier each unit falls in: every unit once, at one price.

    `bounds` are the upper bounds of all tiers but the last, which has none.
    """

    usage: Node
    bounds: NodeList
    prices: NodeList


Node: TypeAlias = (
    Number
    | Input
    | Operation
    | Rounded
    | RoundedUp
    | Floor
    | Compared
    | Among
    | Chosen
    | Within
    | Lookup
    | Named
    | Tiered
)


def add(left: Node, right: Node) -> Node:
    """Return the sum of two nodes."""
    return Operation(Operator.ADD, left, right)


def multiply(left: Node, right: Node) -> Node:
    """Return the product of two nodes; a number times a number is a number."""
    if isinstance(left, Number) and isinstance(right, Number):
        return Number(left.value * right.value)
    return Operation(Operator.MULTIPLY, left, right)


def divide(left: Node, right: Node) -> Node:
    """Return the quotient of two nodes."""
    if isinstance(left, Number) and isinstance(right, Number) and right.value:
        return Number(left.value / right.value)
    return Operation(Operator.DIVIDE, left, right)


def bare(node: Node) -> Node:
    """Return what a named node stands for."""
    while isinstance(node, Named):
        node = node.node
    return node


def children(node: Node) -> Iterator[Node]:
    """Yield the nodes directly below a node."""
    match node:
        case Operation(left=left, right=right) | Compared(left=left, right=right):
            yield from (left, right)
        case Rounded(node=below) | RoundedUp(node=below) | Floor(node=below) | Named(node=below):
            yield below
        case Chosen(condition=condition, then=then, otherwise=otherwise):
            yield from (condition, then, otherwise)
        case Within(inside=inside, outside=outside):
            yield from (inside, outside)
        case Lookup(table=table, otherwise=rest):
            yield from table.values()
            if rest is not None:
                yield rest
        case Tiered(usage=usage, bounds=bounds, prices=prices):
            yield usage
            for each in (*bounds.table.values(), *prices.table.values()):
                yield from each
        case Number() | Input() | Among():
            return


def inputs_of(node: Node) -> set[str]:
    """Return the names of everything that a row must bring for this node."""
    names = {name for below in children(node) for name in inputs_of(below)}
    match node:
        case Input(name=name) | Within(name=name) | Among(name=name):
            names.add(name)
        case Lookup(keys=keys):
            names.update(keys)
        case Tiered(bounds=bounds, prices=prices):
            names.update(bounds.keys, prices.keys)
        case _:
            pass
    return names


def numbers_of(node: Node, field: str = "") -> set[tuple[str, str]]:
    """Return the inputs that a node reckons with, each with the field that does."""
    if isinstance(node, Named):
        return numbers_of(node.node, node.name)
    if isinstance(node, Input):
        return {(field, node.name)}
    return {found for below in children(node) for found in numbers_of(below, field)}


def tables_of(node: Node) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield the keys of every table below a node, with the values that they may take."""
    if isinstance(node, Lookup):
        yield node.keys, tuple(node.table)
    if isinstance(node, Tiered):
        yield node.bounds.keys, tuple(node.bounds.table)
        yield node.prices.keys, tuple(node.prices.table)
    for below in children(node):
        yield from tables_of(below)
