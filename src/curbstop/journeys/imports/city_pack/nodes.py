"""YAML as marked nodes: every value keeps its line, and nothing in a file becomes an object or code.

Scalars stay text until a field asks for a whole number, an exact decimal or a day, so that `NO`,
`1.10` and `2025-01-01` mean what the clerk wrote. Tags, anchors and duplicate keys are refused.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from curbstop.foundation.imports import Located

_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = {_TAG + kind for kind in ["str", "int", "float", "bool", "null", "timestamp", "seq", "map"]}
_WHOLE = re.compile(r"[0-9]{1,9}")
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,8})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DEPTH_MAX = 20


@dataclass(frozen=True, slots=True)
class Marked:
    """A node and its line: `value` is text, a list of nodes, or nodes by key."""

    value: "str | list[Marked] | dict[str, Marked]"
    line: int
    is_null: bool = False


class Mistakes(list[Located]):
    """Every mistake of a pack, in the order in which they were found."""

    def add(self, file: str, line: int, field: str, message: str) -> None:
        """Note one mistake."""
        self.append(Located(file, line, field, message))


def read_yaml(text: str, *, file: str, mistakes: Mistakes, first_line: int = 1) -> Marked | None:
    """Read one YAML document, or note why it cannot be read; `first_line` is where it begins."""
    offset = first_line - 1
    try:
        node = YAML(typ="rt", pure=True).compose(text)
    except MarkedYAMLError as problem:
        line = (problem.problem_mark.line if problem.problem_mark else 0) + 1 + offset
        mistakes.add(file, line, "", f"this is not YAML: {problem.problem or problem.context}")
        return None
    except (YAMLError, ValueError, RecursionError):
        mistakes.add(file, first_line, "", "this is not YAML (expected plain text)")
        return None
    if node is None:
        mistakes.add(file, first_line, "", "the file is empty")
        return None
    return _Walk(file, mistakes, offset).marked(node, "", 0)


@dataclass(frozen=True, slots=True)
class _Walk:
    file: str
    mistakes: Mistakes
    offset: int

    def marked(self, node: Node, field: str, depth: int) -> Marked:
        """Return the node without YAML's own ideas of types."""
        line = node.start_mark.line + 1 + self.offset
        if depth > _DEPTH_MAX:
            self.mistakes.add(self.file, line, field, "nested too deeply")
            return Marked("", line)
        if node.anchor or str(node.tag) not in _PLAIN_TAGS:
            # Not walked into: nested aliases would grow without end.
            self.mistakes.add(self.file, line, field, "anchors and tags are not read (expected plain values)")
            return Marked("", line)
        if isinstance(node, ScalarNode):
            return Marked(str(node.value), line, str(node.tag) == f"{_TAG}null")
        if isinstance(node, SequenceNode):
            return Marked([self.marked(item, field, depth + 1) for item in node.value], line)
        assert isinstance(node, MappingNode), "YAML has three kinds of nodes"
        entries: dict[str, Marked] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in entries:
                place = key.start_mark.line + 1 + self.offset
                self.mistakes.add(self.file, place, name, "duplicate key (expected each key once)")
            entries[name] = self.marked(value, name, depth + 1)
        return Marked(entries, line)


