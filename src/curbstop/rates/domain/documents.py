"""YAML read as text with its places: every value keeps its line, and a key given twice is an error.

Rates are read from the text as written, so 0.48600000 is never a float and a key `1` never a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

LARGEST_FILE = 4_000_000
DEEPEST = 20
_KEY_LINE = re.compile(r"^(\s*)([^\s#:-][^:#]*?)\s*:")


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar as written, and the line it stands on."""

    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Items:
    """A list and the line it begins on."""

    values: tuple[Value, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping in file order, and the line it begins on."""

    values: dict[str, Value]
    line: int


Value: TypeAlias = Text | Items | Fields


class Unreadable(ValueError):
    """A document cannot be read; says where."""

    def __init__(self, message: str, line: int = 0, trail: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.trail = trail


def read_document(text: str) -> Fields:
    """Return a YAML document as located text.

    :raises Unreadable: if it is not YAML, is not a mapping at the top, or names a key twice
    """
    if len(text) > LARGEST_FILE:
        raise Unreadable(f"the file is larger than {LARGEST_FILE:,} characters")
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = mark.line + 1 if mark else 0
        said = " ".join(str(each) for each in (problem.context, problem.problem) if each)
        raise Unreadable(f"is not YAML: {said}", line, trail_of(text, line)) from None
    except (YAMLError, ValueError, RecursionError) as problem:
        raise Unreadable(f"is not YAML: {problem}") from None
    if not isinstance(root, MappingNode):
        raise Unreadable("is empty or not a mapping of fields", 1)
    return _Reading().fields(root, ())


def trail_of(text: str, line: int) -> tuple[str, ...]:
    """Return the keys that enclose a line, judged by indentation, outermost first."""
    trail: list[tuple[int, str]] = []
    for each in text.splitlines()[:line]:
        found = _KEY_LINE.match(each)
        if found:
            indent = len(found[1])
            trail = [(deep, key) for deep, key in trail if deep < indent]
            trail.append((indent, found[2].strip("\"' ")))
    return tuple(key for _, key in trail)


def walk(value: Value) -> Iterator[Text]:
    """Yield every scalar below a value."""
    match value:
        case Text():
            yield value
        case Items(values=values):
            for each in values:
                yield from walk(each)
        case Fields(values=fields):
            for each in fields.values():
                yield from walk(each)


def leaves(value: Value, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every scalar with the path that leads to it; a component is named by its key."""
    match value:
        case Text(value=text):
            yield path, text
        case Items(values=items):
            for number, item in enumerate(items, start=1):
                yield from leaves(item, f"{path}.{_name_of(item) or number}".lstrip("."))
        case Fields(values=fields):
            for name, item in fields.items():
                yield from leaves(item, f"{path}.{name}".lstrip("."))


def _name_of(item: Value) -> str:
    """Return the key of a component, so that one put in between does not rename those below it."""
    key = item.values.get("key") if isinstance(item, Fields) else None
    return key.value if isinstance(key, Text) else ""


class _Reading:
    """One document on its way from nodes to located text."""

    def __init__(self) -> None:
        self.seen: set[int] = set()

    def fields(self, node: MappingNode, trail: tuple[str, ...], depth: int = 0) -> Fields:
        values: dict[str, Value] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                raise Unreadable("a key is not a plain word", line, trail)
            key = str(key_node.value).strip()
            if key in values:
                raise Unreadable("this key is given twice", line, (*trail, key))
            values[key] = self.value(value_node, (*trail, key), depth + 1)
        return Fields(values, node.start_mark.line + 1)

    def value(self, node: Node, trail: tuple[str, ...], depth: int) -> Value:
        line = node.start_mark.line + 1
        if depth > DEEPEST:
            raise Unreadable(f"nests more than {DEEPEST} deep", line, trail)
        if id(node) in self.seen:
            # A repeated node may contain itself, or unfold without end.
            raise Unreadable("is an alias of another place; write it out", line, trail)
        self.seen.add(id(node))
        if isinstance(node, ScalarNode):
            return Text(str(node.value).strip(), line)
        if isinstance(node, SequenceNode):
            return Items(tuple(self.value(each, trail, depth + 1) for each in node.value), line)
        assert isinstance(node, MappingNode), "there is no fourth kind of node"
        return self.fields(node, trail, depth)
