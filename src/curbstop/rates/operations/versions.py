"""Adopting rate schedules and assigning them: inner verbs of a city pack and of an import."""

from datetime import date

import polars as pl

from curbstop.foundation.access.models import User
from curbstop.foundation.approvals import refuse_same_person
from curbstop.foundation.database.copying import copy_frame
from curbstop.foundation.database.transactions import refused_by, require_transaction
from curbstop.ledger.queries import services
from curbstop.ordinances.queries import section_ids
from curbstop.rates.domain import schedule as compiled
from curbstop.rates.domain.compiling import compile_document
from curbstop.rates.models import Schedule, ScheduleVersion
from curbstop.rates.queries import adopted_schedules

ASSIGNED = ("agreement_id", "schedule_id", "customer_class", "inputs", "starts_on", "ends_on")


class RatesRefused(Exception):
    """A schedule was not adopted or not assigned; the message says why."""


def adopt_version(  # noqa: PLR0913 - a version is all of these, and each caller names them
    *,
    schedule: str,
    service: str,
    document: str,
    format: str,  # noqa: A002 - the word that the city pack uses
    section_id: int,
    starts_on: date,
    proposed_by: User,
    approved_by: User,
    ends_on: date | None = None,
) -> ScheduleVersion:
    """Put a document in force from a day; the version before ends on that day.

    The same document again changes nothing and returns the version that is in force.

    :raises RatesRefused: if the document cannot be compiled, cites or charges for what the city does
        not have, overlaps a later version, or both people are one
    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    one_person = RatesRefused("The person who proposed a rate cannot approve it.")
    refuse_same_person(proposed_by, approved_by, one_person)
    _check(schedule, document, format)
    row = _schedule(schedule, service)
    versions = ScheduleVersion.objects.select_for_update().filter(schedule=row)
    current = versions.filter(starts_on__lte=starts_on).order_by("-starts_on", "-pk").first()
    if current is not None and current.document == document and current.ends_on == ends_on:
        return current
    if current is not None and (current.ends_on is None or current.ends_on > starts_on):
        # A version replaced on its own first day stays as an empty range.
        current.ends_on = starts_on
        current.save(update_fields=["ends_on"])
    overlap = RatesRefused(f"{schedule}: another version is in force after {starts_on}.")
    with refused_by("one_version_in_force", overlap):
        return ScheduleVersion.objects.create(
            schedule=row,
            starts_on=starts_on,
            ends_on=ends_on,
            document=document,
            format=format,
            section_id=section_id,
            proposed_by=proposed_by,
            approved_by=approved_by,
        )


def end_version(*, schedule: str, starts_on: date, ends_on: date | None) -> None:
    """Move the end of the version that began on a day; its document stays as it was.

    :raises RatesRefused: if no such version was adopted, or the one after it has begun by then
    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    version = adopted_schedules().filter(schedule__code=schedule, starts_on=starts_on).first()
    if version is None:
        raise RatesRefused(f"{schedule}: no version began on {starts_on}.")
    version.ends_on = ends_on
    overlap = RatesRefused(f"{schedule}: another version is in force before {ends_on or 'the end'}.")
    with refused_by("one_version_in_force", overlap):
        version.save(update_fields=["ends_on"])


def assign_rates(rows: pl.DataFrame) -> int:
    """Assign schedules to agreements in bulk, and return how many.

    `rows`: agreement_id, schedule (code), customer_class, inputs (JSON text), starts_on, ends_on.

    :raises RatesRefused: if a schedule or one of its classes does not exist, or an agreement already
        has a rate on one of the days
    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    known = dict(Schedule.objects.values_list("code", "pk"))
    for code, class_name in rows.select("schedule", "customer_class").unique().sort("schedule").rows():
        if code not in known:
            raise RatesRefused(f"There is no rate schedule {code}.")
        _check_class(code, class_name)
    ids = pl.col("schedule").replace_strict(known, return_dtype=pl.Int64).alias("schedule_id")
    taken = RatesRefused("An agreement already has a rate on one of these days.")
    with refused_by("one_rate_per_agreement", taken):
        return copy_frame("rates_rateassignment", rows.with_columns(ids), ASSIGNED)


def _check(code: str, document: str, language: str) -> None:
    """Compile a document and look up what it cites and charges for.

    :raises RatesRefused: with every problem found
    """
    try:
        schedule = compile_document(document, language, code)
    except compiled.ScheduleRefused as refusal:
        raise RatesRefused(str(refusal)) from refusal
    cited = compiled.sections_cited(schedule) - set(section_ids())
    if cited:
        raise RatesRefused(f"{code}: cites {', '.join(sorted(cited))}, which the code does not have.")
    if language == "tariff":
        charged = compiled.services_charged(schedule) - {each.code for each in services()}
        if charged:
            names = ", ".join(sorted(charged))
            raise RatesRefused(f"{code}: charges for {names}, which is no service of the city.")


def _schedule(code: str, service: str) -> Schedule:
    known = {each.code: each.pk for each in services()}
    if service not in known:
        raise RatesRefused(f"{code}: {service} is no service of the city.")
    row, _ = Schedule.objects.get_or_create(code=code, defaults={"service_id": known[service]})
    if row.service_id != known[service]:
        raise RatesRefused(f"{code} is a schedule of another service than {service}.")
    return row


def _check_class(code: str, class_name: str) -> None:
    """Refuse a class that no version of the schedule has."""
    versions = adopted_schedules().filter(schedule__code=code)
    schedules = [compile_document(each.document, each.format, code) for each in versions]
    if not any(each.class_named(class_name) for each in schedules):
        known = sorted({name for each in schedules for name in each.classes}) or ["no class at all"]
        raise RatesRefused(f"{code} has no class “{class_name}”; it has {', '.join(known)}.")
