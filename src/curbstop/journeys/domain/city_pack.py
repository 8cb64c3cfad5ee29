"""A city pack as values: what a folder says, with the place where it says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from curbstop.journeys.domain.tariff_texts import TariffText
from curbstop.ordinances.domain.versions import Dated

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pack says something."""

    file: str
    line: int
    field: str = ""


@dataclass(frozen=True, slots=True)
class GlAccountLine:
    """One line of the chart of accounts."""

    fund: str
    department: str
    account: str
    name: str
    kind: str
    role: str | None

    @property
    def code(self) -> str:
        """The account as the general ledger names it."""
        return f"{self.fund}-{self.department}-{self.account}"


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """One service: its names by language, its accounts, and when a payment reaches it."""

    code: str
    names: Texts
    receivable: str
    revenue: str
    rank: int
    # Only the pack says it, to be checked against its list of agencies.
    agency: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class CycleLine:
    """One billing cycle and the months that a period of it covers."""

    code: str
    name: str
    months: int


@dataclass(frozen=True, slots=True)
class OfficeLine:
    """One counter of the city with its tills, each a code and a name."""

    code: str
    name: str
    tills: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CityPack:
    """Everything that a pack decides; `places` finds the line of a thing by its kind and name."""

    name: str
    sha256: str
    content: Mapping[str, str]
    city: Mapping[str, Any] = field(default_factory=dict)
    accounts: tuple[GlAccountLine, ...] = ()
    services: tuple[ServiceLine, ...] = ()
    sections: Mapping[str, list[Dated[tuple[str, str]]]] = field(default_factory=dict)
    values: Mapping[str, list[Dated[tuple[Any, str, str]]]] = field(default_factory=dict)
    letters: Mapping[tuple[str, str], list[Dated[tuple[str, str]]]] = field(default_factory=dict)
    tariffs: Mapping[str, list[Dated[TariffText]]] = field(default_factory=dict)
    holidays: Mapping[date, Texts] = field(default_factory=dict)
    cycles: tuple[CycleLine, ...] = ()
    offices: tuple[OfficeLine, ...] = ()
    places: Mapping[tuple[str, ...], Place] = field(default_factory=dict)

    def place(self, *key: str) -> Place:
        """Return where something is written, as exactly as it is known."""
        for length in range(len(key), 0, -1):
            if key[:length] in self.places:
                return self.places[key[:length]]
        return Place("city.yaml", 0)
