"""One class of a rate file: its fields become nodes, its bill formula the lines of a bill.

Fields come in two dialects (`tier_starts`, or `tier_starts_commodity` by the survey's own editor);
a name is looked for with the suffix of the charge it serves first, then plain.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from curbstop.rates.domain import formulas, nodes
from curbstop.rates.domain.documents import Fields, Items, Text, Value
from curbstop.rates.domain.nodes import Named, Node, NodeList, Number, Rounded, Tiered
from curbstop.rates.domain.schedule import Charge, ClassSchedule, Heading, Priced, PricedByTier

USAGE = "usage"
WRITTEN_USAGE = "usage_ccf"  # the specification's name for usage, whatever the billing unit is
_PERCENT = re.compile(r"^(\d+(?:\.\d*)?|\.\d+)\s*%$")
MONEY_WORDS = re.compile(r"charg|surcharge|rate$|price|fee$|^flat_|^tier_|discount$|^bill$")
WORDS = {"tiered", "budget", "none", "null", "na", "nan"}


class ClassRefused(ValueError):
    """A class cannot be billed; says which field and why."""

    def __init__(self, field: str, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.line = line


def compile_class(name: str, fields: Fields, unit: str) -> ClassSchedule:
    """Compile the class that a mapping of fields describes.

    :raises ClassRefused: if a field is missing or makes no sense
    """
    compiler = _Compiler(fields)
    charges = tuple(_charge(node, unit) for node in compiler.terms())
    _refuse_sizes_as_numbers(charges, fields.line)
    needed = set().union(*(nodes.inputs_of(_root(charge)) for charge in charges))
    return ClassSchedule(name, charges, tuple(sorted(needed)))


def _charge(term: Node, unit: str) -> Charge:
    if isinstance(term, Named):
        key = term.name
    else:
        # A term written into the bill formula itself has no name of its own.
        key, term = "other", Named("bill", term)
    heading = Heading(key=key, service="water", label_en=_spoken(key), label_es=_spoken(key))
    node = nodes.bare(term)
    by_unit = Heading(key=key, service="water", label_en=heading.label_en, label_es=heading.label_es, unit=unit)
    match node:
        case Tiered():
            return PricedByTier(heading=by_unit, tiered=node)
        case nodes.Operation(operator=nodes.Operator.MULTIPLY, left=left, right=right):
            for quantity, price in ((left, right), (right, left)):
                if isinstance(nodes.bare(quantity), nodes.Input) and _is_usage(quantity):
                    named = Named(key, price)
                    return Priced(heading=by_unit, quantity=quantity, price=named, is_credit_allowed=True)
        case _:
            pass
    return Priced(heading=heading, quantity=Number(Fraction(1)), price=term, is_credit_allowed=True)


def _is_usage(node: Node) -> bool:
    below = nodes.bare(node)
    return isinstance(below, nodes.Input) and below.name == USAGE


def _refuse_sizes_as_numbers(charges: tuple[Charge, ...], line: int) -> None:
    """Refuse a class that reckons with an input whose table keys are not numbers."""
    for charge in charges:
        for field, name in nodes.numbers_of(_root(charge)):
            for keys, table_keys in (found for each in charges for found in nodes.tables_of(_root(each))):
                if keys == (name,) and not all(map(_is_number, table_keys)):
                    message = f"reckons with {name}, which is not a number"
                    raise ClassRefused(field, message, line)


def _root(charge: Charge) -> Node:
    match charge:
        case PricedByTier(tiered=tiered):
            return Named(charge.heading.key, tiered)
        case Priced(quantity=quantity, price=price):
            return Named(charge.heading.key, nodes.multiply(quantity, price))
        case _:
            raise AssertionError("a rate file has no minimums or percentages of lines")


def _is_number(text: str) -> bool:
    try:
        Fraction(text)
    except (ValueError, ZeroDivisionError):
        return False
    return "/" not in text


def _spoken(key: str) -> str:
    return key.replace("_", " ").capitalize()


class _Compiler:
    """The fields of one class, each compiled when it is first named."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields.values
        self.line = fields.line
        self.compiled: dict[tuple[str, str], Node] = {}
        self.under_way: list[str] = []

    def terms(self) -> list[Node]:
        """Return the terms that the bill is the sum of."""
        bill = self.fields.get("bill")
        if bill is None or (isinstance(bill, Text) and not bill.value):
            raise ClassRefused("bill", "the class has no bill formula", self.line)
        if not isinstance(bill, Text):
            raise ClassRefused("bill", "the bill is a table; it must be one formula", bill.line)
        self.under_way.append("bill")
        return _summands(self._formula("bill", bill, ""))

    def _line(self, field: str) -> int:
        return self.fields[field].line if field in self.fields else self.line

    def _field_for(self, name: str, suffix: str) -> str | None:
        for candidate in (f"{name}_{suffix}" if suffix else name, name, f"{name}_commodity"):
            if candidate in self.fields:
                return candidate
        return None

    def _resolve(self, suffix: str) -> Callable[[str], Node]:
        def resolve(name: str) -> Node:
            field = self._field_for(name, suffix)
            if name == WRITTEN_USAGE:
                return nodes.Input(USAGE)
            if field is not None:
                return self._field(field, suffix)
            # A price is the file's to give; a quantity comes with the customer.
            if MONEY_WORDS.search(name) or name.lower() in WORDS:
                user = self.under_way[-1]
                raise ClassRefused(user, f"uses {name}, which the file never defines", self._line(user))
            return nodes.Input(name)

        return resolve

    def _formula(self, field: str, text: Text, suffix: str) -> Node:
        try:
            return formulas.parse(text.value, self._resolve(suffix))
        except formulas.NotAFormula as problem:
            raise ClassRefused(field, str(problem), text.line) from None

    def _field(self, field: str, suffix: str) -> Node:
        """Compile a field; charges set the suffix for the fields that serve them."""
        value = self.fields[field]
        word = value.value.lower() if isinstance(value, Text) else ""
        if field.endswith(("_charge", "_surcharge")):
            suffix = field.split("_")[-2]
        if (field, suffix) not in self.compiled:
            if field in self.under_way:
                raise ClassRefused(field, "the field is defined by itself", value.line)
            self.under_way.append(field)
            if word == "tiered" or (word == "budget" and self._is_charge(field)):
                node: Node = self._tiered(field, suffix, value.line)
            else:
                node = self._plain(field, value, suffix)
            self.under_way.pop()
            self.compiled[field, suffix] = Named(field, node)
        return self.compiled[field, suffix]

    @staticmethod
    def _is_charge(field: str) -> bool:
        return not field.startswith("budget")

    def _plain(self, field: str, value: Value, suffix: str) -> Node:
        match value:
            case Text(value=""):
                raise ClassRefused(field, "the field is empty", value.line)
            case Text(value=word) if word.lower() == "tiered":
                return self._tiered(field, suffix, value.line)
            case Text() if not self._is_charge(field):
                return self._budget(field, value, suffix)
            case Text():
                return self._formula(field, value, suffix)
            case Items(values=(Text() as only,)):
                # A list of one number is that number.
                return self._plain(field, only, suffix)
            case Fields():
                keys, table = self._table(field, value)
                return nodes.Lookup(field, keys, {key: self._plain(field, each, suffix) for key, each in table.items()})
            case Items():
                raise ClassRefused(field, "is a list where one number is expected", value.line)

    def _budget(self, field: str, text: Text, suffix: str) -> Node:
        """Compile a budget: each part of it, and the whole, is rounded to whole units."""
        resolve = self._resolve(suffix)
        try:
            return Rounded(formulas.parse(text.value, lambda name: Rounded(resolve(name))))
        except formulas.NotAFormula as problem:
            raise ClassRefused(field, str(problem), text.line) from None

    def _table(self, field: str, value: Fields) -> tuple[tuple[str, ...], dict[str, Value]]:
        extra = set(value.values) - {"depends_on", "values"}
        depends_on, table = value.values.get("depends_on"), value.values.get("values")
        if extra or depends_on is None:
            message = "a table has depends_on and values" + (f", not {min(extra)}" if extra else "")
            raise ClassRefused(field, message, value.line)
        keys = depends_on.values if isinstance(depends_on, Items) else (depends_on,)
        names = tuple(key.value for key in keys if isinstance(key, Text) and key.value)
        if not names or len(names) != len(keys):
            raise ClassRefused(field, "depends_on names no inputs", depends_on.line)
        if not isinstance(table, Fields) or not table.values:
            raise ClassRefused(field, "the table has no values", value.line)
        return names, table.values

    def _tiered(self, field: str, suffix: str, line: int) -> Tiered:
        starts = self._list(field, "tier_starts", suffix, line)
        prices = self._list(field, "tier_prices", suffix, line)
        bounds = NodeList(starts.field, starts.keys, {key: _bounds(each) for key, each in starts.table.items()})
        if starts.keys == prices.keys:
            for key, each in starts.table.items():
                if key in prices.table and len(prices.table[key]) != len(each):
                    where = f" of {key}" if key else ""
                    counted = f"{len(each)} tier starts and {len(prices.table[key])} tier prices{where}"
                    raise ClassRefused(prices.field, f"there are {counted}", line)
        return Tiered(nodes.Input(USAGE), bounds, prices)

    def _list(self, field: str, name: str, suffix: str, line: int) -> NodeList:
        found = next((each for each in (f"{name}_{suffix}", name) if each in self.fields), None)
        if found is None:
            raise ClassRefused(name, f"{field} is tiered, but {name} is missing", line)
        value = self.fields[found]
        self.under_way.append(found)
        read = self._start if name == "tier_starts" else self._price
        if isinstance(value, Fields):
            keys, table = self._table(found, value)
        else:
            keys, table = (), {"": value}
        compiled = {key: self._entries(found, each, suffix, read) for key, each in table.items()}
        self.under_way.pop()
        return NodeList(found, keys, compiled)

    def _entries(
        self, field: str, value: Value, suffix: str, read: Callable[[str, Text, str], Node]
    ) -> tuple[Node, ...]:
        entries = value.values if isinstance(value, Items) else (value,)
        compiled = []
        for entry in entries:
            if not isinstance(entry, Text):
                raise ClassRefused(field, "a tier is one number or formula", value.line)
            if not entry.value:
                raise ClassRefused(field, "a tier is empty", entry.line)
            compiled.append(read(field, entry, suffix))
        return tuple(compiled)

    def _price(self, field: str, text: Text, suffix: str) -> Node:
        return self._formula(field, text, suffix)

    def _start(self, field: str, text: Text, suffix: str) -> Node:
        """Compile where a tier starts: units, a share of the budget, or an allotment by formula."""
        share = _PERCENT.match(text.value)
        if share:
            budget = self._field_for("budget", suffix)
            if budget is None:
                raise ClassRefused("budget", f"{text.value} of a budget that is not defined", text.line)
            whole = self._field(budget, suffix)
            return Rounded(nodes.multiply(Number(Fraction(share[1]) / 100), whole))
        node = self._formula(field, text, suffix)
        return node if isinstance(node, Number) else Rounded(node)


def _bounds(starts: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return the upper bounds of all tiers but the last.

    A tier that starts at t units ends the tier before it at t - 1; an allotment or a share of the
    budget is itself the last unit of the tier before.
    """
    return tuple(Number(each.value - 1) if isinstance(each, Number) else each for each in starts[1:])


def _summands(node: Node) -> list[Node]:
    match node:
        case nodes.Operation(operator=nodes.Operator.ADD, left=left, right=right):
            return [*_summands(left), *_summands(right)]
        case _:
            return [node]
