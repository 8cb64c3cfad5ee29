"""The ways in which a component of a tariff can charge: each becomes a charge with its quantity and price."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial, reduce

from curbstop.rates.domain import nodes
from curbstop.rates.domain.documents import Text
from curbstop.rates.domain.given import MONTHS_STARTED
from curbstop.rates.domain.nodes import Input, Node, Number, Operation, Operator, RoundedUp
from curbstop.rates.domain.schedule import (
    Charge,
    Discount,
    Heading,
    Maximum,
    Minimum,
    Percent,
    Priced,
    PricedByTier,
    Proration,
)
from curbstop.rates.domain.tariff.amounts import amount, condition, limit, named
from curbstop.rates.domain.tariff.fields import Section
from curbstop.rates.domain.tariff.proration import BY_DAYS, NEVER, NOTHING, ONE, PRICE_DECIMALS, WAYS, Prorating
from curbstop.rates.domain.tariff.scope import DAYS, LINE_DECIMALS, USAGE
from curbstop.rates.domain.tariff.tiers import read_tiers

CENTS = 2
MOST_DECIMALS = 8


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a tariff says once for all its components."""

    unit: str
    section: str
    proration: Proration | None
    way: str
    months: Node | None
    multiplier: Node | None


class Form:
    """The ways of charging, for one component."""

    def __init__(self, section: Section, defaults: Defaults, heading: Heading) -> None:
        self.section = section
        self.scope = section.scope
        self.defaults = defaults
        self.heading = heading
        self.when = condition(section, "when")

    def base(self) -> Charge:
        """Charge once for the period, by day where the period departs from the standard."""
        fixed = self._prorating().fixed(self._multiplied(amount(self.section, "base")))
        return Priced(
            heading=self._in(fixed.unit),
            quantity=fixed.quantity,
            price=fixed.price,
            proration=fixed.proration,
            when=self.when,
        )

    def per_day(self) -> Charge:
        """Charge a daily rate, for one or for each unit, cart or acre of a quantity."""
        price = self._multiplied(amount(self.section, "per_day"))
        if "quantity" not in self.section.values:
            return Priced(heading=self._in("day"), quantity=Input(DAYS), price=price, when=self.when)
        quantity = nodes.multiply(Input(DAYS), self._quantity())
        # Sixty-one days of two units are 122 unit days: a bill that said "122 ERU" would be read wrong.
        unit = f"{self.heading.unit}_day" if self.heading.unit else "day"
        return Priced(heading=replace(self.heading, unit=unit), quantity=quantity, price=price, when=self.when)

    def price(self) -> Charge:
        """Charge a price for each unit of a quantity."""
        counted = self._quantity()
        price = self._per_unit(self._multiplied(amount(self.section, "price")), counted)
        quantity = self._without_included(counted)
        return Priced(heading=self._in(self._unit(counted)), quantity=quantity, price=price, when=self.when)

    def tiers(self) -> Charge:
        """Charge by tier; widths follow the days where the period departs from the standard."""
        counted = self._quantity()
        is_by_days = self.scope.is_by_days(counted)
        prorating = self._prorating("widths")
        bounds, prices = read_tiers(
            self.section,
            prorating.width if is_by_days else lambda bound: bound,
            lambda price: self._per_unit(self._multiplied(price), counted),
        )
        is_prorated = is_by_days and prorating.way == BY_DAYS and not self.scope.is_part
        return PricedByTier(
            heading=self._in(self._unit(counted)),
            tiered=nodes.Tiered(self._without_included(counted), bounds, prices),
            proration=prorating.standard if is_prorated else None,
            when=self.when,
        )

    def minimum(self, keys: tuple[str, ...]) -> Charge:
        """Charge what some charges together lack to a least amount, for a period or for each day."""
        return Minimum(heading=self._in("period"), least=self._for_period("minimum"), of=keys, when=self.when)

    def maximum(self, keys: tuple[str, ...]) -> Charge:
        """Credit what some charges together have above a greatest amount, such as a share of an income."""
        return Maximum(heading=self._in("period"), most=self._for_period("maximum"), of=keys, when=self.when)

    def percent(self, keys: tuple[str, ...]) -> Charge:
        """Charge a percentage of the rounded lines of some charges, capped for each month."""
        if "decimals" in self.section.values:
            raise self.section.problem("decimals", "is for a percentage of the unit price; name it `of_unit_price`")
        share = self._share("percent")
        return Percent(heading=self._in("percent"), share=share, of=keys, cap=self._cap(), when=self.when)

    def percent_of_price(self, charge: Charge) -> Charge:
        """Charge a percentage of each unit's price, rounded before it is multiplied (WX-2.2d)."""
        if self.section.values.keys() & {"of", "cap_per_month"}:
            raise self.section.problem("of_unit_price", "has no `of` and no cap beside it")
        share = self._share("percent")
        decimals = self.section.number("decimals")
        if decimals.denominator != 1 or decimals > MOST_DECIMALS:
            raise self.section.problem("decimals", f"expected a whole number up to {MOST_DECIMALS}")

        def of(price: Node) -> Node:
            return RoundedUp(nodes.multiply(price, share), int(decimals))

        conditions = [each for each in (charge.when, self.when) if each is not None]
        when = reduce(partial(Operation, Operator.MINIMUM), conditions) if conditions else None
        heading = self._in(charge.heading.unit)
        match charge:
            case Priced():
                return replace(charge, heading=heading, price=of(charge.price), when=when)
            case PricedByTier(tiered=tiered):
                table = {key: tuple(map(of, row)) for key, row in tiered.prices.table.items()}
                prices = nodes.NodeList(tiered.prices.field, tiered.prices.keys, table)
                return replace(charge, heading=heading, tiered=replace(tiered, prices=prices), when=when)
            case _:
                raise self.section.problem("of_unit_price", "expected a component with a price for each unit")

    def discount(self, keys: tuple[str, ...]) -> Charge:
        """Credit an amount, but never more than the charges that it is taken off."""
        return Discount(heading=self._in("period"), of=keys, amount=self._for_period("discount"), when=self.when)

    def discount_percent(self, keys: tuple[str, ...]) -> Charge:
        """Credit a percentage of some charges, up to a cap for each month."""
        share = Operation(Operator.MINIMUM, self._share("discount_percent"), ONE)
        cap = self._cap()
        heading = self._in("percent" if cap is None else "period")
        return Discount(heading=heading, of=keys, share=share, amount=cap, when=self.when)

    def _share(self, field: str) -> Node:
        share = nodes.divide(amount(self.section, field), Number(Fraction(100)))
        if not isinstance(share, Number):
            return RoundedUp(share, LINE_DECIMALS)
        if (share.value * 10**LINE_DECIMALS).denominator != 1:
            raise self.section.problem(field, "a percentage has at most 6 decimals")
        return share

    def _cap(self) -> Node | None:
        if "cap_per_month" not in self.section.values:
            return None
        if self.defaults.months is None:
            raise self.section.problem("cap_per_month", "needs the tariff's period.months")
        cap = nodes.multiply(limit(self.section, "cap_per_month"), self.defaults.months)
        return self.scope.share(cap, CENTS)

    def _for_period(self, field: str) -> Node:
        """Read an amount for the period: as it is, `per_period`, or `per_day`."""
        prorating = self._prorating()
        form = self.section.section(field) if not isinstance(self.section.values[field], Text) else None
        if form is None or not form.values.keys() & {"per_day", "per_period"}:
            whole = amount(self.section, field)
        else:
            form.allow(("per_day", "per_period"))
            if "per_day" in form.values:
                return nodes.multiply(Input(DAYS), amount(form, "per_day"))
            whole = amount(form, "per_period")
        # What is reckoned from the days itself, such as a share of a yearly income, is not prorated again.
        return whole if self.scope.is_by_days(whole) else prorating.total(whole)

    def _in(self, unit: str) -> Heading:
        return replace(self.heading, unit=self.heading.unit or unit)

    def _unit(self, counted: Node) -> str:
        return self.defaults.unit if USAGE in nodes.inputs_of(counted) else "each"

    def _quantity(self) -> Node:
        """Read what is counted: usage, an input or a quantity of the tariff; perhaps within limits."""
        form = self.section.values.get("quantity")
        if form is None:
            return self.scope.resolve(USAGE)
        if isinstance(form, Text):
            return self._exact(named(self.section, "quantity"))
        below = self.section.section("quantity")
        if below is None or "formula" in below.values:
            return amount(self.section, "quantity")
        below.allow(("of", "at_most", "at_least", "above"))
        counted = named(below, "of") if "of" in below.values else self.scope.resolve(USAGE)
        for field, operator in (("at_most", Operator.MINIMUM), ("at_least", Operator.MAXIMUM)):
            if field in below.values:
                counted = Operation(operator, counted, self._limit_of(below, field))
        if "above" in below.values:
            beyond = Operation(Operator.SUBTRACT, counted, self._limit_of(below, "above"))
            counted = Operation(Operator.MAXIMUM, beyond, NOTHING)
        return self._exact(counted)

    def _limit_of(self, below: Section, field: str) -> Node:
        """Read a limit of a quantity: an amount, or the name of an input such as an average."""
        value = below.values[field]
        if isinstance(value, Text) and value.value[:1].isalpha():
            return named(below, field)
        bound = limit(below, field)
        return self._prorating("widths").width(bound) if self._limits_are_prorated() else self.scope.share(bound)

    def _limits_are_prorated(self) -> bool:
        return "prorate" in self.section.values

    @staticmethod
    def _exact(counted: Node) -> Node:
        """Round what a formula gave to the decimals that a line shows."""
        is_plain = isinstance(counted, (Input, Number)) or not isinstance(nodes.bare(counted), Operation)
        return counted if is_plain else RoundedUp(counted, LINE_DECIMALS)

    def _without_included(self, quantity: Node) -> Node:
        """Take off the units that the fixed charge includes, prorated like a tier's width."""
        if "included" not in self.section.values:
            if "prorate" in self.section.values and "price" in self.section.values and self.scope.is_by_days(quantity):
                raise self.section.problem("prorate", "there is nothing to prorate in a price for a unit")
            return quantity
        included = limit(self.section, "included")
        if self.scope.is_by_days(quantity):
            included = self._prorating("widths").width(included)
        beyond = Operation(Operator.SUBTRACT, quantity, included)
        return Operation(Operator.MAXIMUM, beyond, NOTHING)

    def _per_unit(self, price: Node, counted: Node) -> Node:
        """Return the price of a unit; a cart costs its price for the period, however often the period is billed."""
        if self.scope.is_by_days(counted):
            return price
        way = self.section.text("prorate", NEVER)
        return self._prorating(way if way in WAYS else NEVER, default=NEVER).per_count(price)

    def _prorating(self, usual: str = BY_DAYS, default: str = "") -> Prorating:
        """Read how the component is prorated; `widths` is what days are called where they make tiers wider."""
        standard = self._standard()
        asked = self.section.text("prorate", default or (self._usual(usual) if standard else NEVER))
        if asked not in {usual, *(each for each in WAYS if each != BY_DAYS)}:
            raise self.section.problem("prorate", f"expected {usual}, nearest, started or none")
        if asked != NEVER and standard is None:
            raise self.section.problem("prorate", "needs the tariff's period.standard_days, or for_days")
        way = BY_DAYS if asked == usual else asked
        return Prorating(self.scope, way, None if asked == NEVER else standard)

    def _usual(self, usual: str) -> str:
        return usual if self.defaults.way == BY_DAYS else self.defaults.way

    def _standard(self) -> Proration | None:
        """Return the days that the component's amount is for, where it says so, or the tariff's."""
        if "for_days" not in self.section.values:
            return self.defaults.proration
        days = self.section.number("for_days")
        if days < 1:
            raise self.section.problem("for_days", "expected at least one day")
        return Proration(days, days, days)

    def _multiplied(self, price: Node) -> Node:
        """Multiply a price, as for customers outside the city; `multiplier: none` opts out."""
        value = self.section.values.get("multiplier")
        if isinstance(value, Text) and value.value == "none":
            return price
        multiplier = self.defaults.multiplier if value is None else amount(self.section, "multiplier")
        if multiplier is None:
            return price
        return RoundedUp(nodes.multiply(price, multiplier), PRICE_DECIMALS)


def months_of(section: Section) -> Node | None:
    """Read how many months a period is: a number, or `started` for its calendar months."""
    value = section.values.get("months")
    if value is None:
        return None
    if isinstance(value, Text) and value.value == "started":
        return Input(MONTHS_STARTED)
    return Number(section.number("months"))
