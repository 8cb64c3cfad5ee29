"""What a pack would change: compared with what is adopted, as seen on a day, without writing.

The same pack again is no change. A value written anew begins on its effective date; whatever would
rewrite the past, or silently drop what is in force, is a mistake with its place in the pack.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from curbstop.foundation.imports import Located
from curbstop.journeys.domain.city_pack import (
    CityPack,
    CycleLine,
    GlAccountLine,
    ServiceLine,
    Texts,
)
from curbstop.journeys.domain.tariff_texts import TariffText, differences
from curbstop.ordinances.domain.packs import Adoption, LetterText, Section, Value
from curbstop.ordinances.domain.versions import Change, Dated, VersionPlan, VersionRefused, plan_versions


@dataclass(frozen=True, slots=True)
class TillLine:
    """One till and the office that it stands in."""

    code: str
    name: str
    office_code: str
    office_name: str


@dataclass(frozen=True, slots=True)
class Adopted:
    """What the city has in force and to come, gathered from the rooms that keep it."""

    city: Mapping[str, Any] = field(default_factory=dict)
    accounts: Mapping[str, GlAccountLine] = field(default_factory=dict)
    services: Mapping[str, ServiceLine] = field(default_factory=dict)
    sections: Mapping[str, list[Dated[Section]]] = field(default_factory=dict)
    values: Mapping[str, list[Dated[Value]]] = field(default_factory=dict)
    letters: Mapping[tuple[str, str], list[Dated[LetterText]]] = field(default_factory=dict)
    tariffs: Mapping[str, list[Dated[TariffText]]] = field(default_factory=dict)
    holidays: Mapping[date, Texts] = field(default_factory=dict)
    cycles: Mapping[str, CycleLine] = field(default_factory=dict)
    tills: Mapping[str, TillLine] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PackChange:
    """One line for the person who reads what changes from when; no day means at once."""

    what: str
    name: str
    from_on: date | None
    old: str | None
    new: str | None

    def __str__(self) -> str:
        when = f"from {self.from_on}" if self.from_on else "at once"
        if self.old is None:
            return f"{self.what} {self.name}: new, {self.new}, {when}"
        if self.new is None:
            return f"{self.what} {self.name}: ends, was {self.old}, {when}"
        return f"{self.what} {self.name}: {self.old} → {self.new}, {when}"

    def as_row(self) -> dict[str, str | None]:
        """Return the change as the proposal keeps it."""
        day = self.from_on.isoformat() if self.from_on else None
        return {
            "what": self.what, "name": self.name, "from": day, "old": self.old, "new": self.new,
        }  # fmt: skip


@dataclass(slots=True)
class PackPlan:
    """What approving a pack writes, room by room, and the changes as a person reads them."""

    adoption: Adoption = field(default_factory=Adoption)
    tariffs: dict[str, VersionPlan[TariffText]] = field(default_factory=dict)
    accounts: list[GlAccountLine] = field(default_factory=list)
    services: list[ServiceLine] = field(default_factory=list)
    cycles: list[CycleLine] = field(default_factory=list)
    tills: list[TillLine] = field(default_factory=list)
    changes: list[PackChange] = field(default_factory=list)
    mistakes: list[Located] = field(default_factory=list)


def plan_pack(pack: CityPack, adopted: Adopted, *, on: date) -> PackPlan:
    """Compare a pack with what is adopted, as seen on a day."""
    return _Comparison(pack, adopted, on).plan()


@dataclass(slots=True)
class _Comparison:
    pack: CityPack
    adopted: Adopted
    on: date
    result: PackPlan = field(default_factory=PackPlan)

    def plan(self) -> PackPlan:
        """Compare every part of the pack."""
        pack, adopted, result = self.pack, self.adopted, self.result
        city = self.changed_city()
        result.accounts = self.changed("account", {line.code: line for line in pack.accounts}, adopted.accounts)
        result.services = self.changed("service", {line.code: line for line in pack.services}, adopted.services)
        result.cycles = self.changed("cycle", {line.code: line for line in pack.cycles}, adopted.cycles)
        result.tills = self.changed("till", _tills(pack), adopted.tills)
        self.refuse_moved_accounts()
        sections = self.dated("section", pack.sections, adopted.sections)
        values = self.dated("value", pack.values, adopted.values)
        letters = self.dated("letter", pack.letters, adopted.letters)
        result.tariffs = self.dated("tariff", pack.tariffs, adopted.tariffs)
        holidays, removed = self.changed_holidays()
        result.adoption = Adoption(sections, values, letters, holidays, removed, city)
        return result

    def changed_city(self) -> dict[str, Any]:
        """Return the whole profile if any field of it is new or different."""
        different = [name for name, value in self.pack.city.items() if self.adopted.city.get(name) != value]
        for name in different:
            old = shown(self.adopted.city[name]) if self.adopted.city else None
            self.note("city", name, None, old, shown(self.pack.city[name]))
        return dict(self.pack.city) if different else {}

    def changed(self, what: str, written: Mapping[str, Any], adopted: Mapping[str, Any]) -> list[Any]:
        """Return lines that are new or different; one that vanished is a mistake."""
        lines = []
        for code, line in written.items():
            old = adopted.get(code)
            if old != line:
                self.note(what, code, None, old and shown_line(old), shown_line(line))
                lines.append(line)
        for code in sorted(set(adopted) - set(written)):
            message = f"{code} is in use and not in the pack (expected it to stay)"
            self.mistake((what,), what, message)
        return lines

    def refuse_moved_accounts(self) -> None:
        """Refuse what would part old postings from their meaning."""
        for line in self.result.accounts:
            old = self.adopted.accounts.get(line.code)
            if old and old.kind != line.kind:
                message = f"{line.code} is of kind {old.kind} (expected a new account instead)"
                self.mistake(("account", line.code), "kind", message)
        for service in self.result.services:
            before = self.adopted.services.get(service.code)
            if before and before.receivable != service.receivable:
                # Open items stay on the control account they were posted to (INV-1).
                message = f"{service.code} is owed on {before.receivable} (expected it to stay)"
                self.mistake(("service", service.code, "receivable"), "receivable", message)
        for code, tariffs in self.pack.tariffs.items():
            held = {one.content.service for one in self.adopted.tariffs.get(code, [])}
            for tariff in tariffs:
                if held and tariff.content.service not in held:
                    message = f"{code} is a schedule of {', '.join(held)} (expected it to stay, or another `tariff`)"
                    self.mistake(("tariff", code, tariff.starts_on.isoformat()), "service", message)

    def dated(
        self, what: str, written: Mapping[Any, list[Any]], adopted: Mapping[Any, list[Any]]
    ) -> dict[Any, VersionPlan[Any]]:
        """Return a plan for every name whose versions change."""
        plans = {}
        for name, versions in written.items():
            names = name if isinstance(name, tuple) else (name,)
            try:
                plan = plan_versions(adopted=adopted.get(name, []), written=versions, on=self.on)
            except VersionRefused as refusal:
                message = f"{refusal} (expected an `effective` date from {self.on} on)"
                self.mistake((what, *names, refusal.starts_on.isoformat()), what, message)
                continue
            if plan.additions or plan.new_ends:
                plans[name] = plan
            for change in plan.changes:
                self.note_change(what, ".".join(names), change)
        self.refuse_dropped(what, written, adopted)
        return plans

    def note_change(self, what: str, name: str, change: Change[Any]) -> None:
        """Note what a version changes; of a tariff each price and word that differs."""
        if isinstance(change.old, TariffText) and isinstance(change.new, TariffText):
            for path, before, after in differences(change.old, change.new):
                self.note(what, f"{name} {path}", change.from_on, before, after)
            return
        old = None if change.old is None else shown_content(what, change.old)
        new = None if change.new is None else shown_content(what, change.new)
        self.note(what, name, change.from_on, old, new)

    def refuse_dropped(self, what: str, written: Mapping[Any, Any], adopted: Mapping[Any, list[Dated[Any]]]) -> None:
        """Refuse to lose what is in force by leaving it out; an `until` ends it."""
        for name in set(adopted) - set(written):
            if any(one.end > self.on and one.end > one.starts_on for one in adopted[name]):
                names = name if isinstance(name, tuple) else (name,)
                message = (
                    f"{'.'.join(names)} is in force and not in the pack"
                    " (expected it to stay, or to end with an `until` date)"
                )
                self.mistake((what,), what, message)

    def changed_holidays(self) -> tuple[dict[date, Texts], tuple[date, ...]]:
        """Return new or renamed days, and days to come that are none any more."""
        written, adopted = self.pack.holidays, self.adopted.holidays
        changed = {day: names for day, names in written.items() if adopted.get(day) != names}
        removed = tuple(sorted(day for day in adopted if day >= self.on and day not in written))
        for day, names in changed.items():
            if adopted and day not in adopted and day < self.on:
                message = f"{day} is past (expected a day from {self.on} on)"
                self.mistake(("holiday", day.isoformat()), "day", message)
            old = adopted.get(day)
            self.note("holiday", str(day), day, old["en"] if old else None, names["en"])
        for day in removed:
            self.note("holiday", str(day), day, adopted[day]["en"], None)
        return changed, removed

    def note(self, what: str, name: str, from_on: date | None, old: str | None, new: str | None) -> None:
        self.result.changes.append(PackChange(what, name, from_on, old, new))

    def mistake(self, key: tuple[str, ...], field_name: str, message: str) -> None:
        place = self.pack.place(*key)
        file = place.file if place.line else _FILES.get(key[0], place.file)
        located = Located(file, place.line, place.field or field_name, message)
        self.result.mistakes.append(located)


_FILES = {
    "account": "accounts.csv",
    "service": "services.yaml",
    "cycle": "cycles.yaml",
    "till": "offices.yaml",
    "section": "code",
    "value": "values.yaml",
    "letter": "letters",
    "tariff": "rates",
}
_WORDS_SHOWN = 60


def _tills(pack: CityPack) -> dict[str, TillLine]:
    return {
        code: TillLine(code=code, name=name, office_code=office.code, office_name=office.name)
        for office in pack.offices
        for code, name in office.tills
    }


def shown(value: Any) -> str:
    """Return a value of a pack as one short line."""
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {shown(item)}" for name, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(shown(item) for item in value)
    text = " ".join(str(value).split())
    return text if len(text) <= _WORDS_SHOWN else text[: _WORDS_SHOWN - 1] + "…"


def shown_line(line: GlAccountLine | ServiceLine | CycleLine | TillLine) -> str:
    """Return a line of the chart, the services, the cycles or the tills in words."""
    if isinstance(line, GlAccountLine):
        return f"{line.name} ({line.kind}{', ' + line.role if line.role else ''})"
    if isinstance(line, ServiceLine):
        return f"{shown(line.names)} ({line.receivable}, {line.revenue}, rank {line.rank})"
    if isinstance(line, CycleLine):
        return f"{line.name} ({line.months} months)"
    return f"{line.office_name} ({line.office_code}), {line.name}"


def shown_content(what: str, content: Any) -> str:
    """Return one version of a section, value, letter or tariff in words."""
    if what == "value":
        value, unit, citation = content
        if unit == "faces":
            value = [f"{cents / 100:.2f}" for cents in value]
        return f"{shown(value)} {unit.replace('_', ' ')} ({citation})"
    if what == "tariff":
        return f"rates for {content.service}"
    title, words = content
    return f"“{title}”, {len(words.split())} words"
