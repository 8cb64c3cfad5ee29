"""One component of a tariff: exactly one way of charging, with its heading and the classes that pay it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from curbstop.rates.domain.schedule import Charge, Heading
from curbstop.rates.domain.tariff.fields import Section
from curbstop.rates.domain.tariff.forms import Defaults, Form


@dataclass(frozen=True, slots=True)
class Component:
    """A charge and the classes of customers that pay it; no classes means all of them."""

    charge: Charge
    classes: tuple[str, ...]


_COMMON = ("key", "service", "label", "section", "classes", "unit", "when")
_FORMS: dict[str, tuple[str, ...]] = {
    "base": ("prorate", "for_days", "multiplier"),
    "per_day": ("quantity", "multiplier"),
    "price": ("quantity", "included", "prorate", "for_days", "multiplier"),
    "tiers": ("quantity", "included", "prorate", "for_days", "multiplier"),
    "minimum": ("of", "prorate", "for_days"),
    "maximum": ("of", "prorate", "for_days"),
    "percent": ("of", "of_unit_price", "decimals", "cap_per_month"),
    "discount": ("of", "prorate", "for_days"),
    "discount_percent": ("of", "cap_per_month"),
}


def read_component(section: Section, defaults: Defaults, before: Sequence[Component]) -> Component:
    """Read one component; `before` are those above it, which it may build on.

    :raises TariffProblem: if a field is missing, wrong or of no known name
    """
    forms = [form for form in _FORMS if form in section.values]
    if len(forms) != 1:
        raise section.problem("key", f"expected exactly one of {', '.join(_FORMS)}")
    (name,) = forms
    section.allow((*_COMMON, name, *_FORMS[name]))
    heading = _heading(section, defaults)
    if any(each.charge.heading.key == heading.key for each in before):
        raise section.problem("key", f"“{heading.key}” is used twice")
    form = Form(section, defaults, heading)
    if name == "percent" and "of_unit_price" in section.values:
        return Component(form.percent_of_price(_charge_above(section, before)), section.names("classes"))
    keys = _keys_above(section, before) if "of" in _FORMS[name] else ()
    readers: dict[str, Callable[[], Charge]] = {
        "base": form.base,
        "per_day": form.per_day,
        "price": form.price,
        "tiers": form.tiers,
        "minimum": lambda: form.minimum(keys),
        "maximum": lambda: form.maximum(keys),
        "percent": lambda: form.percent(keys),
        "discount": lambda: form.discount(keys),
        "discount_percent": lambda: form.discount_percent(keys),
    }
    return Component(readers[name](), section.names("classes"))


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


def _charge_above(section: Section, before: Sequence[Component]) -> Charge:
    key = section.text("of_unit_price")
    for each in before:
        if each.charge.heading.key == key:
            return each.charge
    raise section.problem("of_unit_price", f"“{key}” is not a component above this one")
