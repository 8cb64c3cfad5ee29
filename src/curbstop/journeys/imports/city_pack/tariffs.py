"""`rates/*.yaml`: one version of a rate schedule in a file, with its service and its first day.

The file is a tariff as the rates room reads it (docs/rates.md) with three fields of the pack's own:
`service`, `effective` and, where it ends without a successor, `until`.
"""

from collections.abc import Mapping

from curbstop.journeys.domain.city_pack import Place
from curbstop.journeys.domain.tariff_texts import TariffText, tariff_text
from curbstop.journeys.imports.city_pack.nodes import Form, Marked, Mistakes, read_yaml
from curbstop.ordinances.domain.versions import Dated
from curbstop.rates.domain.schedule import Schedule, ScheduleRefused
from curbstop.rates.domain.tariff.reader import compile_tariff

OWN_FIELDS = ("service", "effective", "until")
_UNKNOWN_SERVICE = "(expected a code of services.yaml)"


def read_tariffs(
    content: Mapping[str, str],
    *,
    services: frozenset[str],
    places: dict[tuple[str, ...], Place],
    mistakes: Mistakes,
) -> dict[str, list[Dated[TariffText]]]:
    """Read and compile every rate file; return the versions of each schedule by its code."""
    tariffs: dict[str, list[Dated[TariffText]]] = {}
    for file, text in sorted(content.items()):
        if not file.startswith("rates/"):
            continue
        before = len(mistakes)
        node = read_yaml(text, file=file, mistakes=mistakes)
        if node is None or len(mistakes) > before:
            continue
        form = Form(node, file=file, mistakes=mistakes)
        code, service = form.code("tariff"), form.text("service")
        citation = form.text("section", "the citation of a section in code/", limit=80)
        starts_on, ends_on = form.day("effective"), form.optional_day("until")
        if service and service not in services:
            message = f"“{service}” is unknown {_UNKNOWN_SERVICE}"
            form.wrong("service", form.line_of("service"), message)
        document = _without_own_fields(text, form)
        schedule = _compiled(document, file=file, mistakes=mistakes)
        if schedule is None or not form.is_sound:
            continue
        cited = _check_charges(schedule, form, node, services)
        version = tariff_text(service=service, document=document, citations=(citation, *cited))
        tariffs.setdefault(code, []).append(Dated(starts_on, ends_on, version))
        place = Place(file, form.line_of("effective"), "effective")
        places[("tariff", code, starts_on.isoformat())] = place
        places.setdefault(("tariff", code), place)
    return tariffs


def _without_own_fields(text: str, form: Form) -> str:
    """Blank the pack's own lines, so that the rates room counts lines as the clerk's editor does."""
    lines = text.split("\n")
    for name in OWN_FIELDS:
        if name in form.entries:
            lines[form.line_of(name) - 1] = ""
    return "\n".join(lines)


def _compiled(document: str, *, file: str, mistakes: Mistakes) -> Schedule | None:
    try:
        return compile_tariff(document, file)
    except ScheduleRefused as refusal:
        for problem in refusal.problems:
            mistakes.add(file, problem.line, problem.field, problem.message)
        return None


def _check_charges(schedule: Schedule, form: Form, node: Marked, services: frozenset[str]) -> tuple[str, ...]:
    """Note charges for services that the city does not have; return the sections they cite."""
    headings = {charge.heading.key: charge.heading for one in schedule.classes.values() for charge in one.charges}
    for key, heading in headings.items():
        if heading.service not in services:
            message = f"“{heading.service}” of {key} is unknown {_UNKNOWN_SERVICE}"
            form.wrong("components", _line_of_component(node, key), message)
    return tuple(dict.fromkeys(heading.section for heading in headings.values()))


def _line_of_component(node: Marked, key: str) -> int:
    assert isinstance(node.value, dict), "a compiled tariff has fields"
    components = node.value["components"].value
    for component in components if isinstance(components, list) else ():
        fields = component.value if isinstance(component.value, dict) else {}
        if "key" in fields and fields["key"].value == key:
            return fields["service"].line if "service" in fields else component.line
    return node.line
