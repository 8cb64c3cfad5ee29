"""The checker: recomputes a bill from what its lines say of themselves, and from nothing else.

It shares no code with the rate engine and imports nothing but its own formulas, so that a mistake in one is not a
mistake in both. Everything it knows is in docs/derivations.md: `quantity_is` "min(usage,winter_average)" with `inputs`
14 and 6 is 6, times `unit_price` 2.50 is 15.00, and 15.00 is what the line must charge.
"""

import json
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache
from typing import Any, NamedTuple

from curbstop.billing.domain.checked_formulas import CARRIED, KEPT, ONE, READ, ZERO, Numbers, Unreadable, formula_of

EIGHT = Decimal("1e-8")
CENTS = Decimal("0.01")
HUNDRED = Decimal(100)
COUNTED_ON_OTHERS = frozenset({"percent", "minimum", "maximum", "discount"})
METHODS = frozenset({"price", "tier"}) | COUNTED_ON_OTHERS
_FIELDS = {"quantity_is": "quantity", "unit_price_is": "unit_price", "up_to_is": "up_to", "cap_is": "cap",
           "least_is": "least", "most_is": "most", "share_is": "share", "at_most_is": "at_most"}  # fmt: skip
_NUMBERS = (
    "quantity", "unit_price", "above", "up_to", "cap", "least", "most", "share", "at_most", "days",
    "prorated_from_days",
)  # fmt: skip
_USUAL = re.compile(r"within\(days,([\d.]+),([\d.]+),")
REMEMBERED = 100  # lines that say the same


class Line(NamedTuple):
    """One printed line; `segment` is equal for lines that one rate priced together, `derivation` is its JSON text."""

    line_number: int
    segment: Hashable
    starts_on: date
    ends_on: date
    component: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount_cents: int
    section: str
    schedule: str
    version: str
    derivation: str


class Bill(NamedTuple):
    """A whole bill."""

    number: int
    starts_on: date
    ends_on: date
    days: int
    total_cents: int
    lines: Sequence[Line]


class Fault(NamedTuple):
    """What does not follow, and on which line; line 0 is the bill itself."""

    line_number: int
    words: str


class Worked(NamedTuple):
    """What a derivation gives by itself; the cents of a percentage and a minimum also need their bill."""

    facts: Mapping[str, Any]
    numbers: Numbers
    days: Decimal | None
    cents: int
    faults: tuple[str, ...]
    place: Hashable
    said_in_common: Hashable


def faults_of(bill: Bill) -> list[Fault]:
    """Return everything on a bill that does not follow from its lines' derivations."""
    return Checker().faults_of(bill)


class Checker:
    """Checks bills one by one, and remembers what all lines of one charge have in common.

    A version of a schedule has one formula for a charge, and one number for each set of keys: a line that says
    otherwise than the others was touched, even where its own arithmetic still holds.
    """

    def __init__(self) -> None:
        self._said: dict[Hashable, dict[Hashable, list[tuple[int, int]]]] = {}

    def faults_of(self, bill: Bill) -> list[Fault]:
        """Return everything on a bill that does not follow from its lines' derivations."""
        with localcontext(CARRIED):
            faults = [*_of_bill(bill), *_of_lines(bill)]
            for line in bill.lines:
                self._remember(bill.number, line)
        return faults

    def _remember(self, number: int, line: Line) -> None:
        worked = _worked_or_problem(line.derivation)
        if isinstance(worked, Exception):
            return  # A fault already.
        seen = self._said.setdefault((line.schedule, line.version, line.component, worked.place), {})
        lines = seen.setdefault(worked.said_in_common, [])
        if len(lines) < REMEMBERED:
            lines.append((number, line.line_number))

    def strangers(self) -> list[tuple[int, Fault]]:
        """Return the lines, with their bills' numbers, that say otherwise than most lines of the same charge."""
        words = "its formula or its table is not that of the other lines of this charge"
        found = []
        for seen in self._said.values():
            usual = max(seen, key=lambda said: len(seen[said]))
            for said, lines in seen.items():
                if said != usual:
                    found += [(number, Fault(line, words)) for number, line in lines]
        return found


def _of_bill(bill: Bill) -> Iterator[Fault]:
    if bill.total_cents != sum(line.amount_cents for line in bill.lines):
        yield Fault(0, f"the total {bill.total_cents} is not the sum of the lines")
    if [line.line_number for line in bill.lines] != list(range(1, len(bill.lines) + 1)):
        yield Fault(0, "the lines are not numbered from 1 without a gap")
    if not bill.lines:
        return
    starts_on, ends_on = min(line.starts_on for line in bill.lines), max(line.ends_on for line in bill.lines)
    if (bill.starts_on, bill.ends_on) != (starts_on, ends_on):
        yield Fault(0, f"the bill is for {bill.starts_on} to {bill.ends_on}, its lines for {starts_on} to {ends_on}")
    if bill.days != (bill.ends_on - bill.starts_on).days:
        yield Fault(0, f"{bill.days} days are not from {bill.starts_on} to {bill.ends_on}")


