"""A compiled rate schedule: for each class of customer, the charges in the order they are printed.

Both languages, the Open Water Rate Specification and the product's own tariffs, end here, and one
engine (`pricing.py`) prices it. A problem is a value, so that a file is judged whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from curbstop.rates.domain.given import NOTHING_GIVEN, Given
from curbstop.rates.domain.nodes import Node, Tiered


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a rate file, and where."""

    file: str
    class_name: str
    field: str
    message: str
    line: int = 0

    def __str__(self) -> str:
        where = f" (line {self.line})" if self.line else ""
        return f"{self.file}: {self.class_name or '-'}: {self.field or '-'}: {self.message}{where}"


class ScheduleRefused(ValueError):
    """A rate schedule cannot be used; lists every problem found."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What a charge is called and where it comes from."""

    key: str
    service: str = ""
    label_en: str = ""
    label_es: str = ""
    section: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Proration:
    """The standard number of days, and the lengths of a period that are billed as the standard."""

    standard_days: Fraction
    as_is_from: Fraction
    as_is_to: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A quantity at one price; where it is prorated, the quantity is days and the price a day's."""

    heading: Heading
    quantity: Node
    price: Node
    proration: Proration | None = None
    # A published rate may give a credit as a term of its bill; a tariff of ours says `discount`.
    is_credit_allowed: bool = False
    when: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedByTier:
    """Usage spread over tiers, one line a tier."""

    heading: Heading
    tiered: Tiered
    proration: Proration | None = None
    when: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """What other charges lack to a least amount."""

    heading: Heading
    least: Node
    of: tuple[str, ...]
    when: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Maximum:
    """What other charges have above a greatest amount, as a credit."""

    heading: Heading
    most: Node
    of: tuple[str, ...]
    when: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Percent:
    """A percentage of the rounded lines of other charges, up to a cap (rulebook §0.1, §2.2)."""

    heading: Heading
    share: Node
    of: tuple[str, ...]
    cap: Node | None = None
    when: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """A credit that is a share of other charges, an amount, or the lesser; never more than they are."""

    heading: Heading
    of: tuple[str, ...]
    share: Node | None = None
    amount: Node | None = None
    when: Node | None = None


Charge = Priced | PricedByTier | Minimum | Maximum | Percent | Discount


@dataclass(frozen=True, slots=True)
class ClassSchedule:
    """The charges of one class of customer, and the inputs that a row must bring."""

    name: str
    charges: tuple[Charge, ...]
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """A whole rate file, compiled; `problems` names the classes that cannot be billed."""

    name: str
    unit: str
    classes: Mapping[str, ClassSchedule]
    problems: tuple[Problem, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    # The first day of the version, where the schedule was adopted.
    version: str = ""
    # How a period is billed in which this version begins; nothing is by the rate of its last day.
    rate_change: str = ""
    # The classes as they price a part of a period whose other parts have other rates; none if they cannot.
    parts: Mapping[str, ClassSchedule] = field(default_factory=dict)
    why_no_parts: str = ""
    given: Given = NOTHING_GIVEN

    def class_named(self, name: str) -> ClassSchedule | None:
        """Return the charges of a class; a schedule without classes has the same for everybody."""
        return self.classes.get(name) or self.classes.get("")


def sections_cited(schedule: Schedule) -> set[str]:
    """Return the sections of the code that the charges of a schedule cite."""
    return {heading.section for heading in _headings(schedule) if heading.section}


def services_charged(schedule: Schedule) -> set[str]:
    """Return the services that a schedule charges for."""
    return {heading.service for heading in _headings(schedule) if heading.service}


def _headings(schedule: Schedule) -> list[Heading]:
    return [charge.heading for each in schedule.classes.values() for charge in each.charges]
