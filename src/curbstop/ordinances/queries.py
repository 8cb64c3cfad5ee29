"""What the city has decided: values, texts and the calendar as they stood on a day."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from curbstop.foundation.access.models import User
from curbstop.foundation.calendar import Calendar
from curbstop.ordinances.domain.versions import Dated
from curbstop.ordinances.models import (
    CityProfile,
    CodeSection,
    Holiday,
    Letter,
    PackProposal,
    RuleValue,
    SectionVersion,
)
from curbstop.ordinances.permissions import READ_RULES


class NoSuchRule(LookupError):
    """No value, text or section was in force; the message says which and when."""


@dataclass(frozen=True, slots=True)
class RuleValueRow:
    """A value in force: decimals are text in `value`, whole numbers numbers, lists lists."""

    code: str
    value: Any
    unit: str
    citation: str

    @property
    def number(self) -> int:
        """The value as a whole number of days, months or pieces."""
        return int(self.value)

    @property
    def decimal(self) -> Decimal:
        """The value as an exact decimal, in its unit."""
        return Decimal(str(self.value))

    @property
    def cents(self) -> int:
        """The dollars of the value as cents."""
        assert self.unit == "dollars", f"{self.code} is counted in {self.unit}"
        return int(self.decimal * 100)

    @property
    def words(self) -> tuple[str, ...]:
        """The words of a choice or of a list of choices."""
        return tuple(self.value) if isinstance(self.value, list) else (str(self.value),)


@dataclass(frozen=True, slots=True)
class CityProfileRow:
    """The city as it stands on bills; `department` and `remittance` are texts by language."""

    name: str
    state: str
    timezone: str
    languages: tuple[str, ...]
    address_lines: tuple[str, ...]
    phone: str
    email: str
    website: str
    payee: str
    department: dict[str, str]
    remittance: dict[str, str]


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter in force, its blanks still open."""

    code: str
    language: str
    subject: str
    body: str


def in_force(on: date) -> Q:
    """Return the condition that a dated row is in force on a day."""
    return Q(starts_on__lte=on) & (Q(ends_on__isnull=True) | Q(ends_on__gt=on))


def rules_visible_to(user: User) -> QuerySet[RuleValue]:
    """Return every rule value that the user may read, by code and then by first day."""
    values = RuleValue.objects.select_related("section").order_by("code", "starts_on")
    return values if user.may(READ_RULES) else values.none()


def value_on(code: str, on: date) -> RuleValueRow:
    """Return the value of a rule on the day of the event that asks for it.

    :raises NoSuchRule: if the city had no such value in force on that day
    """
    row = RuleValue.objects.filter(in_force(on), code=code).select_related("section").first()
    if row is None:
        raise NoSuchRule(f"The city pack has no value “{code}” in force on {on}.")
    return RuleValueRow(row.code, row.value, row.unit, row.section.citation)


def values_under(prefix: str, on: date) -> tuple[RuleValueRow, ...]:
    """Return the values in force on a day whose codes begin so, by code: those that a city names itself."""
    rows = RuleValue.objects.filter(in_force(on), code__startswith=prefix).select_related("section").order_by("code")
    return tuple(RuleValueRow(row.code, row.value, row.unit, row.section.citation) for row in rows)


def city() -> CityProfileRow:
    """Return the city of this database.

    :raises NoSuchRule: if no city pack was approved yet
    """
    row = CityProfile.objects.first()
    if row is None:
        raise NoSuchRule("No city pack is in force: load one and have a second person approve it.")
    return CityProfileRow(
        name=row.name,
        state=row.state,
        timezone=row.timezone,
        languages=tuple(row.languages),
        address_lines=tuple(row.address_lines),
        phone=row.phone,
        email=row.email,
        website=row.website,
        payee=row.payee,
        department=dict(row.department),
        remittance=dict(row.remittance),
    )


def calendar_on() -> Calendar:
    """Return the city's calendar: its closed weekdays and every holiday that it has named."""
    profile = CityProfile.objects.first()
    weekdays = frozenset(profile.closed_weekdays) if profile else frozenset({5, 6})
    holidays = {row.day: str(row.names.get("en", "")) for row in Holiday.objects.all()}
    return Calendar(holidays=holidays, closed_weekdays=weekdays)


def letter_on(code: str, *, language: str, on: date) -> LetterRow:
    """Return a letter in a language as it stood on a day.

    :raises NoSuchRule: if the city had no such letter in that language
    """
    row = Letter.objects.filter(in_force(on), code=code, language=language).first()
    if row is None:
        raise NoSuchRule(f"The city pack has no letter “{code}” in “{language}” on {on}.")
    return LetterRow(row.code, row.language, row.subject, row.body)


def section_on(citation: str, on: date) -> str:
    """Return the words of a section as they stood on a day.

    :raises NoSuchRule: if the section was not in force
    """
    row = SectionVersion.objects.filter(in_force(on), section__citation=citation).first()
    if row is None:
        raise NoSuchRule(f"Section {citation} was not in force on {on}.")
    return row.text


def section_ids() -> dict[str, int]:
    """Return the row of every code section by its citation."""
    return dict(CodeSection.objects.values_list("citation", "pk"))


def open_proposal(sha256: str) -> PackProposal | None:
    """Return the proposal of exactly these files that still waits for a second person."""
    return PackProposal.objects.filter(sha256=sha256, approved_by=None).first()


def adopted_sections() -> dict[str, list[Dated[tuple[str, str]]]]:
    """Return every version of every section as (title, text), by citation."""
    found: dict[str, list[Dated[tuple[str, str]]]] = {}
    for row in SectionVersion.objects.select_related("section").order_by("starts_on", "pk"):
        version = Dated(row.starts_on, row.ends_on, (row.title, row.text))
        found.setdefault(row.section.citation, []).append(version)
    return found


def adopted_values() -> dict[str, list[Dated[tuple[Any, str, str]]]]:
    """Return every version of every rule as (value, unit, citation), by code."""
    found: dict[str, list[Dated[tuple[Any, str, str]]]] = {}
    for row in RuleValue.objects.select_related("section").order_by("starts_on", "pk"):
        version = Dated(row.starts_on, row.ends_on, (row.value, row.unit, row.section.citation))
        found.setdefault(row.code, []).append(version)
    return found


def adopted_letters() -> dict[tuple[str, str], list[Dated[tuple[str, str]]]]:
    """Return every version of every letter as (subject, body), by code and language."""
    found: dict[tuple[str, str], list[Dated[tuple[str, str]]]] = {}
    for row in Letter.objects.order_by("starts_on", "pk"):
        version = Dated(row.starts_on, row.ends_on, (row.subject, row.body))
        found.setdefault((row.code, row.language), []).append(version)
    return found


def adopted_holidays() -> dict[date, dict[str, str]]:
    """Return the names of every closed day by language."""
    return {row.day: dict(row.names) for row in Holiday.objects.all()}


def closed_weekdays() -> tuple[int, ...]:
    """Return the weekdays on which the city is always closed; Monday is 0."""
    profile = CityProfile.objects.first()
    return tuple(profile.closed_weekdays) if profile else ()