def _of_lines(bill: Bill) -> Iterator[Fault]:
    charged = _Charged()
    for line in bill.lines:
        worked = _worked_or_problem(line.derivation)
        if isinstance(worked, Exception):
            yield Fault(line.line_number, f"its derivation cannot be read: {worked!r}")
            continue
        faults: list[str] = [
            *worked.faults,
            *_beside(line, worked),
            *charged.of_due(line, worked),
        ]
        if worked.facts["method"] == "tier":
            faults.extend(charged.of_steps(line, worked))
        yield from (Fault(line.line_number, words) for words in faults)
        yield from charged.of_inputs(line, worked)
    yield from charged.of_counted()


class _Charged:
    """What the lines of a bill have charged and counted so far, by segment and component."""

    def __init__(self) -> None:
        self.cents: dict[tuple[Hashable, str], int] = {}
        self.steps: dict[tuple[Hashable, str], list[tuple[Line, Worked]]] = {}
        self.inputs: dict[tuple[Hashable, str], tuple[Any, int]] = {}

    def of_due(self, line: Line, worked: Worked) -> Iterator[str]:
        """Compare a line's amount with what its derivation gives on the lines before it."""
        due, method = worked.cents, worked.facts["method"]
        if method in COUNTED_ON_OTHERS:
            named = (self.cents.get((line.segment, key), 0) for key in worked.facts["of"])
            base = Decimal(sum(named)) / HUNDRED
            due = _cents_on(base, worked)
            if method == "percent" and base != line.quantity:
                yield f"it is levied on {line.quantity}, the lines it names are {base}"
            if method == "minimum" and worked.numbers["unit_price"] != max(worked.numbers["least"] - base, ZERO):
                yield f"the lines it names are {base}, which do not lack {worked.numbers['unit_price']}"
            if method in {"maximum", "discount"} and worked.cents != due:
                yield f"the lines it names are {base}, off which {worked.numbers['unit_price']} is not to be taken"
        if due != line.amount_cents:
            yield f"it charges {line.amount_cents} cents, its derivation gives {due}"
        place = (line.segment, line.component)
        self.cents[place] = self.cents.get(place, 0) + line.amount_cents

    def of_inputs(self, line: Line, worked: Worked) -> Iterator[Fault]:
        """Compare what a line was worked out from with the other lines of its segment; neither is above suspicion."""
        for kind in ("inputs", "keys"):
            for name, said in worked.facts.get(kind, {}).items():
                other, number = self.inputs.setdefault((line.segment, name), (said, line.line_number))
                if other != said:
                    words = f"{name} is {other} on line {number} and {said} on line {line.line_number}"
                    yield from (Fault(number, words), Fault(line.line_number, words))

    def of_steps(self, line: Line, worked: Worked) -> Iterator[str]:
        """Compare a step with the one before it: the first begins at nothing, each other where that one ends."""
        steps = self.steps.setdefault((line.segment, line.component), [])
        above, step = worked.numbers["above"], worked.facts["tier"]
        ends_at = steps[-1][1].numbers.get("up_to") if steps else ZERO
        if ends_at != above:
            yield f"its step begins above {above}, the one before ends at {ends_at}"
        if steps and step <= steps[-1][1].facts["tier"]:
            yield f"step {step} comes after step {steps[-1][1].facts['tier']}"
        if not above and step != 1 and worked.numbers.get("up_to") and not steps:
            yield f"step {step} begins at nothing"
        steps.append((line, worked))

    def of_counted(self) -> Iterator[Fault]:
        """Compare the steps together with what was counted: every unit is priced once (INV-9)."""
        for steps in self.steps.values():
            held, (last, worked) = sum(line.quantity for line, _ in steps), steps[-1]
            if held != worked.numbers["counted"]:
                yield Fault(last.line_number, f"the steps hold {held}, {worked.numbers['counted']} were counted")


def _beside(line: Line, worked: Worked) -> Iterator[str]:
    """Compare a line's own columns with its derivation."""
    facts, numbers = worked.facts, worked.numbers
    if not line.section or facts.get("section") != line.section:
        yield f"it cites {line.section or 'nothing'}, its derivation {facts.get('section') or 'nothing'}"
    if facts["charge"] != line.component:
        yield f"it is {line.component}, its derivation is of {facts['charge']}"
    if (facts.get("schedule"), facts.get("version", "")) != (line.schedule, line.version):
        yield f"it was priced by {line.schedule} {line.version}, its derivation is of another version"
    for name, said in (("quantity", line.quantity), ("unit_price", line.unit_price)):
        if numbers[name] != said:
            yield f"its {name.replace('_', ' ')} is {said}, its derivation says {numbers[name]}"
    if worked.days is not None and worked.days != (line.ends_on - line.starts_on).days:
        yield f"it is for {line.starts_on} to {line.ends_on}, its derivation for {worked.days} days"
    by_day = facts["method"] != "tier" and "prorated_from_days" in facts
    if line.unit != ("day" if by_day else facts.get("unit", "")):
        yield f"it counts {line.unit or 'nothing'}, its derivation {facts.get('unit') or 'nothing'}"


