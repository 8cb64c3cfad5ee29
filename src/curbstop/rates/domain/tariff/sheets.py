"""A tariff as a form: its amounts and tiers, each with the place in the text where it stands.

A clerk who types 4.50 over 4.25 changes these four characters; comments, order and layout stay as they were.
The text is the truth: whatever the form cannot say is written there.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

AMOUNTS: Final = (
    "base", "per_day", "price", "percent", "minimum", "maximum", "discount", "discount_percent", "cap_per_month",
    "included",
)  # fmt: skip
_NAMED: Final = ("key", "label", "section", "classes")
_NUMBER: Final = re.compile(r"\d+(\.\d+)?")
# What a form may write into the text: a number, or nothing at all, which the tariff's own check then names.
TYPED: Final = re.compile(r"(\d{1,12}(\.\d{1,8})?)?")

Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of the tariff: what it is called, as written, and where in the text it stands."""

    label: str
    value: str
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class TierTable:
    """A list of tiers; a row is its end, empty for the last, and its price."""

    label: str
    rows: tuple[Row, ...]
    start: int
    end: int
    line: int
    indent: int
    is_flow: bool

    @property
    def steps(self) -> tuple[tuple[str, str, str], ...]:
        """Return each tier with what it is above, where it ends and its price."""
        above = ("0", *(up_to for up_to, _ in self.rows[:-1]))
        return tuple((start, *row) for start, row in zip(above, self.rows, strict=True))


@dataclass(frozen=True, slots=True)
class Sheet:
    """One component as it is shown: its numbers, and in words what is no number."""

    key: str
    label: str
    section: str
    classes: str
    amounts: tuple[Cell, ...]
    tiers: tuple[TierTable, ...]
    notes: tuple[tuple[str, str], ...]
    line: int


def sheets_of(text: str) -> tuple[Sheet, ...]:
    """Return the components of a tariff in their order; a text that is no tariff has none."""
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except (YAMLError, ValueError, RecursionError):
        return ()
    top = _fields(root)
    components = top.get("components")
    if not isinstance(components, SequenceNode):
        return ()
    section = _plain(top.get("section"))
    return tuple(_sheet(text, each, section) for each in components.value if isinstance(each, MappingNode))


def with_numbers(text: str, *, amounts: Mapping[int, str], tiers: Mapping[int, Sequence[Row]]) -> str:
    """Return the text with other numbers; they are counted through all components, from 0.

    :raises ValueError: if one of them is no number
    """
    sheets = sheets_of(text)
    cells = [cell for sheet in sheets for cell in sheet.amounts]
    tables = [table for sheet in sheets for table in sheet.tiers]
    changes: list[tuple[int, int, str]] = []
    for number, typed in amounts.items():
        if typed != cells[number].value:
            changes.append((cells[number].start, cells[number].end, _checked(typed)))
    for number, rows in tiers.items():
        table = tables[number]
        if tuple(rows) != table.rows:
            checked = [(_checked(up_to), _checked(price)) for up_to, price in rows]
            changes.append((table.start, table.end, _written(table, checked)))
    for start, end, written in sorted(changes, reverse=True):
        text = text[:start] + written + text[end:]
    return text


def _checked(typed: str) -> str:
    if not TYPED.fullmatch(typed):
        raise ValueError(f"“{typed}” is no number of at most eight decimals; a formula is written in the text.")
    return typed


def _written(table: TierTable, rows: Sequence[Row]) -> str:
    items = [f"{{up_to: {up_to}, price: {price}}}" if up_to else f"{{price: {price}}}" for up_to, price in rows]
    if table.is_flow:
        return f"[{', '.join(items)}]"
    return f"\n{' ' * table.indent}".join(f"- {each}" for each in items)


def _sheet(text: str, node: MappingNode, section: str) -> Sheet:
    fields = _fields(node)
    amounts: list[Cell] = []
    tiers: list[TierTable] = []
    notes: list[tuple[str, str]] = []
    for name, value in fields.items():
        cells = list(_cells(value, name)) if name in AMOUNTS else []
        tables = list(_tables(value)) if name == "tiers" else []
        amounts += cells
        tiers += tables
        keys = _fields(value).get("by") if cells or tables else None
        if keys is not None:
            notes.append((f"{name.replace('_', ' ')} by", _source(text, keys)))
        elif name not in _NAMED and not cells and not tables:
            notes.append((name.replace("_", " "), " ".join(_source(text, value).split())))
    label = fields.get("label")
    return Sheet(
        _plain(fields.get("key")),
        _plain(_fields(label).get("en")) or _plain(label) or _plain(fields.get("key")),
        _plain(fields.get("section")) or section,
        ", ".join(_plain(each) for each in _items(fields.get("classes"))),
        tuple(amounts),
        tuple(tiers),
        tuple(notes),
        node.start_mark.line + 1,
    )


def _cells(node: Node, label: str) -> Iterator[Cell]:
    """Yield the numbers of an amount: itself, or the rows of its table."""
    if isinstance(node, ScalarNode):
        if _is_number(node):
            begins, ends = node.start_mark, node.end_mark
            yield Cell(label.replace("_", " "), str(node.value), begins.index, ends.index, begins.line + 1)
        return
    for name, value in _fields(node).items():
        if name == "table":
            for row, each in _fields(value).items():
                yield from _cells(each, f"{label}, {row}")
        elif name in {"per_day", "per_period", "otherwise"}:
            yield from _cells(value, f"{label}, {name}")


def _tables(node: Node, label: str = "") -> Iterator[TierTable]:
    """Yield each list of tiers that has only numbers; any other is written in the text."""
    for row, value in _fields(_fields(node).get("table")).items():
        yield from _tables(value, row)
    items = [_fields(each) for each in _items(node)]
    scalars = [value for each in items for value in each.values()]
    is_plain = all(set(each) <= {"up_to", "price"} for each in items)
    if not items or not is_plain or not all(isinstance(each, ScalarNode) for each in scalars):
        return
    rows = tuple((_plain(each.get("up_to")), _plain(each.get("price"))) for each in items)
    if not all(TYPED.fullmatch(cell) for row in rows for cell in row):
        return
    yield TierTable(
        label,
        rows,
        node.start_mark.index,
        _end_of(node),
        node.start_mark.line + 1,
        node.start_mark.column,
        isinstance(node, SequenceNode) and bool(node.flow_style),
    )


def _end_of(node: Node) -> int:
    """Return where the last character of a list is: a block's own end is where the next thing begins."""
    if not isinstance(node, CollectionNode) or node.flow_style:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end_of(last[1] if isinstance(node, MappingNode) else last)


def _source(text: str, node: Node) -> str:
    return text[node.start_mark.index : _end_of(node)] if isinstance(node, ScalarNode) or node.value else ""


def _fields(node: Node | None) -> dict[str, Node]:
    if not isinstance(node, MappingNode):
        return {}
    return {str(key.value): value for key, value in node.value}


def _items(node: Node | None) -> list[Node]:
    return list(node.value) if isinstance(node, SequenceNode) else []


def _plain(node: Node | None) -> str:
    return str(node.value) if isinstance(node, ScalarNode) else ""


def _is_number(node: ScalarNode) -> bool:
    return bool(_NUMBER.fullmatch(str(node.value)))
