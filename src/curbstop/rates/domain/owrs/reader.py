"""Reading a file of the Open Water Rate Specification: structure first, then each class by itself.

A class that cannot be billed is refused with its field; the other classes of the file stay usable.
"""

from __future__ import annotations

from curbstop.rates.domain.documents import Fields, Text, Unreadable, read_document
from curbstop.rates.domain.owrs.classes import ClassRefused, compile_class
from curbstop.rates.domain.schedule import ClassSchedule, Problem, Schedule

# Files that name no unit were published in hundreds of cubic feet.
DEFAULT_UNIT = "ccf"
_UNITS = {
    "ccf": "ccf",
    "hcf": "ccf",
    "kgal": "kgal",
    "kilolitre": "kiloliter",
    "kiloliter": "kiloliter",
    "kl": "kiloliter",
    "gallons": "gallons",
    "gal": "gallons",
    "cf": "cubic_feet",
    "cubic_feet": "cubic_feet",
    "cubic feet": "cubic_feet",
    "gallon": "gallons",
    "thousand gallons": "kgal",
    "1000 gallons": "kgal",
    "hundred cubic feet": "ccf",
    "100 cubic feet": "ccf",
    "m3": "kiloliter",
    "cubic_meters": "kiloliter",
    "cubic meters": "kiloliter",
    "kiloliters": "kiloliter",
    "kilolitres": "kiloliter",
}


def read_owrs(text: str, name: str) -> Schedule:
    """Compile a rate file; what cannot be used is among the schedule's problems."""
    try:
        document = read_document(text)
    except Unreadable as refusal:
        return Schedule(name, "", {}, (_unreadable(refusal, name),))
    problems: list[Problem] = []
    metadata = _metadata(document, name, problems)
    unit = metadata.get("bill_unit", DEFAULT_UNIT).lower()
    if unit not in _UNITS:
        problems.append(Problem(name, "", "bill_unit", f"“{unit}” is not a unit of water"))
    structure = document.values.get("rate_structure")
    if not isinstance(structure, Fields) or not structure.values:
        problems.append(Problem(name, "", "rate_structure", "the file has no classes of customers"))
        structure = Fields({}, 0)
    classes: dict[str, ClassSchedule] = {}
    spoiled = bool(problems)
    for class_name, fields in structure.values.items():
        if not isinstance(fields, Fields):
            problems.append(Problem(name, class_name, "", "the class has no fields", fields.line))
            continue
        try:
            compiled = compile_class(class_name, fields, _UNITS.get(unit, unit))
        except ClassRefused as refusal:
            where = (refusal.field, refusal.message, refusal.line)
            problems.append(Problem(name, class_name, *where))
        else:
            classes[class_name] = compiled
    return Schedule(
        name,
        _UNITS.get(unit, unit),
        {} if spoiled else classes,
        tuple(problems),
        metadata,
    )


def _metadata(document: Fields, name: str, problems: list[Problem]) -> dict[str, str]:
    metadata = document.values.get("metadata")
    if not isinstance(metadata, Fields):
        problems.append(Problem(name, "", "metadata", "the file says nothing about itself"))
        return {}
    return {key: value.value for key, value in metadata.values.items() if isinstance(value, Text) and value.value}


def _unreadable(refusal: Unreadable, name: str) -> Problem:
    trail = [each for each in refusal.trail if each != "rate_structure"]
    class_name, *fields = trail if refusal.trail[:1] == ("rate_structure",) and trail else ["", *trail]
    return Problem(name, class_name, ".".join(fields), refusal.message, refusal.line)