def _cents_on(base: Decimal, worked: Worked) -> int:
    """Return the cents of a percentage, of what a base lacks or has too much, or of what is taken off it."""
    numbers, method = worked.numbers, worked.facts["method"]
    if method == "minimum":
        return _to_cents(max(numbers["least"] - base, ZERO))
    if method == "maximum":
        return -_to_cents(max(base - numbers["most"], ZERO))
    if method == "discount":
        credit = max(base, ZERO) * numbers.get("share", ONE)
        return -_to_cents(min(credit, max(base, ZERO), numbers.get("at_most", credit)))
    amount = base * numbers["unit_price"]
    return _to_cents(min(amount, numbers["cap"]) if "cap" in numbers else amount)


@lru_cache(KEPT)
def _worked_or_problem(text: str) -> Worked | Exception:
    """Work out one derivation, or return why it cannot be; the same text gives the same, on however many bills."""
    try:
        return _worked(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as problem:
        return problem


def _worked(facts: Mapping[str, Any]) -> Worked:
    method = facts["method"]
    if method not in METHODS or facts["rounding"] != "half_up_cent":
        raise Unreadable(f"no method is called {method}, or no rounding {facts['rounding']}")
    numbers = {name: _number(facts[name]) for name in _NUMBERS if name in facts}
    names = {
        name: _number(said)
        for kind in ("inputs", "values", "worked")
        if kind in facts
        for name, said in facts[kind].items()
    }
    faults: list[str] = []
    exact = {"quantity": numbers["quantity"], "unit_price": numbers["unit_price"]}
    for name, field in _FIELDS.items():
        if name in facts:
            exact[field] = formula_of(facts[name])(names)
            if _eight(exact[field]) != numbers[field]:
                faults.append(f"{name} {facts[name]} is {_eight(exact[field]).normalize()}, not {facts[field]}")
    if method == "tier":
        numbers["counted"] = counted = formula_of(facts["counted_is"])(names)
        top = min(counted, exact.get("up_to", numbers.get("up_to", counted)))
        exact["quantity"] = max(top - numbers["above"], ZERO)
        if _eight(exact["quantity"]) != numbers["quantity"]:
            faults.append(f"of {counted}, its step does not hold {numbers['quantity']}")
    amount = exact["quantity"] * exact["unit_price"]
    if "cap" in numbers:
        amount = min(amount, numbers["cap"])
    formulas = [facts.get(name) for name in ("counted_is", *_FIELDS)]
    faults.extend(_of_proration(facts, numbers, " ".join(filter(None, formulas))))
    if names.get("days", numbers.get("days")) != numbers.get("days", names.get("days")):
        faults.append(f"it says {facts['days']} days and {names['days']}")
    keys, values = (tuple(sorted(facts.get(name, {}).items())) for name in ("keys", "values"))
    cap = "" if "cap_is" in facts else facts.get("cap")
    return Worked(
        facts=facts,
        numbers=numbers,
        days=numbers.get("days", names.get("days")),
        cents=_to_cents(amount),
        faults=tuple(faults),
        # A part of a period whose other parts have other rates is reckoned by formulas of its own.
        place=(facts.get("tier"), keys, "period_days" in facts.get("inputs", {})),
        said_in_common=(method, *formulas, cap, tuple(facts.get("of", ())), values),
    )


def _of_proration(facts: Mapping[str, Any], numbers: Numbers, formulas: str) -> Iterator[str]:
    """Check that a line says it is prorated exactly when its formulas prorate it, by the days they divide by."""
    range_of = _USUAL.search(formulas)
    if "prorated_from_days" in facts:
        if range_of and Decimal(range_of[1]) <= numbers["days"] <= Decimal(range_of[2]):
            yield f"{facts['days']} days are a usual period and not prorated"
        if range_of and f"/{facts['prorated_from_days']})" not in formulas:
            yield f"its formulas do not divide by {facts['prorated_from_days']} days"
    elif range_of and "days" in numbers and not Decimal(range_of[1]) <= numbers["days"] <= Decimal(range_of[2]):
        yield f"{facts['days']} days are prorated, which it does not say"


def _number(said: str) -> Decimal:
    if "/" not in said:
        return Decimal(said)
    above, _, below = said.partition("/")
    return Decimal(above) / Decimal(below)


def _eight(number: Decimal) -> Decimal:
    return READ.plus(number).quantize(EIGHT, ROUND_HALF_UP)


def _to_cents(dollars: Decimal) -> int:
    """Round to the cent, a half away from zero (rulebook §0.1)."""
    return int(READ.plus(dollars).quantize(CENTS, ROUND_HALF_UP) * 100)
