"""One component of a tariff: exactly one way of charging, with its quantity, proration and section."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from curbstop.rates.domain import nodes
from curbstop.rates.domain.documents import Text
from curbstop.rates.domain.nodes import Input, Node, Number, Operation, Operator, RoundedUp, Within
from curbstop.rates.domain.schedule import (
    Charge,
    Heading,
    Minimum,
    Percent,
    Priced,
    PricedByTier,
    Proration,
)
from curbstop.rates.domain.tariff.fields import Section
from curbstop.rates.domain.tariff.tiers import read_tiers

DAYS, USAGE = "days", "usage"
PRICE_DECIMALS = 8  # a daily rate is stored to eight decimals (rulebook §0.1)
WIDTH_DECIMALS = 4  # a prorated width of a tier, like usage, is kept to four
ONE = Number(Fraction(1))


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a tariff says once for all its components."""

    unit: str
    section: str
    proration: Proration | None
    months: Fraction | None
    multiplier: Node | None


@dataclass(frozen=True, slots=True)
class Component:
    """A charge and the classes of customers that pay it; no classes means all of them."""

    charge: Charge
    classes: tuple[str, ...]


_COMMON = ("key", "service", "label", "section", "classes", "unit")
_FORMS: dict[str, tuple[str, ...]] = {
    "base": ("prorate", "multiplier"),
    "per_day": ("quantity", "multiplier"),
    "price": ("quantity", "included", "prorate", "multiplier"),
    "tiers": ("quantity", "included", "prorate", "multiplier"),
    "minimum": ("of", "prorate"),
    "percent": ("of", "cap_per_month"),
}


def read_component(section: Section, defaults: Defaults, before: Sequence[Component]) -> Component:
    """Read one component; `before` are those above it, which it may build on.

    :raises TariffProblem: if a field is missing, wrong or of no known name
    """
    forms = [form for form in _FORMS if form in section.values]
    if len(forms) != 1:
        raise section.problem("key", f"expected exactly one of {', '.join(_FORMS)}")
    (form,) = forms
    section.allow((*_COMMON, form, *_FORMS[form]))
    heading = _heading(section, defaults)
    if any(each.charge.heading.key == heading.key for each in before):
        raise section.problem("key", f"“{heading.key}” is used twice")
    reader = _Reader(section, defaults, heading)
    readers: dict[str, Callable[[], Charge]] = {
        "base": reader.base,
        "per_day": reader.per_day,
        "price": reader.price,
        "tiers": reader.tiers,
        "minimum": lambda: reader.minimum(_keys_above(section, before)),
        "percent": lambda: reader.percent(_keys_above(section, before)),
    }
    return Component(readers[form](), section.names("classes"))


def _heading(section: Section, defaults: Defaults) -> Heading:
    label = section.section("label")
    if label is None:
        raise section.problem("label", "is missing; expected en and es")
    label.allow(("en", "es"))
    cited = section.text("section", defaults.section)
    if not cited:
        raise section.problem("section", "cite the section of the code that sets this charge")
    return Heading(
        key=section.name("key"),
        service=section.text("service"),
        label_en=label.text("en"),
        label_es=label.text("es"),
        section=cited,
        unit=section.text("unit", ""),
    )


def _keys_above(section: Section, before: Sequence[Component]) -> tuple[str, ...]:
    known = {each.charge.heading.key for each in before}
    keys = section.names("of")
    if not keys:
        raise section.problem("of", "is missing; name the components above that it is counted on")
    for key in keys:
        if key not in known:
            raise section.problem("of", f"“{key}” is not a component above this one")
    return keys


