"""Reading the fields of a tariff: each value is asked for by its kind, and a wrong one is located."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from curbstop.rates.domain.documents import Fields, Items, Text, Value
from curbstop.rates.domain.keys import SEPARATOR
from curbstop.rates.domain.tariff.scope import Scope

_NUMBER = re.compile(r"^\d{1,12}(\.\d{1,8})?$")
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


class TariffProblem(ValueError):
    """One thing that is wrong in a tariff; says where."""

    def __init__(self, field: str, message: str, line: int) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.line = line


class Section:
    """A mapping of a tariff with the path that leads to it."""

    def __init__(self, fields: Fields, path: str, scope: Scope | None = None) -> None:
        self.values = fields.values
        self.line = fields.line
        self.path = path
        self.scope = scope or Scope()

    def at(self, name: str) -> str:
        """Return the path of a field of this mapping."""
        return f"{self.path}.{name}" if self.path else name

    def problem(self, name: str, message: str) -> TariffProblem:
        """Return the problem of one field."""
        value = self.values.get(name)
        return TariffProblem(self.at(name), message, value.line if value else self.line)

    def allow(self, names: Iterable[str]) -> None:
        """Refuse fields of any other name, so that a typing mistake is not a free service.

        :raises TariffProblem: if there is one
        """
        known = sorted(names)
        for name in self.values:
            if name not in known:
                raise self.problem(name, f"is not a field here; expected one of {', '.join(known)}")

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text.

        :raises TariffProblem: if it is missing and has no default, or is not a text
        """
        value = self.values.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, Text) or not value.value:
            raise self.problem(name, "is missing; expected a text")
        return value.value

    def name(self, name: str, default: str | None = None) -> str:
        """Return a word of small letters, digits and underscores.

        :raises TariffProblem: if it is not one
        """
        text = self.text(name, default)
        if text and not _NAME.match(text):
            raise self.problem(name, f"“{text}” is not a name; expected small letters, digits and _")
        return text

    def names(self, name: str) -> tuple[str, ...]:
        """Return a list of words, or one word as a list; nothing if the field is missing.

        :raises TariffProblem: if it is not a list of words
        """
        value = self.values.get(name)
        if value is None:
            return ()
        entries = value.values if isinstance(value, Items) else (value,)
        texts = [each.value for each in entries if isinstance(each, Text) and each.value]
        if len(texts) != len(entries):
            raise self.problem(name, "expected a name or a list of names")
        return tuple(texts)

    def number(self, name: str) -> Fraction:
        """Return a number of at most eight decimals.

        :raises TariffProblem: if it is missing or is not one
        """
        value = self.values.get(name)
        if value is None:
            raise self.problem(name, "is missing; expected a number")
        return number(value, self.at(name))

    def section(self, name: str) -> Section | None:
        """Return a mapping below this one, or nothing if it is missing.

        :raises TariffProblem: if it is something else
        """
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, Fields):
            raise self.problem(name, "expected fields below it")
        return Section(value, self.at(name), self.scope)

    def sections(self, name: str) -> list[Section]:
        """Return a list of mappings.

        :raises TariffProblem: if it is missing, empty or something else
        """
        value = self.values.get(name)
        if not isinstance(value, Items) or not value.values:
            raise self.problem(name, "is missing; expected a list with at least one entry")
        return [
            Section(each, f"{self.at(name)}[{place}]", self.scope)
            if isinstance(each, Fields)
            else _not_fields(each, f"{self.at(name)}[{place}]")
            for place, each in enumerate(value.values, start=1)
        ]

    def rows(self, name: str) -> tuple[tuple[str, ...], dict[str, Value]]:
        """Return the keys and the rows of a table.

        :raises TariffProblem: if either is missing, or a row has not as many parts as there are keys
        """
        section = self.section(name)
        if section is None:
            raise self.problem(name, "is missing; expected a table")
        section.allow(("by", "table", "otherwise"))
        by = section.names("by")
        rows = section.section("table")
        if not by or rows is None or not rows.values:
            raise self.problem(name, "a table has `by` and `table`")
        if len(by) > 1:
            for key in rows.values:
                if key.count(SEPARATOR) < len(by) - 1:
                    raise rows.problem(key, f"expected {len(by)} keys with {SEPARATOR} between them")
        return by, dict(rows.values)


def number(value: Value, path: str) -> Fraction:
    """Return a number that is not negative, with at most eight decimals.

    :raises TariffProblem: if the value is not one
    """
    if not isinstance(value, Text):
        raise TariffProblem(path, "expected one number", value.line)
    if not _NUMBER.match(value.value):
        expected = "expected a number that is not negative, such as 4.25, of at most 8 decimals"
        raise TariffProblem(path, f"“{value.value}”: {expected}", value.line)
    return Fraction(value.value)


def _not_fields(value: Value, path: str) -> Section:
    raise TariffProblem(path, "expected fields, such as `key: water_use`", value.line)
