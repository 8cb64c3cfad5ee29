"""`values.yaml` and `policies.yaml`: every fee, limit, day count and policy with its section.

Both files hold the same kind of entry; a city keeps plain numbers in the one and lists and choices
in the other because they are easier to read apart.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from curbstop.billing.domain.adjustments import read_grounds
from curbstop.billing.domain.agencies import read_agencies
from curbstop.billing.domain.average_policies import read_policy as read_average
from curbstop.billing.domain.budget_plans import read_budget_policies
from curbstop.billing.domain.leak_policies import read_leak_policy
from curbstop.billing.domain.notices import read_notices
from curbstop.billing.domain.year import read_year_rules
from curbstop.journeys.domain.city_pack import Place
from curbstop.journeys.imports.city_pack.nodes import (
    Form,
    Marked,
    Mistakes,
    decimal_of,
    read_yaml,
    whole_of,
)
from curbstop.ledger.domain.allocation import STEP_KEYS, OrderRefused, read_order
from curbstop.ordinances.domain.versions import Dated
from curbstop.ordinances.domain.vocabulary import (
    AVERAGES,
    KNOWN,
    WHOLE_UNITS,
    RuleKind,
    RuleUnit,
    kind_of,
)

RULE_FILES = ("values.yaml", "policies.yaml")
Value = tuple[Any, str, str]
_CENT_PLACES = 2
_EXPECTED = {
    RuleUnit.DOLLARS: "dollars and cents such as 35.00",
    RuleUnit.DAYS: "a whole number of days",
    RuleUnit.BUSINESS_DAYS: "a whole number of business days",
    RuleUnit.MONTHS: "a whole number of months",
    RuleUnit.COUNT: "a whole number",
    RuleUnit.CENTS: "a whole number of cents",
    RuleUnit.PERCENT: "a percentage such as 1.5",
    RuleUnit.FACTOR: "a factor such as 2.0",
    RuleUnit.CCF: "a number of CCF",
}


def read_values(
    content: Mapping[str, str],
    *,
    places: dict[tuple[str, ...], Place],
    mistakes: Mistakes,
) -> dict[str, list[Dated[Value]]]:
    """Read every version of every rule as (value, unit, citation), by code."""
    values: dict[str, list[Dated[Value]]] = {}
    for file in RULE_FILES:
        document = read_yaml(content[file], file=file, mistakes=mistakes)
        if document is None:
            continue
        if not isinstance(document.value, list):
            mistakes.add(file, document.line, "", "this is no list (expected entries with a dash)")
            continue
        for entry in document.value:
            _read_entry(Form(entry, file=file, mistakes=mistakes), values, places)
    for code in sorted(code for code, kind in KNOWN.items() if kind.required):
        if code not in values and not any(key[:2] == ("value", code) for key in places):
            sentence = KNOWN[code].sentence
            file = RULE_FILES[KNOWN[code].unit in _LISTED]
            mistakes.add(file, 0, code, f"missing (expected an entry: {sentence})")
    return values


_LISTED = frozenset({RuleUnit.CHOICE, RuleUnit.CHOICES, RuleUnit.FACES, RuleUnit.ORDER, RuleUnit.POLICY})
# The reader of each policy: it refuses with ValueError what its room would not understand.
POLICY_READERS: Mapping[str, Callable[[Any], object]] = {
    "adjustment.reasons": read_grounds,
    "adjustment.leak_policy": read_leak_policy,
    "billing.agencies": read_agencies,
    "billing.calendar": read_year_rules,
    "billing.inserts": read_notices,
    "billing.messages": read_notices,
    "budget.policies": read_budget_policies,
}


def _read_entry(
    form: Form,
    values: dict[str, list[Dated[Value]]],
    places: dict[tuple[str, ...], Place],
) -> None:
    form.allow("code", "value", "unit", "effective", "until", "cites", "note")
    code = form.code("code")
    kind = kind_of(code)
    if code and kind is None:
        form.wrong(
            "code",
            form.line_of("code"),
            f"“{code}” is not looked up (expected a code of docs/city-pack.md, or fee.…)",
        )
    starts_on, ends_on = form.day("effective"), form.optional_day("until")
    citation = form.text("cites", "the citation of a section in code/", limit=80)
    # Noted even when unsound, so that a mistake in an entry is not also reported as its absence.
    places.setdefault(("value", code), Place(form.file, form.line_of("value"), f"{code}.value"))
    if kind is None:
        return
    form.within = code
    value = _read_value(form, kind)
    if not form.is_sound:
        return
    values.setdefault(code, []).append(Dated(starts_on, ends_on, (value, kind.unit, citation)))
    start = starts_on.isoformat()
    for name in ("value", "effective", "cites", "until"):
        place = Place(form.file, form.line_of(name), f"{code}.{name}")
        places[("value", code, start, name)] = place
    places[("value", code, start)] = places[("value", code, start, "effective")]


def _read_value(form: Form, kind: RuleKind) -> Any:
    if kind.unit in (RuleUnit.CHOICE, RuleUnit.CHOICES):
        return _read_choice(form, kind)
    if kind.unit == RuleUnit.ORDER:
        return _read_order(form)
    if kind.unit == RuleUnit.POLICY:
        return _read_policy(form, kind)
    unit = form.text("unit", kind.unit)
    if unit and unit != kind.unit:
        form.wrong("unit", form.line_of("unit"), f"“{unit}” (expected {kind.unit})")
    if kind.unit == RuleUnit.FACES:
        items = form.items("value", "a list of dollars")
        return [int(_number(form, RuleUnit.DOLLARS, item) * 100) for item in items]
    expected = _EXPECTED[kind.unit]
    node = form.node("value", expected)
    if kind.unit in WHOLE_UNITS:
        return whole_of(node, form, "value", expected)
    return str(_number(form, kind.unit, node))


def _number(form: Form, unit: RuleUnit, node: Marked | None) -> Decimal:
    expected = _EXPECTED[unit]
    number = decimal_of(node, form, "value", expected)
    if unit == RuleUnit.DOLLARS and node is not None:
        if number != round(number, _CENT_PLACES):
            form.wrong("value", node.line, f"{number} has parts of a cent (expected {expected})")
        return number.quantize(Decimal("0.01"))
    return number


def _read_choice(form: Form, kind: RuleKind) -> str | list[str]:
    if kind.unit == RuleUnit.CHOICE:
        return form.word("value", kind.choices)
    expected = f"a list of: {', '.join(kind.choices)}"
    words: list[str] = []
    for item in form.items("value", expected):
        word = item.value if isinstance(item.value, str) else ""
        if word not in kind.choices:
            form.wrong("value", item.line, f"“{word}” is unknown (expected {expected})")
        elif word in words:
            form.wrong("value", item.line, f"“{word}” is there twice (expected each once)")
        words.append(word)
    return words


def _read_policy(form: Form, kind: RuleKind) -> Any:
    """Read lists and mappings as text; the room that looks the code up says what it understands."""
    value = _plain(form.node("value", "a list or fields with names"))
    try:
        reader = read_average if kind.code.startswith(AVERAGES) else POLICY_READERS.get(kind.code)
        if reader is not None:
            reader(value)
    except ValueError as refusal:
        form.wrong("value", form.line_of("value"), str(refusal))
    return value


def _plain(node: Marked | None) -> Any:
    if node is None or node.is_null:
        return None
    if isinstance(node.value, dict):
        return {name: _plain(each) for name, each in node.value.items()}
    return [_plain(each) for each in node.value] if isinstance(node.value, list) else node.value


def _read_order(form: Form) -> list[dict[str, list[str]]]:
    """Read the steps of the application order; the ledger says which steps it understands."""
    steps: list[dict[str, list[str]]] = []
    for item in form.items("value", "a list of steps"):
        step = Form(item, file=form.file, mistakes=form.mistakes, within=f"{form.within}.value")
        step.allow(*sorted(STEP_KEYS))
        steps.append({name: step.lines(name) for name in step.entries})
        form.is_sound = form.is_sound and step.is_sound
    if form.is_sound:
        try:
            read_order(steps)
        except OrderRefused as refusal:
            form.wrong("value", form.line_of("value"), str(refusal))
    return steps