class _Reader:
    """The ways of charging, for one component."""

    def __init__(self, section: Section, defaults: Defaults, heading: Heading) -> None:
        self.section = section
        self.defaults = defaults
        self.heading = heading

    def base(self) -> Charge:
        """Charge once for the period, by day where the period departs from the standard."""
        amount = self._multiplied(self.section.amount("base"))
        heading = self._in("period")
        proration = self._proration("days")
        if proration is None:
            return Priced(heading=heading, quantity=ONE, price=amount)
        daily = RoundedUp(Operation(Operator.DIVIDE, amount, Number(proration.standard_days)), PRICE_DECIMALS)
        return Priced(
            heading=heading,
            quantity=_where_standard(proration, ONE, Input(DAYS)),
            price=_where_standard(proration, amount, daily),
            proration=proration,
        )

    def per_day(self) -> Charge:
        """Charge a daily rate, for one or for each unit, cart or acre of a quantity."""
        price = self._multiplied(self.section.amount("per_day"))
        if "quantity" not in self.section.values:
            return Priced(heading=self._in("day"), quantity=Input(DAYS), price=price)
        quantity = nodes.multiply(Input(DAYS), self._quantity())
        # Sixty-one days of two units are 122 unit days: a bill that said "122 ERU" would be read wrong.
        unit = f"{self.heading.unit}_day" if self.heading.unit else "day"
        return Priced(heading=replace(self.heading, unit=unit), quantity=quantity, price=price)

    def price(self) -> Charge:
        """Charge a price for each unit of a quantity."""
        price = self._multiplied(self.section.amount("price"))
        quantity = self._without_included(self._quantity())
        return Priced(heading=self._in(self._unit()), quantity=quantity, price=price)

    def tiers(self) -> Charge:
        """Charge by tier; widths follow the days where the period departs from the standard."""
        proration = self._proration("widths")
        bounds, prices = read_tiers(self.section, lambda bound: self._width(bound, proration), self._multiplied)
        usage = self._without_included(self._quantity())
        return PricedByTier(
            heading=self._in(self._unit()),
            tiered=nodes.Tiered(usage, bounds, prices),
            proration=proration,
        )

    def minimum(self, keys: tuple[str, ...]) -> Charge:
        """Charge what some charges together lack to a least amount, for a period or for each day."""
        form = self.section.section("minimum")
        if form is None:
            least = self._by_days(Number(self.section.number("minimum")))
            return Minimum(heading=self._in("period"), least=least, of=keys)
        form.allow(("per_day", "per_period"))
        if "per_day" in form.values:
            least = nodes.multiply(Input(DAYS), form.amount("per_day"))
        else:
            least = self._by_days(form.amount("per_period"))
        return Minimum(heading=self._in("period"), least=least, of=keys)

    def percent(self, keys: tuple[str, ...]) -> Charge:
        """Charge a percentage of the rounded lines of some charges, capped for each month."""
        share = self.section.number("percent") / 100
        cap = None
        if "cap_per_month" in self.section.values:
            if self.defaults.months is None:
                raise self.section.problem("cap_per_month", "needs the tariff's period.months")
            cap = Number(self.section.number("cap_per_month") * self.defaults.months)
        return Percent(heading=self._in("percent"), share=share, of=keys, cap=cap)

    def _in(self, unit: str) -> Heading:
        heading = self.heading
        return Heading(
            key=heading.key,
            service=heading.service,
            label_en=heading.label_en,
            label_es=heading.label_es,
            section=heading.section,
            unit=heading.unit or unit,
        )

    def _unit(self) -> str:
        counts_usage = self._quantity_name() == USAGE
        return self.defaults.unit if counts_usage else "each"

    def _quantity_name(self) -> str:
        form = self.section.values.get("quantity")
        if form is None:
            return USAGE
        if isinstance(form, Text):
            return self.section.name("quantity")
        below = self.section.section("quantity")
        return USAGE if below is None else below.name("of", USAGE)

    def _quantity(self) -> Node:
        """Read what is counted: usage, or an input; `at_most` is a number or another input."""
        counted: Node = Input(self._quantity_name())
        form = self.section.values.get("quantity")
        if form is None or isinstance(form, Text):
            return counted
        below = self.section.section("quantity")
        if below is not None:
            below.allow(("of", "at_most"))
            most = below.values.get("at_most")
            if isinstance(most, Text) and most.value[:1].isalpha():
                counted = Operation(Operator.MINIMUM, counted, Input(below.name("at_most")))
            elif most is not None:
                counted = Operation(Operator.MINIMUM, counted, below.amount("at_most"))
        return counted

    def _without_included(self, quantity: Node) -> Node:
        """Take off the units that the fixed charge includes, prorated like a tier's width."""
        if "included" not in self.section.values:
            if "prorate" in self.section.values and "price" in self.section.values:
                raise self.section.problem("prorate", "there is nothing to prorate in a price for a unit")
            return quantity
        included = self._width(self.section.amount("included"), self._proration("widths"))
        beyond = Operation(Operator.SUBTRACT, quantity, included)
        return Operation(Operator.MAXIMUM, beyond, Number(Fraction(0)))

    def _proration(self, way: str) -> Proration | None:
        asked = self.section.text("prorate", way if self.defaults.proration else "none")
        if asked not in {way, "none"}:
            raise self.section.problem("prorate", f"expected {way} or none")
        if asked == way and self.defaults.proration is None:
            raise self.section.problem("prorate", "needs the tariff's period.standard_days")
        return None if asked == "none" else self.defaults.proration

    def _by_days(self, amount: Node) -> Node:
        proration = self._proration("days")
        if proration is None:
            return amount
        daily = RoundedUp(Operation(Operator.DIVIDE, amount, Number(proration.standard_days)), PRICE_DECIMALS)
        return _where_standard(proration, amount, nodes.multiply(Input(DAYS), daily))

    @staticmethod
    def _width(bound: Node, proration: Proration | None) -> Node:
        if proration is None:
            return bound
        per_day = Operation(Operator.DIVIDE, bound, Number(proration.standard_days))
        width = RoundedUp(nodes.multiply(Input(DAYS), per_day), WIDTH_DECIMALS)
        return _where_standard(proration, bound, width)

    def _multiplied(self, price: Node) -> Node:
        """Multiply a price, as for customers outside the city; `multiplier: none` opts out."""
        value = self.section.values.get("multiplier")
        if isinstance(value, Text) and value.value == "none":
            return price
        multiplier = self.defaults.multiplier
        if value is not None:
            multiplier = self.section.amount("multiplier")
        if multiplier is None:
            return price
        return RoundedUp(nodes.multiply(price, multiplier), PRICE_DECIMALS)


def _where_standard(proration: Proration, standard: Node, otherwise: Node) -> Node:
    return Within(DAYS, proration.as_is_from, proration.as_is_to, standard, otherwise)