class Form:
    """One mapping that is read field by field; what is wrong is noted and a blank comes back."""

    def __init__(self, node: Marked, *, file: str, mistakes: Mistakes, within: str = "") -> None:
        self.file = file
        self.line = node.line
        self.mistakes = mistakes
        self.within = within
        self.is_sound = True
        self.entries: dict[str, Marked] = {}
        if isinstance(node.value, dict):
            self.entries = node.value
        else:
            self.wrong("", node.line, f"this is {_kind(node)} (expected fields with names)")

    def wrong(self, name: str, line: int, message: str) -> None:
        """Note that a field is not as expected."""
        self.is_sound = False
        field = f"{self.within}.{name}" if self.within and name else name or self.within
        self.mistakes.add(self.file, line, field, message)

    def allow(self, *names: str) -> None:
        """Note every field that nobody reads, so that a misspelled one is not lost."""
        for name, node in self.entries.items():
            if name not in names:
                self.wrong(name, node.line, f"unknown field (expected one of: {', '.join(names)})")

    def has(self, name: str) -> bool:
        """Tell whether a field is written and not empty."""
        node = self.entries.get(name)
        return node is not None and not node.is_null

    def line_of(self, name: str) -> int:
        """Return the line of a field, or of the mapping when the field is missing."""
        return self.entries[name].line if name in self.entries else self.line

    def node(self, name: str, expected: str) -> Marked | None:
        """Return a required field as it is."""
        if self.has(name):
            return self.entries[name]
        self.wrong(name, self.line_of(name), f"missing (expected {expected})")
        return None

    def text(self, name: str, expected: str = "text", *, limit: int = 200) -> str:
        """Read a required line of text."""
        node = self.node(name, expected)
        if node is None:
            return ""
        if not isinstance(node.value, str) or not node.value.strip():
            self.wrong(name, node.line, f"this is {_kind(node)} (expected {expected})")
            return ""
        if len(node.value) > limit:
            self.wrong(name, node.line, f"too long (expected at most {limit} letters)")
        return node.value.strip()

    def optional_text(self, name: str) -> str:
        """Read a line of text that may be missing."""
        return self.text(name) if self.has(name) else ""

    def word(self, name: str, choices: tuple[str, ...]) -> str:
        """Read one of some words."""
        expected = f"one of: {', '.join(choices)}"
        text = self.text(name, expected)
        if text and text not in choices:
            self.wrong(name, self.line_of(name), f"“{text}” is unknown (expected {expected})")
        return text

    def code(self, name: str) -> str:
        """Read a short code of letters, digits, dots, dashes and underscores."""
        text = self.text(name, "a short code", limit=80)
        if text and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text):
            self.wrong(name, self.line_of(name), f"“{text}” is no code (expected letters, digits, . _ -)")
        return text

    def whole(self, name: str, expected: str = "a whole number") -> int:
        """Read a whole number that is not negative."""
        return whole_of(self.node(name, expected), self, name, expected)

    def day(self, name: str) -> date:
        """Read a day written as 2026-01-31."""
        return day_of(self.node(name, _DAY_WANTED), self, name)

    def optional_day(self, name: str) -> date | None:
        """Read a day that may be missing."""
        return self.day(name) if self.has(name) else None

    def items(self, name: str, expected: str = "a list") -> list[Marked]:
        """Read a list."""
        node = self.node(name, expected)
        if node is None:
            return []
        if not isinstance(node.value, list) or not node.value:
            self.wrong(name, node.line, f"this is {_kind(node)} (expected {expected})")
            return []
        return node.value

    def lines(self, name: str) -> list[str]:
        """Read a list of lines of text."""
        found = []
        for item in self.items(name, "a list of lines"):
            if isinstance(item.value, str) and item.value.strip():
                found.append(item.value.strip())
            else:
                self.wrong(name, item.line, f"this is {_kind(item)} (expected a line of text)")
        return found

    def form(self, name: str, expected: str = "fields with names") -> "Form | None":
        """Read a mapping inside this one."""
        node = self.node(name, expected)
        if node is None:
            return None
        inner = f"{self.within}.{name}" if self.within else name
        return Form(node, file=self.file, mistakes=self.mistakes, within=inner)

    def by_language(self, name: str, languages: tuple[str, ...]) -> dict[str, str]:
        """Read a text in every language of the city."""
        form = self.form(name, f"a text for each of: {', '.join(languages)}")
        if form is None:
            return {}
        form.allow(*languages)
        texts = {one: form.text(one, f"the text in “{one}”", limit=2000) for one in languages}
        self.is_sound = self.is_sound and form.is_sound
        return texts


_DAY_WANTED = "a day such as 2026-01-31"


def whole_of(node: Marked | None, form: Form, name: str, expected: str) -> int:
    """Read a node as a whole number, or note that it is none."""
    if node is None:
        return 0
    if isinstance(node.value, str) and _WHOLE.fullmatch(node.value):
        return int(node.value)
    form.wrong(name, node.line, f"{_shown(node)} is no whole number (expected {expected})")
    return 0


def decimal_of(node: Marked | None, form: Form, name: str, expected: str) -> Decimal:
    """Read a node as an exact decimal, or note that it is none."""
    if node is None:
        return Decimal(0)
    if isinstance(node.value, str) and _DECIMAL.fullmatch(node.value):
        return Decimal(node.value)
    form.wrong(name, node.line, f"{_shown(node)} is no number (expected {expected})")
    return Decimal(0)


def day_of(node: Marked | None, form: Form, name: str) -> date:
    """Read a node as a day, or note that it is none."""
    if node is None:
        return date.min
    if isinstance(node.value, str) and _DAY.fullmatch(node.value):
        try:
            return date.fromisoformat(node.value)
        except ValueError:
            pass
    form.wrong(name, node.line, f"{_shown(node)} is no day (expected {_DAY_WANTED})")
    return date.min


def _kind(node: Marked) -> str:
    if isinstance(node.value, list):
        return "a list"
    if isinstance(node.value, dict):
        return "fields with names"
    return f"“{node.value[:40]}”" if node.value else "empty"


def _shown(node: Marked) -> str:
    return _kind(node)


def plain(node: Marked) -> Any:
    """Return the node as text, lists and mappings without lines."""
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    if isinstance(node.value, dict):
        return {name: plain(item) for name, item in node.value.items()}
    return node.value
