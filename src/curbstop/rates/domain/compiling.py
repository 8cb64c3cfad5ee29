"""From a document to a schedule, whichever of the two languages it is written in.

Compiling takes milliseconds and a version never changes, so the last schedules used are kept.
"""

from functools import lru_cache

from curbstop.rates.domain.owrs.reader import read_owrs
from curbstop.rates.domain.schedule import Schedule, ScheduleRefused
from curbstop.rates.domain.tariff.reader import compile_tariff

KEPT = 256


@lru_cache(maxsize=KEPT)
def compile_document(document: str, language: str, name: str) -> Schedule:
    """Compile a document of format `tariff` or `owrs`.

    :raises ScheduleRefused: if a tariff has any problem, or a rate file has no class to bill by
    """
    if language == "tariff":
        return compile_tariff(document, name)
    schedule = read_owrs(document, name)
    if not schedule.classes:
        raise ScheduleRefused(list(schedule.problems))
    return schedule
