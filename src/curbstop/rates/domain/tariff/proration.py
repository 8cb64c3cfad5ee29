"""Charges for a period that is longer or shorter than the standard one, or only a part of one.

`days` counts each day; `nearest` counts whole standard periods, as if each had been billed (Pasadena); `started` counts
any part of one as a whole. Within the lengths that count as standard nothing changes (Lafayette).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from curbstop.rates.domain import nodes
from curbstop.rates.domain.nodes import Floor, Input, Node, Number, Operation, Operator, RoundedUp, Within
from curbstop.rates.domain.schedule import Proration
from curbstop.rates.domain.tariff.scope import DAYS, PERIOD_DAYS, WIDTH_DECIMALS, Scope

PRICE_DECIMALS = 8  # a daily rate is stored to eight decimals (rulebook §0.1)
ONE, NOTHING = Number(Fraction(1)), Number(Fraction(0))
BY_DAYS, NEAREST, STARTED, NEVER = "days", "nearest", "started", "none"
WAYS = (BY_DAYS, NEAREST, STARTED, NEVER)


@dataclass(frozen=True, slots=True)
class Fixed:
    """How often a fixed charge is counted, and at what price; in days where `proration` says so."""

    quantity: Node
    price: Node
    proration: Proration | None = None
    unit: str = "period"


@dataclass(frozen=True, slots=True)
class Prorating:
    """One way of prorating, in a whole period or in a part of one."""

    scope: Scope
    way: str
    standard: Proration | None

    def fixed(self, amount: Node) -> Fixed:
        """Return a charge for the period: once, or by its days or standard periods."""
        if self.scope.is_part:
            return Fixed(Input(DAYS), self._daily_in_part(amount), unit="day")
        if self.standard is None:
            return Fixed(ONE, amount)
        if self.way != BY_DAYS:
            return Fixed(self._periods(DAYS), amount)
        daily = RoundedUp(_over(amount, Number(self.standard.standard_days)), PRICE_DECIMALS)
        return Fixed(
            self._where_standard(DAYS, ONE, Input(DAYS)), self._where_standard(DAYS, amount, daily), self.standard
        )

    def total(self, amount: Node) -> Node:
        """Return an amount for the period as one number, such as a minimum bill."""
        if self.standard is None and not self.scope.is_part:
            return amount
        if self.standard is not None and self.way == BY_DAYS and not self.scope.is_part:
            daily = RoundedUp(_over(amount, Number(self.standard.standard_days)), PRICE_DECIMALS)
            return self._where_standard(DAYS, amount, nodes.multiply(Input(DAYS), daily))
        fixed = self.fixed(amount)
        return nodes.multiply(fixed.quantity, fixed.price)

    def per_count(self, price: Node) -> Node:
        """Return the price of something that does not grow with the days, such as a cart."""
        if self.scope.is_part:
            daily = nodes.multiply(price, self._periods(PERIOD_DAYS))
            part = _over(nodes.multiply(daily, Input(DAYS)), Input(PERIOD_DAYS))
            return RoundedUp(part, PRICE_DECIMALS)
        if self.standard is None:
            return price
        return RoundedUp(nodes.multiply(price, self._periods(DAYS)), PRICE_DECIMALS)

    def width(self, bound: Node) -> Node:
        """Return where a tier ends, or how much is included, for the days of the period (rulebook §2.3)."""
        if self.standard is None or self.scope.is_by_days(bound):
            return self.scope.share(bound)
        days = PERIOD_DAYS if self.scope.is_part else DAYS
        if self.way == BY_DAYS:
            per_day = _over(bound, Number(self.standard.standard_days))
            otherwise: Node = RoundedUp(nodes.multiply(Input(days), per_day), WIDTH_DECIMALS)
        else:
            otherwise = nodes.multiply(bound, self._count(days))
        return self.scope.share(self._where_standard(days, bound, otherwise))

    def _daily_in_part(self, amount: Node) -> Node:
        whole = nodes.multiply(amount, self._periods(PERIOD_DAYS))
        return RoundedUp(_over(whole, Input(PERIOD_DAYS)), PRICE_DECIMALS)

    def _periods(self, days: str) -> Node:
        """Return how many standard periods the whole period is."""
        return ONE if self.standard is None else self._where_standard(days, ONE, self._count(days))

    def _count(self, days: str) -> Node:
        assert self.standard is not None, "only a standard period can be counted"
        periods = _over(Input(days), Number(self.standard.standard_days))
        match self.way:
            case "nearest":
                return Operation(Operator.MAXIMUM, RoundedUp(periods, 0), ONE)
            case "started":
                return Operation(Operator.SUBTRACT, NOTHING, Floor(Operation(Operator.SUBTRACT, NOTHING, periods)))
            case _:
                return periods

    def _where_standard(self, days: str, standard: Node, otherwise: Node) -> Node:
        assert self.standard is not None, "there is a standard to compare with"
        return Within(days, self.standard.as_is_from, self.standard.as_is_to, standard, otherwise)


def _over(left: Node, right: Node) -> Node:
    """Divide, and keep both numbers: a derivation shows the standard days that an amount is divided by."""
    return Operation(Operator.DIVIDE, left, right)
