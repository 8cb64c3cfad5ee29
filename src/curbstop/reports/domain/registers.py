"""A register: a titled table with its parameters, typed columns and a total line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from curbstop.foundation.money import dollars

Value: TypeAlias = str | int | Decimal | date | None
Kind = Literal["text", "day", "count", "quantity", "cents"]


@dataclass(frozen=True, slots=True)
class RegisterColumn:
    """One column: its name in the rows, its heading, and what kind of value it holds."""

    name: str
    heading: str
    kind: Kind = "text"

    @property
    def is_number(self) -> bool:
        """Return whether the values stand on the right."""
        return self.kind in {"count", "quantity", "cents"}


@dataclass(frozen=True, slots=True)
class Register:
    """A table as it is shown, printed and exported; rows hold a value for each column."""

    code: str
    title: str
    parameters: tuple[tuple[str, str], ...]
    columns: tuple[RegisterColumn, ...]
    rows: Sequence[Mapping[str, Value]]

    @property
    def totals(self) -> dict[str, int]:
        """Return the sum of each column of money, in cents."""
        money = [column.name for column in self.columns if column.kind == "cents"]
        return {name: sum(int(str(row[name])) for row in self.rows) for name in money}

    def sorted_by(self, sort: str) -> "Register":
        """Return the register in the order of one column, `-name` for the largest first; rows without a value are last.

        A name that is no column leaves the order as it was made.
        """
        name = sort.removeprefix("-")
        if name not in {column.name for column in self.columns}:
            return self
        known = [row for row in self.rows if row[name] is not None]
        unknown = [row for row in self.rows if row[name] is None]
        known.sort(key=lambda row: _order(row[name]), reverse=sort.startswith("-"))
        return replace(self, rows=[*known, *unknown])

    def exported(self) -> Iterator[dict[str, Value]]:
        """Yield the rows as they are exported, cents as dollars, and after the last one the total of the money."""
        money = {column.name for column in self.columns if column.kind == "cents"}
        for row in self.rows:
            yield {
                column.name: dollars(int(str(row[column.name]))) if column.name in money else row[column.name]
                for column in self.columns
            }
        sums = {name: dollars(cents) for name, cents in self.totals.items()}
        last: dict[str, Value] = {column.name: sums.get(column.name) for column in self.columns}
        yield {**last, self.columns[0].name: "Total"}


def _order(value: Value) -> Any:
    """Return the key of a value: text regardless of case, everything else by itself."""
    return value.casefold() if isinstance(value, str) else value
