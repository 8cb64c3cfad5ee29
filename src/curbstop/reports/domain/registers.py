"""A register: a titled table with its parameters, typed columns and a total line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

from curbstop.foundation.money import dollars

Value: TypeAlias = str | int | Decimal | date | None
Kind = Literal["text", "day", "count", "quantity", "cents"]


@dataclass(frozen=True, slots=True)
class RegisterColumn:
    """One column: its name in the rows, its heading, and what kind of value it holds."""

    name: str
    heading: str
    kind: Kind = "text"


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

    def exported(self) -> Iterator[dict[str, Value]]:
        """Yield the rows as they are exported: cents become dollars."""
        money = {column.name for column in self.columns if column.kind == "cents"}
        for row in self.rows:
            yield {
                column.name: dollars(int(str(row[column.name]))) if column.name in money else row[column.name]
                for column in self.columns
            }
