"""The whole pack: every file read, then what one file says checked against the others."""

from collections.abc import Iterable, Mapping
from typing import Any

from curbstop.billing.domain.agencies import read_agencies
from curbstop.foundation.imports import FileRefused
from curbstop.journeys.domain.city_pack import CityPack, Place
from curbstop.journeys.imports.city_pack import chart, organization
from curbstop.journeys.imports.city_pack.nodes import Mistakes
from curbstop.journeys.imports.city_pack.rules import read_values
from curbstop.journeys.imports.city_pack.tariffs import read_tariffs
from curbstop.journeys.imports.city_pack.texts import read_letters, read_sections
from curbstop.ordinances.domain.packs import PackFiles
from curbstop.ordinances.domain.versions import Dated, VersionRefused, successive

AGENCIES = "billing.agencies"
Dates = Mapping[Any, list[Dated[Any]]]


def read_pack(files: PackFiles) -> CityPack:
    """Read a pack and check it against itself; the database is not asked.

    :raises FileRefused: with every mistake found, each with its file, line and field
    """
    mistakes = Mistakes()
    places: dict[tuple[str, ...], Place] = {}
    content = files.content
    city = organization.read_city(content, places=places, mistakes=mistakes)
    languages = tuple(city.get("languages", organization.LANGUAGES))
    holidays, closed = organization.read_calendar(content, languages=languages, places=places, mistakes=mistakes)
    services = chart.read_services(content, languages=languages, places=places, mistakes=mistakes)
    pack = CityPack(
        name=files.name,
        sha256=files.sha256,
        content=content,
        city={**city, "closed_weekdays": closed},
        accounts=chart.read_accounts(content, places=places, mistakes=mistakes),
        services=services,
        sections=read_sections(content, places=places, mistakes=mistakes),
        values=read_values(content, places=places, mistakes=mistakes),
        letters=read_letters(content, languages=languages, places=places, mistakes=mistakes),
        tariffs=read_tariffs(
            content,
            services=frozenset(service.code for service in services),
            places=places,
            mistakes=mistakes,
        ),
        holidays=holidays,
        cycles=organization.read_cycles(content, places=places, mistakes=mistakes),
        offices=organization.read_offices(content, places=places, mistakes=mistakes),
        places=places,
    )
    _check_against_itself(pack, mistakes)
    if mistakes:
        raise FileRefused(sorted(mistakes, key=lambda one: (one.file, one.line)))
    return pack


def _check_against_itself(pack: CityPack, mistakes: Mistakes) -> None:
    if pack.accounts:
        chart.check_services(pack.services, pack.accounts, places=pack.places, mistakes=mistakes)
    for kind, dated in (
        ("section", pack.sections),
        ("value", pack.values),
        ("letter", pack.letters),
        ("tariff", pack.tariffs),
    ):
        _check_dates(pack, kind, dated, mistakes)
    for code, values in pack.values.items():
        for value in values:
            place = pack.place("value", code, value.starts_on.isoformat(), "cites")
            _check_citation(pack, value, value.content[2], place, mistakes)
    for code, tariffs in pack.tariffs.items():
        for tariff in tariffs:
            found = pack.place("tariff", code, tariff.starts_on.isoformat())
            place = Place(found.file, found.line, "section")
            for citation in dict.fromkeys(tariff.content.citations):
                _check_citation(pack, tariff, citation, place, mistakes)
    _check_ordered_services(pack, mistakes)
    _check_agencies(pack, mistakes)


def _check_dates(pack: CityPack, kind: str, dated: Dates, mistakes: Mistakes) -> None:
    for name, versions in dated.items():
        names = name if isinstance(name, tuple) else (name,)
        try:
            successive(versions)
        except VersionRefused as refusal:
            place = pack.place(kind, *names, refusal.starts_on.isoformat())
            message = f"{refusal} (expected dates that follow each other)"
            mistakes.add(place.file, place.line, place.field, message)


def _check_citation(pack: CityPack, citing: Dated[Any], citation: str, place: Place, mistakes: Mistakes) -> None:
    """Note a citation of words that are not in the pack, or not yet in force."""
    versions = pack.sections.get(citation)
    if versions is None:
        message = f"section {citation} does not exist (expected a citation of a file in code/)"
        mistakes.add(place.file, place.line, place.field, message)
    elif not any(one.starts_on <= citing.starts_on < one.end for one in versions):
        message = (
            f"section {citation} is not in force on {citing.starts_on}"
            f" (expected a section in force from {_first(versions)} on)"
        )
        mistakes.add(place.file, place.line, place.field, message)


def _first(versions: Iterable[Dated[Any]]) -> str:
    return min(version.starts_on for version in versions).isoformat()


def _check_ordered_services(pack: CityPack, mistakes: Mistakes) -> None:
    known = {service.code for service in pack.services}
    for version in pack.values.get("payment.application_order", []):
        named = {name for step in version.content[0] for name in step.get("services", [])}
        for name in sorted(named - known):
            place = pack.place("value", "payment.application_order", version.starts_on.isoformat(), "value")
            message = f"service “{name}” is unknown (expected a code of services.yaml)"
            mistakes.add(place.file, place.line, place.field, message)


def _check_agencies(pack: CityPack, mistakes: Mistakes) -> None:
    """Note services of agencies that no list of agencies names, and listed ones that are the city's own."""
    owners: dict[str, str] = {}
    for version in pack.values.get(AGENCIES, []):
        owners |= {service: agency.code for agency in read_agencies(version.content[0]) for service in agency.services}
    for service in pack.services:
        if service.agency != owners.pop(service.code, ""):
            place = pack.place("service", service.code)
            message = (
                f"“{service.agency}” and {AGENCIES} do not say the same (expected the agency that lists the service)"
            )
            mistakes.add(place.file, place.line, "agency", message)
    for service_code, agency in sorted(owners.items()):
        place = pack.place("value", AGENCIES)
        mistakes.add(place.file, place.line, AGENCIES, f"{agency}: service “{service_code}” is not in services.yaml")
