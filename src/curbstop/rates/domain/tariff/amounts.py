"""Amounts of a tariff: a number, a table by the customer's keys, bands of a quantity, or a formula.

Each covers all that it may be asked for: a table refuses a key it does not have or says what the others get, and the
last band has no end (INV-14).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial

from curbstop.rates.domain import formulas, nodes
from curbstop.rates.domain.documents import Fields, Value
from curbstop.rates.domain.formulas import NotAFormula
from curbstop.rates.domain.nodes import Among, Chosen, Compared, Lookup, Node, Number, Operation, Operator, Relation
from curbstop.rates.domain.tariff.fields import Section, TariffProblem, number
from curbstop.rates.domain.tariff.scope import LINE_DECIMALS, NameProblem


def amount(section: Section, name: str) -> Node:
    """Return an amount: a number, a table, bands or a formula.

    :raises TariffProblem: if it is missing or none of these
    """
    value = section.values.get(name)
    if value is None:
        raise section.problem(name, "is missing; expected a number")
    return _amount(section, value, section.at(name))


def limit(section: Section, name: str) -> Node:
    """Return an amount that limits a whole period: a tier's end, what is included, what is at most counted.

    :raises TariffProblem: if it is none, or depends on the usage
    """
    return amount(Section(Fields(section.values, section.line), section.path, section.scope.limits), name)


def named(section: Section, name: str) -> Node:
    """Return what the name in a field stands for.

    :raises TariffProblem: if it cannot be used there
    """
    return _resolved(section, section.name(name), section.at(name), section.values[name].line)


def condition(section: Section, name: str) -> Node | None:
    """Return when a component is charged: inputs and the words they must be, or a comparison; nothing is always.

    :raises TariffProblem: if it is neither
    """
    fields = section.section(name)
    if fields is None:
        return None
    if not fields.values:
        raise section.problem(name, "expected inputs with the words they must be, or `formula`")
    holds: list[Node] = []
    for key in fields.values:
        if key == "formula":
            parse = partial(formulas.parse_condition, fields.text(key), section.scope.resolve)
            holds.append(_parsed(parse, fields.at(key), fields.values[key].line))
        else:
            holds.append(Among(key, fields.names(key)))
    whole = holds[0]
    for each in holds[1:]:
        whole = Operation(Operator.MINIMUM, whole, each)
    return whole


def table(section: Section, name: str) -> Lookup:
    """Return a table of amounts: `by` names its keys, `table` has them, `otherwise` is what the others get.

    :raises TariffProblem: if it has no keys, no rows or something that is not an amount
    """
    by, rows = section.rows(name)
    path = section.at(name)
    amounts = {key: _amount(section, each, f"{path}.{key}") for key, each in rows.items()}
    whole = section.section(name)
    assert whole is not None, "it has rows"
    rest = amount(whole, "otherwise") if "otherwise" in whole.values else None
    return Lookup(path, by, amounts, rest)


def _amount(section: Section, value: Value, path: str) -> Node:
    if not isinstance(value, Fields):
        return Number(number(value, path))
    fields = Section(value, path, section.scope)
    if "formula" in value.values:
        fields.allow(("formula",))
        node = _formula(fields)
        return node if isinstance(node, Number) else nodes.RoundedUp(node, LINE_DECIMALS)
    if "bands" in value.values:
        return _bands(fields)
    # The path of a table ends with the name of the field that it stands in.
    parent, _, name = path.rpartition(".")
    return table(Section(Fields({name: value}, value.line), parent, section.scope), name)


def _formula(fields: Section) -> Node:
    text = fields.text("formula")
    return _parsed(lambda: fields.scope.parse(text), fields.at("formula"), fields.values["formula"].line)


def _bands(fields: Section) -> Node:
    """Read bands of a quantity: the first that it does not exceed says the amount, the last has no end."""
    fields.allow(("of", "bands"))
    counted = named(fields, "of")
    bands = fields.sections("bands")
    ends: list[Fraction] = []
    amounts: list[Node] = []
    for place, band in enumerate(bands, start=1):
        band.allow(("up_to", "is"))
        amounts.append(amount(band, "is"))
        if place == len(bands):
            if "up_to" in band.values:
                raise band.problem("up_to", "the last band has no end; what is above it?")
            continue
        end = band.number("up_to")
        if end <= (ends[-1] if ends else -1):
            raise band.problem("up_to", "bands must rise from one to the next")
        ends.append(end)
    chosen = amounts[-1]
    for end, each in zip(reversed(ends), reversed(amounts[:-1]), strict=True):
        chosen = Chosen(Compared(Relation.AT_MOST, counted, Number(end)), each, chosen)
    return chosen


def _resolved(section: Section, name: str, path: str, line: int) -> Node:
    return _parsed(lambda: section.scope.resolve(name), path, line)


def _parsed(parse: Callable[[], Node], path: str, line: int) -> Node:
    try:
        return parse()
    except (NotAFormula, NameProblem) as problem:
        raise TariffProblem(path, str(problem), line) from None
