"""`city.yaml`, `calendar.yaml`, `cycles.yaml` and `offices.yaml`: who the city is and when it is open."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from curbstop.journeys.domain.city_pack import CycleLine, OfficeLine, Place
from curbstop.journeys.imports.city_pack.nodes import Form, Marked, Mistakes, day_of, read_yaml

CITY, CALENDAR, CYCLES, OFFICES = "city.yaml", "calendar.yaml", "cycles.yaml", "offices.yaml"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LANGUAGES = ("en", "es")
_MONTHS_MAX = 12
Places = dict[tuple[str, ...], Place]


def read_city(content: Mapping[str, str], *, places: Places, mistakes: Mistakes) -> dict[str, Any]:
    """Read who the city is; its first language is English, which the staff's pages speak."""
    document = read_yaml(content[CITY], file=CITY, mistakes=mistakes)
    if document is None:
        return {}
    form = Form(document, file=CITY, mistakes=mistakes)
    form.allow(
        "name", "state", "timezone", "languages", "department", "address", "phone", "email",
        "website", "payee", "remittance",
    )  # fmt: skip
    languages = _languages(form)
    city: dict[str, Any] = {
        "name": form.text("name", limit=120),
        "state": form.text("state", limit=40),
        "timezone": _timezone(form),
        "languages": list(languages),
        "address_lines": form.lines("address"),
        "phone": form.text("phone", limit=40),
        "email": form.optional_text("email"),
        "website": form.optional_text("website"),
        "payee": form.text("payee", limit=120),
        "department": form.by_language("department", languages),
        "remittance": form.by_language("remittance", languages),
    }
    places[("city",)] = Place(CITY, form.line)
    return city


def _languages(form: Form) -> tuple[str, ...]:
    written = form.lines("languages")
    for language in written:
        if language not in LANGUAGES:
            form.wrong(
                "languages",
                form.line_of("languages"),
                f"“{language}” has no translation (expected: {', '.join(LANGUAGES)})",
            )
    if written and (written[0] != "en" or len(set(written)) != len(written)):
        form.wrong("languages", form.line_of("languages"), "expected en first, and each language once")
    return tuple(written) or LANGUAGES


def _timezone(form: Form) -> str:
    name = form.text("timezone", "a zone such as America/New_York")
    try:
        if name:
            ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        form.wrong(
            "timezone",
            form.line_of("timezone"),
            f"“{name}” is unknown (expected a zone such as America/New_York)",
        )
    return name


def read_calendar(
    content: Mapping[str, str],
    *,
    languages: tuple[str, ...],
    places: Places,
    mistakes: Mistakes,
) -> tuple[dict[date, dict[str, str]], list[int]]:
    """Read the holidays by day with their names, and the weekdays always closed (Monday is 0)."""
    document = read_yaml(content[CALENDAR], file=CALENDAR, mistakes=mistakes)
    if document is None:
        return {}, []
    form = Form(document, file=CALENDAR, mistakes=mistakes)
    form.allow("closed_weekdays", "holidays")
    weekdays = form.lines("closed_weekdays") if form.has("closed_weekdays") else []
    for weekday in weekdays:
        if weekday not in WEEKDAYS:
            line = form.line_of("closed_weekdays")
            form.wrong("closed_weekdays", line, f"“{weekday}” (expected {', '.join(WEEKDAYS)})")
    closed = sorted({WEEKDAYS.index(one) for one in weekdays if one in WEEKDAYS})
    if len(closed) == len(WEEKDAYS):
        form.wrong("closed_weekdays", form.line_of("closed_weekdays"), "expected one open weekday")
    holidays: dict[date, dict[str, str]] = {}
    for entry in form.items("holidays", "a list of days"):
        day, names = _read_holiday(entry, languages, mistakes)
        if day in holidays:
            mistakes.add(CALENDAR, entry.line, "day", f"{day} is there twice")
        if day != date.min:
            holidays[day] = names
            places[("holiday", day.isoformat())] = Place(CALENDAR, entry.line, "day")
    return holidays, closed


def _read_holiday(entry: Marked, languages: tuple[str, ...], mistakes: Mistakes) -> tuple[date, dict[str, str]]:
    form = Form(entry, file=CALENDAR, mistakes=mistakes)
    form.allow("day", "name")
    day = day_of(form.node("day", "a day such as 2026-07-03"), form, "day")
    return day, form.by_language("name", languages)


def read_cycles(content: Mapping[str, str], *, places: Places, mistakes: Mistakes) -> tuple[CycleLine, ...]:
    """Read the billing cycles."""
    cycles = []
    for entry in _entries(content, CYCLES, mistakes):
        form = Form(entry, file=CYCLES, mistakes=mistakes)
        form.allow("code", "name", "months")
        code = form.code("code")
        cycle = CycleLine(code, form.text("name", limit=80), form.whole("months"))
        if form.is_sound and not 1 <= cycle.months <= _MONTHS_MAX:
            form.wrong("months", form.line_of("months"), f"{cycle.months} (expected 1 to 12)")
        if ("cycle", code) in places:
            form.wrong("code", form.line_of("code"), f"“{code}” is there twice")
        places.setdefault(("cycle", code), Place(CYCLES, form.line, "code"))
        cycles.append(cycle)
    return tuple(cycles)


def read_offices(content: Mapping[str, str], *, places: Places, mistakes: Mistakes) -> tuple[OfficeLine, ...]:
    """Read the offices and their tills; a till's code is on every receipt, so it is used once."""
    offices = []
    for entry in _entries(content, OFFICES, mistakes):
        form = Form(entry, file=OFFICES, mistakes=mistakes)
        form.allow("code", "name", "tills")
        code, name = form.code("code"), form.text("name", limit=80)
        tills = [_read_till(item, places, mistakes) for item in form.items("tills")]
        if ("office", code) in places:
            form.wrong("code", form.line_of("code"), f"“{code}” is there twice")
        places.setdefault(("office", code), Place(OFFICES, form.line, "code"))
        offices.append(OfficeLine(code=code, name=name, tills=tuple(tills)))
    return tuple(offices)


def _read_till(entry: Marked, places: Places, mistakes: Mistakes) -> tuple[str, str]:
    form = Form(entry, file=OFFICES, mistakes=mistakes, within="tills")
    form.allow("code", "name")
    code, name = form.code("code"), form.text("name", limit=80)
    if ("till", code) in places:
        form.wrong("code", form.line_of("code"), f"“{code}” is there twice")
    places.setdefault(("till", code), Place(OFFICES, form.line, "code"))
    return code, name


def _entries(content: Mapping[str, str], file: str, mistakes: Mistakes) -> list[Marked]:
    document = read_yaml(content[file], file=file, mistakes=mistakes)
    if document is None:
        return []
    if isinstance(document.value, list):
        return document.value
    mistakes.add(file, document.line, "", "this is no list (expected entries with a dash)")
    return []
