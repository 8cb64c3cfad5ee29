"""How a printed line came about, in words that a clerk can read to a customer, in English or Spanish.

The rate engine writes a derivation for machines: `{"tier": 1, "up_to": "10.1667", "days": "61", …}`.
Here it becomes "10.1667 CCF × $4.37" and "the first 10.1667 CCF; widths for 61 days instead of 60".
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, Protocol, TypeVar

from curbstop.billing.domain.comparing import Change, Part
from curbstop.billing.domain.wording import CHANGES, FALLBACK_LANGUAGE, MONTHS, UNITS, WHY
from curbstop.foundation.money import format_cents


class Line(Protocol):
    """What an explanation needs of a line, drafted or released."""

    @property
    def component(self) -> str:
        """Return the key of the charge."""

    @property
    def label(self) -> str:
        """Return its printed name."""

    @property
    def quantity(self) -> Decimal:
        """Return what was counted."""

    @property
    def unit(self) -> str:
        """Return what it was counted in."""

    @property
    def unit_price(self) -> Decimal:
        """Return the price of one."""

    @property
    def derivation(self) -> Mapping[str, Any]:
        """Return what the rate engine wrote down."""


# The shapes of formulas that a tariff's own fields make: an upper bound, and units that cost nothing.
_AT_MOST = re.compile(r"min\(usage,([a-z_0-9.]+)\)")
_INCLUDED = re.compile(r"max\(\(.+-([a-z_0-9.]+)\),0\)")
AnyLine = TypeVar("AnyLine", bound=Line)
AnyText = TypeVar("AnyText")


@dataclass(frozen=True, slots=True)
class Explained(Generic[AnyLine]):
    """One line with its quantity times its price, and the rest of its derivation as a sentence."""

    line: AnyLine
    label: str
    how: str
    why: str


def explained(
    lines: Sequence[AnyLine], language: str = FALLBACK_LANGUAGE, labels: Mapping[str, str] | None = None
) -> tuple[Explained[AnyLine], ...]:
    """Return the lines of one bill explained; `labels` translates a component where the line is in English."""
    named = {line.component: line.label for line in lines} | {
        component: label for component, label in (labels or {}).items() if label
    }
    return tuple(
        Explained(
            line,
            with_step(named[line.component], line.derivation, language),
            how(line.quantity, line.unit, line.unit_price, line.derivation, language=language),
            why(line.derivation, language=language, labels=named),
        )
        for line in lines
    )


def how(
    quantity: Decimal,
    unit: str,
    unit_price: Decimal,
    derivation: Mapping[str, Any],
    *,
    language: str = FALLBACK_LANGUAGE,
) -> str:
    """Return what was multiplied: `61 days × $0.368`, or `20 % of $102.61, at most $6.00` for a tax."""
    words = _in(WHY, language)
    if unit != "percent":
        counted = f"{number(quantity)} {unit_words(unit, language, quantity)}".rstrip()
        return f"{counted} × {price(unit_price)}"
    # A tax: the quantity is the dollars it is levied on, the price a share of each.
    share = words["share"].format(percent=number(unit_price * 100), dollars=price(quantity))
    cap = derivation.get("cap")
    return share if cap is None else share + words["at_most"].format(cap=price(Decimal(cap)))


def why(
    derivation: Mapping[str, Any], *, language: str = FALLBACK_LANGUAGE, labels: Mapping[str, str] | None = None
) -> str:
    """Return what quantity and price do not say: the tier, the proration, what a tax is on, the rate in force."""
    text = "; ".join(_clauses(derivation, _in(WHY, language), language, labels or {}))
    return text[:1].upper() + text[1:]


def with_step(label: str, derivation: Mapping[str, Any], language: str = FALLBACK_LANGUAGE) -> str:
    """Return a label that tells the steps of a charge apart: `Water use, first 10.17`."""
    words = _in(WHY, language)
    above, up_to = Decimal(derivation.get("above", "0")), derivation.get("up_to")
    if above:
        return f"{label}, {words['step_above'].format(above=_rounded(above))}"
    return label if up_to is None else f"{label}, {words['step_first'].format(up_to=_rounded(Decimal(up_to)))}"


def _rounded(bound: Decimal) -> str:
    return number(round(bound, 2))


def unit_words(unit: str, language: str = FALLBACK_LANGUAGE, quantity: Decimal | None = None) -> str:
    """Return a unit as people write it, in the singular for one."""
    one, many = _in(UNITS, language).get(unit, (unit.replace("_", " "),) * 2)
    return one if quantity is not None and abs(quantity) == 1 else many


def number(value: Decimal) -> str:
    """Return a quantity without trailing zeros, thousands separated, with a true minus sign."""
    return f"{value.normalize():,f}".replace("-", "−")


def price(unit_price: Decimal) -> str:
    """Return dollars with at least two decimals, and as many more as the price has."""
    decimals = max(2, -int(unit_price.normalize().as_tuple().exponent))
    return f"${unit_price:,.{decimals}f}".replace("$-", "−$")


def long_date(day: date, language: str) -> str:
    """Return a day as people of the language write it: `November 22, 2026`."""
    month = _in(MONTHS, language)[day.month - 1]
    if language == "es":
        return f"{day.day} de {month} de {day.year}"
    return f"{month} {day.day}, {day.year}"


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """Why a bill changed, in words: the whole, and each part with its cents and what stands behind it."""

    title: str
    summary: str
    parts: tuple[tuple[str, int, str], ...]

    @property
    def short(self) -> str:
        """Return it in two or three sentences, as the printed bill says it."""
        told = (f"{name}{f' ({detail})' if detail else ''}: {signed(cents)}" for name, cents, detail in self.parts)
        return " ".join([self.summary, *(f"{'; '.join(told)}." for _ in self.parts[:1])])


def changed(change: Change, language: str = FALLBACK_LANGUAGE) -> ChangeWords:
    """Return why more or less is due than with the last bill, in words."""
    words = _in(CHANGES, language)
    way = "more" if change.cents > 0 else "less" if change.cents < 0 else "same"
    parts = tuple((words[part.cause.value], part.cents, _detail(part, words, language)) for part in change.parts)
    return ChangeWords(words["title"], words[way].format(dollars=format_cents(abs(change.cents))), parts)


def _detail(part: Part, words: Mapping[str, str], language: str) -> str:
    """Return what changed, `14 CCF instead of 10`, where numbers tell it."""
    if part.was is None or part.now is None or part.was == part.now:
        return ""
    unit = unit_words(part.unit, language, part.now)
    return words["instead_of"].format(now=number(part.now), unit=unit, was=number(part.was)).replace("  ", " ")


def signed(cents: int) -> str:
    """Return dollars with a plus or a true minus sign before them."""
    return f"{'−' if cents < 0 else '+'}{format_cents(abs(cents))}"


def _clauses(
    derivation: Mapping[str, Any], words: Mapping[str, str], language: str, labels: Mapping[str, str]
) -> Iterator[str]:
    if "tier" in derivation:
        yield _tier(derivation, words, language)
    if standard := derivation.get("prorated_from_days"):
        form = words["widths"] if "tier" in derivation else words["prorated"]
        yield form.format(days=derivation.get("days", derivation.get("quantity", "")), standard=standard)
    yield from _limits(derivation, words)
    if of := derivation.get("of"):
        *others, last = (labels.get(key, key.replace("_", " ")) for key in of)
        yield words["levied_on"].format(names=words["and"].join([*filter(None, [", ".join(others)]), last]))
    if schedule := derivation.get("schedule"):
        name = str(schedule).replace("_", " ")
        since = _day(derivation.get("version", ""), language)
        yield words["rate_since" if since else "rate"].format(name=name, since=since)


def _limits(derivation: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    """Yield what held a quantity or an amount down or up: an average, included units, a multiplier, a least amount."""
    said = derivation.get("inputs", {}) | derivation.get("values", {})
    counted = derivation.get("counted_is") or derivation.get("quantity_is") or ""
    for form, found in (("counted_at_most", _AT_MOST.search(counted)), ("included", _INCLUDED.search(counted))):
        if found and (limit := _said(said.get(found[1], found[1]))) is not None:
            yield words[form].format(number=number(limit))
    if (multiplier := _said(said.get("multiplier", "1"))) is not None and multiplier != 1:
        yield words["multiplied"].format(number=number(multiplier))
    for field in ("least", "most"):
        if (dollars := _said(derivation.get(field, ""))) is not None:
            yield words[field].format(dollars=price(dollars))
    if "period_days" in said:
        yield words["part_of"].format(days=said["period_days"])


def _said(text: str) -> Decimal | None:
    """Return a number of a derivation where it is a plain decimal, which a fraction or a name is not."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _tier(derivation: Mapping[str, Any], words: Mapping[str, str], language: str) -> str:
    unit = unit_words(derivation.get("unit", ""), language)
    above, up_to = Decimal(derivation.get("above", "0")), derivation.get("up_to")
    if up_to is None:
        form = words["tier_all"] if not above else words["tier_above"]
        return form.format(above=number(above), unit=unit).rstrip()
    form = words["tier_between"] if above else words["tier_first"]
    return form.format(above=number(above), up_to=number(Decimal(up_to)), unit=unit).rstrip()


def _day(version: str, language: str) -> str:
    """Return the day on which a version came into force, or nothing if it is named otherwise."""
    try:
        return long_date(date.fromisoformat(version), language)
    except ValueError:
        return ""


def _in(texts: Mapping[str, AnyText], language: str) -> AnyText:
    return texts.get(language, texts[FALLBACK_LANGUAGE])
