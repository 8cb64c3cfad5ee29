"""Working out nodes over a batch of rows, with every row that cannot be worked out named.

A row is refused at its first problem and counts as zero from then on; the others never notice.
Nothing here is a float: see `exact.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any, TypeVar, assert_never, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from curbstop.rates.domain import exact, keys, nodes
from curbstop.rates.domain.exact import ExactColumn, Mask
from curbstop.rates.domain.nodes import Node, NodeList, Operator

Rows = npt.NDArray[np.int64]
Problems = npt.NDArray[np.int32]
Worked = TypeVar("Worked")
USAGE = "usage"
LARGEST_INPUT = 10**15


_BECOMES: dict[Operator, Callable[[ExactColumn, ExactColumn], ExactColumn]] = {
    Operator.ADD: ExactColumn.__add__,
    Operator.SUBTRACT: ExactColumn.__sub__,
    Operator.MULTIPLY: ExactColumn.__mul__,
    Operator.MINIMUM: ExactColumn.minimum,
    Operator.MAXIMUM: ExactColumn.maximum,
}


_HOLDS: dict[nodes.Relation, Callable[[ExactColumn], Mask]] = {
    nodes.Relation.BELOW: ExactColumn.is_negative,
    nodes.Relation.AT_MOST: lambda difference: difference.is_negative() | difference.is_zero(),
    nodes.Relation.EQUAL: ExactColumn.is_zero,
    nodes.Relation.AT_LEAST: lambda difference: ~difference.is_negative(),
    nodes.Relation.ABOVE: lambda difference: ~(difference.is_negative() | difference.is_zero()),
}


@dataclass(frozen=True, slots=True)
class TierColumns:
    """One tier over a batch: what falls in it, at what price, and where it begins and ends."""

    quantity: ExactColumn
    price: ExactColumn
    starts_above: ExactColumn
    ends_at: ExactColumn
    has_end: Mask


class Evaluation:
    """One batch of rows, the nodes worked out so far, and the rows refused so far."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self.size = frame.height
        self.reasons: list[str] = []
        # 0 is a row in good order, n is refused for reason n - 1; None while all are in good order.
        self.problems: Problems | None = None
        self._fields = ["bill"]
        self._known: dict[object, tuple[Any, Problems | None]] = {}
        self._kept: list[object] = []

    def refuse(self, rows: Mask, message: str) -> None:
        """Refuse the rows of the mask that no earlier problem refused."""
        if rows.any():
            self.reasons.append(f"{self._fields[-1]}: {message}")
            self._refuse_for(np.where(rows, np.int32(len(self.reasons)), np.int32(0)))

    def refuse_all(self, message: str) -> ExactColumn:
        """Refuse every row, and return zero so that the work can go on."""
        self.refuse(np.ones(self.size, dtype=np.bool_), message)
        return exact.ZERO

    @contextmanager
    def within(self, field: str) -> Iterator[None]:
        """Name the field that a refusal in this block belongs to."""
        self._fields.append(field)
        yield
        self._fields.pop()

    def number(self, node: Node) -> ExactColumn:
        """Work out a node over all rows, once."""
        self._kept.append(node)
        return self._once(id(node), lambda: self._number(node))

    def only_where(self, rows: Mask, work: Callable[[], Worked]) -> Worked:
        """Work something out that only some rows have; its problems are none of the others."""
        worked, problems = self._apart(work)
        if problems is not None:
            self._refuse_for(np.where(rows, problems, np.int32(0)))
        return worked

    def _apart(self, work: Callable[[], Worked]) -> tuple[Worked, Problems | None]:
        """Work something out and return what it refused instead of refusing it."""
        outer, self.problems = self.problems, None
        worked = work()
        problems, self.problems = self.problems, outer
        return worked, problems

    def _refuse_for(self, problems: Problems) -> None:
        if self.problems is None:
            self.problems = problems
        else:
            self.problems = np.where(self.problems == 0, problems, self.problems)

    def _once(self, key: object, work: Callable[[], Worked]) -> Worked:
        """Work something out once; whoever uses it again inherits the rows that it refused."""
        if key not in self._known:
            self._known[key] = self._apart(work)
        worked, problems = self._known[key]
        if problems is not None:
            self._refuse_for(problems)
        return cast(Worked, worked)

    def _number(self, node: Node) -> ExactColumn:
        match node:
            case nodes.Number(value=value):
                column = exact.constant(value)
            case nodes.Input(name=name):
                column = self._input(name)
            case nodes.Named(name=name, node=below):
                with self.within(name):
                    column = self.number(below)
            case nodes.Operation():
                column = self._operation(node)
            case nodes.Rounded() | nodes.RoundedUp() | nodes.Floor():
                column = self._rounded(node)
            case nodes.Compared() | nodes.Among():
                column = ExactColumn(self.holds(node).astype(np.int64), 1, 1)
            case nodes.Within() | nodes.Chosen() | nodes.Lookup():
                column = self._one_of(node)
            case nodes.Tiered():
                column = self._tiered_sum(node)
            case _:
                assert_never(node)
        return column

    def _rounded(self, node: nodes.Rounded | nodes.RoundedUp | nodes.Floor) -> ExactColumn:
        column = self.number(node.node)
        match node:
            case nodes.Rounded():
                return column.rounded_half_even()
            case nodes.RoundedUp(decimals=decimals):
                return column.rounded_half_up(decimals)
            case nodes.Floor():
                return column.rounded_down()

    def _one_of(self, node: nodes.Within | nodes.Chosen | nodes.Lookup) -> ExactColumn:
        match node:
            case nodes.Within(name=name, low=low, high=high):
                is_inside = self.lies_within(name, low, high)
                return self.number(node.inside).where(is_inside, self.number(node.outside))
            case nodes.Chosen():
                is_so = np.broadcast_to(self.holds(node.condition), (self.size,))
                return self._chosen(is_so.astype(np.int64), [node.otherwise, node.then])
            case nodes.Lookup(otherwise=rest):
                place, order = self.places(node.keys, node.table, has_rest=rest is not None)
                return self._chosen(place, [*(node.table[key] for key in order), *([] if rest is None else [rest])])

    def _input(self, name: str) -> ExactColumn:
        if name not in self.frame.columns:
            return self.refuse_all(f"needs the input {name}")
        series = self.frame[name]
        missing = series.is_null().to_numpy()
        if missing.any():
            self.refuse(missing, f"needs the input {name}")
            series = series.fill_null("0" if series.dtype == pl.String else 0)
        try:
            column = exact.from_series(series)
        except ValueError:
            column = self._readable(series)
        return self._plausible(name, column)

    def _plausible(self, name: str, column: ExactColumn) -> ExactColumn:
        """Refuse numbers that no meter and no count can be; they stand for zero from here on."""
        if column.bound >= LARGEST_INPUT * column.scale:
            large = column.exceeds(LARGEST_INPUT)
            self.refuse(large, f"the input {name} is larger than {LARGEST_INPUT:,}")
            column = exact.ZERO.where(large, column).tightened()
        if name == USAGE and column.is_negative().any():
            self.refuse(column.is_negative(), "the input usage is negative")
            column = column.maximum(exact.ZERO)
        return column

    def _readable(self, series: pl.Series) -> ExactColumn:
        """Read the numbers among texts that are not all numbers, and refuse the other rows."""
        if series.dtype != pl.String:
            return self.refuse_all(f"the input {series.name} is not an exact number")
        numbers = []
        bad = np.zeros(self.size, dtype=np.bool_)
        for row, text in enumerate(series.to_list()):
            try:
                numbers.append(exact.read_number(text))
            except ValueError:
                bad[row] = True
                numbers.append(Fraction(0))
        self.refuse(bad, f"the input {series.name} is not a number")
        return exact.exact(numbers)

    def _operation(self, node: nodes.Operation) -> ExactColumn:
        left, right = self.number(node.left), self.number(node.right)
        if node.operator is Operator.DIVIDE:
            zero = right.is_zero()
            self.refuse(np.broadcast_to(zero, (self.size,)), "divides by zero")
            return left.divided_by(exact.constant(Fraction(1)).where(zero, right))
        return _BECOMES[node.operator](left, right)

    def lies_within(self, name: str, low: Fraction, high: Fraction) -> Mask:
        """Say in which rows an input is at least `low` and at most `high`."""
        column = self.number(nodes.Input(name))
        below = (column - exact.constant(low)).is_negative()
        above = (exact.constant(high) - column).is_negative()
        return ~(below | above)

    def holds(self, node: Node) -> Mask:
        """Say in which rows a condition holds."""
        match node:
            case nodes.Compared(relation=relation, left=left, right=right):
                return _HOLDS[relation](self.number(left) - self.number(right))
            case nodes.Among(name=name, words=words):
                place, _ = self.places((name,), dict.fromkeys(words), has_rest=True)
                return np.asarray(place < len(words), dtype=np.bool_)
            case _:
                return ~self.number(node).is_zero()

    def places(
        self, names: tuple[str, ...], table: Mapping[str, object], *, has_rest: bool = False
    ) -> tuple[Rows, list[str]]:
        """Find each row's place in a table, as a number into the list of the table's keys used.

        Rows whose keys are not in the table are refused and get place 0; where the table says what the
        rest gets, they get the place after the last.
        """
        order = list(table)
        codes, found = self._once(names, lambda: self._keys(names))
        if not found:
            return np.zeros(self.size, dtype=np.int64), order
        exactly = {key: place for place, key in enumerate(order)}
        spelled = keys.by_spelling(order)
        place_of = np.empty(len(found), dtype=np.int64)
        for code, key in enumerate(found):
            # A row without a key is refused already.
            written = order[0] if key is None else key
            place = exactly.get(written, spelled.get(keys.canonical(written), -1))
            if place < 0 and has_rest:
                place = len(order)
            elif place < 0:
                self.refuse(codes == code, f"{' and '.join(names)} {key} is not in its table")
            place_of[code] = max(place, 0)
        return place_of[codes], order

    def _keys(self, names: tuple[str, ...]) -> tuple[Rows, list[str | None]]:
        """Give numbers to the distinct combinations of some inputs; a row that lacks one is refused."""
        for name in names:
            if name not in self.frame.columns:
                self.refuse_all(f"needs the input {name}")
                return np.zeros(self.size, dtype=np.int64), []
        codes, found = self._first_codes(names[0])
        for name in names[1:]:
            more, others = self._first_codes(name)
            codes, places = _dense(codes * len(others) + more)
            pairs = [(found[each // len(others)], others[each % len(others)]) for each in places]
            found = [None if a is None or b is None else f"{a}|{b}" for a, b in pairs]
        if None in found:
            missing = np.isin(codes, [code for code, key in enumerate(found) if key is None])
            self.refuse(missing, f"needs the input {' and '.join(names)}")
        return codes, found

    def _first_codes(self, name: str) -> tuple[Rows, list[str | None]]:
        series = self.frame[name]
        if series.dtype != pl.String:
            series = series.cast(pl.String)
        distinct = series.unique(maintain_order=True)
        codes = series.cast(pl.Enum(distinct.drop_nulls())).to_physical().cast(pl.Int64)
        found: list[str | None] = [*distinct.drop_nulls().to_list()]
        if distinct.null_count():
            codes = codes.fill_null(len(found))
            found.append(None)
        return codes.to_numpy(), found

    def _chosen(self, place: Rows, choices: Sequence[Node]) -> ExactColumn:
        """Pick for each row one of several nodes; only the nodes that a row picks are worked out."""
        plain = [each.value for each in choices if isinstance(each, nodes.Number)]
        if len(plain) == len(choices):
            return exact.exact(plain).take(place) if len(plain) > 1 else exact.constant(plain[0])
        column = exact.ZERO
        for number in np.unique(place).tolist():
            mine = place == number
            value, problems = self._apart(partial(self.number, choices[number]))
            column = value.where(mine, column)
            # A problem of this choice is none of the rows that chose another.
            if problems is not None:
                self._refuse_for(np.where(mine, problems, np.int32(0)))
        return column

    def list_of(self, node: NodeList) -> tuple[Rows, list[ExactColumn]]:
        """Work out a list for all rows: how long it is in each row, and its columns."""
        self._kept.append(node)
        return self._once(id(node), lambda: self._list(node))

    def _list(self, node: NodeList) -> tuple[Rows, list[ExactColumn]]:
        if node.keys:
            place, order = self.places(node.keys, node.table)
        else:
            place, order = np.zeros(self.size, dtype=np.int64), list(node.table)
        rows = [node.table[key] for key in order]
        lengths = np.array([len(each) for each in rows], dtype=np.int64)[place]
        nothing = nodes.Number(Fraction(0))
        columns = []
        for position in range(node.longest):
            choices = [each[position] if position < len(each) else nothing for each in rows]
            alone = len(choices) == 1
            columns.append(self.number(choices[0]) if alone else self._chosen(place, choices))
        return lengths, columns

    def tiers(self, node: nodes.Tiered) -> list[TierColumns]:
        """Split usage over the tiers; the quantities sum to the usage (INV-9)."""
        self._kept.append(node)
        return self._once(("tiers", id(node)), lambda: self._tiers(node))

    def _tiers(self, node: nodes.Tiered) -> list[TierColumns]:
        usage = self.number(node.usage)
        counts, bounds = self.list_of(node.bounds)
        priced, prices = self.list_of(node.prices)
        self.refuse(counts + 1 != priced, "has not as many tier prices as tiers")
        several = len(node.bounds.table) > 1
        reached, tiers = exact.ZERO, []
        for number, price in enumerate(prices):
            if number >= len(bounds):
                # Above the last bound there is no ceiling.
                quantity, bound = (usage - reached).maximum(exact.ZERO), reached
            else:
                bound = bounds[number].maximum(reached)
                if several:
                    bound = bound.where(counts > number, usage.maximum(reached))
                quantity = (usage.minimum(bound) - reached).maximum(exact.ZERO)
            tiers.append(TierColumns(quantity, price, reached, bound, counts > number))
            reached = bound
        return tiers

    def _tiered_sum(self, node: nodes.Tiered) -> ExactColumn:
        total = exact.ZERO
        for tier in self.tiers(node):
            total = total + tier.quantity * tier.price
        return total


def _dense(codes: Rows) -> tuple[Rows, list[int]]:
    """Give numbers to the distinct codes that occur, and return which they are."""
    distinct, numbers = np.unique(codes, return_inverse=True)
    return numbers.reshape(codes.shape).astype(np.int64), distinct.tolist()
