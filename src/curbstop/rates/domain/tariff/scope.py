"""What a name in a tariff stands for: usage, days, an input, or a quantity that the tariff itself works out.

The same tariff is read twice: for a whole period, and for a part of one whose other parts have other rates. In a
part, what belongs to the whole period (an average, a tier's end) is shared by days so that the parts add up (INV-9).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from curbstop.rates.domain import formulas, nodes
from curbstop.rates.domain.documents import Text, Value
from curbstop.rates.domain.nodes import Input, Named, Node, Number, Operation, Operator, RoundedUp

USAGE, DAYS = "usage", "days"
PERIOD_DAYS, DAYS_BEFORE = "period_days", "days_before"
# A prorated width of a tier, like usage, is kept to four decimals.
WIDTH_DECIMALS = 4
# What is worked out for a line is printed, and so recomputed, with eight.
LINE_DECIMALS = 8


_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


class NameProblem(ValueError):
    """A name cannot be used where it stands."""


@dataclass(frozen=True, slots=True)
class InputRule:
    """What an input counts: something that stays, something of the whole period, or of some days."""

    is_of_period: bool = False
    for_days: Fraction | None = None


@dataclass(slots=True)
class Scope:
    """The names of one tariff, for whole periods or for parts; `is_limit` where only the whole period counts."""

    rules: Mapping[str, InputRule] = field(default_factory=dict)
    quantities: Mapping[str, Value] = field(default_factory=dict)
    is_part: bool = False
    is_limit: bool = False
    under_way: list[str] = field(default_factory=list)

    @property
    def days(self) -> str:
        """Return the input that has the days of the period."""
        return PERIOD_DAYS if self.is_part and self.is_limit else DAYS

    @property
    def limits(self) -> Scope:
        """Return the scope for what limits a whole period: it knows no usage."""
        return Scope(self.rules, self.quantities, self.is_part, is_limit=True, under_way=self.under_way)

    def resolve(self, name: str) -> Node:
        """Return what a name stands for.

        :raises NameProblem: if it is defined by itself, or is usage where only a whole period counts
        """
        if not _NAME.match(name):
            raise NameProblem(f"“{name}” is not a name; expected small letters, digits and _")
        if name in self.quantities:
            return self._quantity(name)
        if name == DAYS:
            return Input(self.days)
        if name == USAGE and self.is_limit:
            raise NameProblem("what limits a period cannot depend on its usage")
        rule = self.rules.get(name, InputRule())
        if rule.for_days is not None:
            daily = Operation(Operator.DIVIDE, Input(name), Number(rule.for_days))
            days = Input(PERIOD_DAYS if self.is_part else DAYS)
            return self._of_period(RoundedUp(nodes.multiply(daily, days), WIDTH_DECIMALS))
        return self._of_period(Input(name)) if rule.is_of_period else Input(name)

    def parse(self, text: str) -> Node:
        """Return what a formula stands for.

        :raises NameProblem: if a name cannot be used
        :raises NotAFormula: if it is none
        """
        return formulas.parse_ours(text, self.resolve)

    def share(self, node: Node, decimals: int = WIDTH_DECIMALS) -> Node:
        """Return the part's share by days of what limits the whole period; the shares of all parts add up to it."""
        if not self.is_part:
            return node
        before = Input(DAYS_BEFORE)
        until = Operation(Operator.ADD, before, Input(DAYS))
        first, last = (
            RoundedUp(nodes.divide(nodes.multiply(node, each), Input(PERIOD_DAYS)), decimals)
            for each in (before, until)
        )
        return Operation(Operator.SUBTRACT, last, first)

    def is_by_days(self, node: Node) -> bool:
        """Tell whether a node grows with the days or the use of the period: parts of it add up by themselves."""
        of_period = {name for name, rule in self.rules.items() if rule.is_of_period or rule.for_days}
        return bool(nodes.inputs_of(node) & {USAGE, DAYS, PERIOD_DAYS, *of_period})

    def _of_period(self, node: Node) -> Node:
        return node if self.is_limit else self.share(node)

    def _quantity(self, name: str) -> Node:
        if name in self.under_way:
            raise NameProblem(f"{name} is defined by itself")
        text = self.quantities[name]
        if not isinstance(text, Text) or not text.value:
            raise NameProblem(f"{name} is no formula")
        self.under_way.append(name)
        node = self.parse(text.value)
        self.under_way.pop()
        return Named(name, node)
