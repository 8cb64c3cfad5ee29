"""Bill messages and inserts: which of the city's notices goes with which bill.

A city writes a list: the letter “rate_change” to residential customers from June to August, the insert “pool_code” to
everybody in cycle EVEN. A notice without a condition goes with every bill.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final


class NoticeRefused(ValueError):
    """The list of notices cannot be read; the message names the entry and what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message or insert and the bills that it goes with; an empty condition is no condition."""

    letter: str
    classes: frozenset[str] = frozenset()
    cycles: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    starts_on: date | None = None
    ends_on: date | None = None

    def goes_with(self, *, classes: Iterable[str], cycle: str, language: str, bill_on: date) -> bool:
        """Tell whether a bill of a cycle, with lines of these classes of customer, gets the notice."""
        return (
            (not self.classes or not self.classes.isdisjoint(classes))
            and (not self.cycles or cycle in self.cycles)
            and (not self.languages or language in self.languages)
            and (self.starts_on is None or bill_on >= self.starts_on)
            and (self.ends_on is None or bill_on < self.ends_on)
        )


_LISTS: Final = ("classes", "cycles", "languages")
_DAYS: Final = {"from": "starts_on", "until": "ends_on"}


def read_notices(value: Any) -> tuple[Notice, ...]:
    """Return the notices that a city's policy lists.

    :raises NoticeRefused: if an entry has no letter, or a field that nobody reads
    """
    if not isinstance(value, list):
        raise NoticeRefused("Expected a list of notices, each with a letter.")
    return tuple(_notice(place, entry) for place, entry in enumerate(value, 1))


def _notice(place: int, entry: Any) -> Notice:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("letter"), str):
        raise NoticeRefused(f"Notice {place} names no letter (expected letter: CODE).")
    unknown = set(entry) - {"letter", *_LISTS, *_DAYS}
    if unknown:
        raise NoticeRefused(f"Notice {place}: nobody reads {', '.join(sorted(map(str, unknown)))}.")
    conditions: dict[str, Any] = {name: _words(place, name, entry[name]) for name in _LISTS if name in entry}
    days: dict[str, Any] = {field: _day(place, name, entry[name]) for name, field in _DAYS.items() if name in entry}
    return Notice(letter=entry["letter"], **conditions, **days)


def _words(place: int, name: str, value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise NoticeRefused(f"Notice {place}: {name} is a list of codes.")
    return frozenset(value)


def _day(place: int, name: str, value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise NoticeRefused(f"Notice {place}: {name} is a day such as 2026-07-01.") from None
