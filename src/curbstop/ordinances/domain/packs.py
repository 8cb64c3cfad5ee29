"""A city pack: its files as they were read, and what they change in this room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from curbstop.ordinances.domain.versions import VersionPlan

# A section is (title, words), a value (value, unit, citation), a letter (subject, body).
Section = tuple[str, str]
Value = tuple[Any, str, str]
LetterText = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PackFiles:
    """A pack as it was read; the digest is what a second person approves."""

    name: str
    sha256: str
    content: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Adoption:
    """What a pack changes in this room; `city` is empty when the profile stays as it is."""

    sections: Mapping[str, VersionPlan[Section]] = field(default_factory=dict)
    values: Mapping[str, VersionPlan[Value]] = field(default_factory=dict)
    letters: Mapping[tuple[str, str], VersionPlan[LetterText]] = field(default_factory=dict)
    holidays: Mapping[date, Mapping[str, str]] = field(default_factory=dict)
    holidays_removed: tuple[date, ...] = ()
    city: Mapping[str, Any] = field(default_factory=dict)
