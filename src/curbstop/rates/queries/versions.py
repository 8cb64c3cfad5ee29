"""What other rooms ask about rates: which version, which class, and the schedule ready to price."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl
from django.db.models import F, Q, QuerySet

from curbstop.foundation.access.models import User
from curbstop.foundation.database.copying import read_frame
from curbstop.rates.domain import schedule as compiled
from curbstop.rates.domain.compiling import compile_document
from curbstop.rates.models import RateAssignment, Schedule, ScheduleVersion
from curbstop.rates.permissions import SEE_RATES

STRETCH_COLUMNS: dict[str, type[pl.DataType]] = {
    "agreement_id": pl.Int64,
    "schedule_version_id": pl.Int64,
    "customer_class": pl.String,
    "inputs": pl.String,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
}
ASSIGNMENT_COLUMNS: dict[str, type[pl.DataType]] = {
    "agreement_id": pl.Int64,
    "schedule_version_id": pl.Int64,
    "customer_class": pl.String,
    "inputs": pl.String,
}


# Empty ranges, of versions that were withdrawn before they began, overlap nothing.
_STRETCHES = """
select a.agreement_id, v.id as schedule_version_id, a.customer_class, a.inputs::text,
       greatest(a.starts_on, v.starts_on) as starts_on, least(a.ends_on, v.ends_on) as ends_on
  from customers_serviceagreement g
  join rates_rateassignment a on a.agreement_id = g.id
  join rates_scheduleversion v on v.schedule_id = a.schedule_id
 where g.account_id between %(first)s and %(last)s
   and daterange(a.starts_on, a.ends_on) * daterange(v.starts_on, v.ends_on)
       && daterange(%(from_on)s::date, %(to_on)s::date)
   and (not %(changing_only)s::boolean
        or a.starts_on > %(from_on)s and a.starts_on < %(to_on)s
        or a.ends_on < %(to_on)s
        or a.schedule_id in (select c.schedule_id from rates_scheduleversion c
                              where c.starts_on > %(from_on)s and c.starts_on < %(to_on)s))
 order by a.agreement_id, greatest(a.starts_on, v.starts_on)
"""


class NoSuchVersion(LookupError):
    """No version of a schedule is in force on a day."""


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    """How one agreement is billed, as its account's page shows it."""

    agreement_id: int
    schedule_code: str
    customer_class: str
    inputs: dict[str, Any]
    starts_on: date
    ends_on: date | None


def schedules_visible_to(user: User) -> QuerySet[Schedule]:
    """Return the schedules a person may see: all of the city's for those who hold the permission."""
    schedules = Schedule.objects.select_related("service").order_by("code")
    return schedules if user.may(SEE_RATES) else schedules.none()


def adopted_schedules() -> QuerySet[ScheduleVersion]:
    """Return every version that was ever in force, by schedule and first day."""
    return (
        ScheduleVersion.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")))
        .select_related("schedule__service", "section")
        .order_by("schedule__code", "starts_on")
    )


def version_on(code: str, on: date) -> ScheduleVersion:
    """Return the version of a schedule that is in force on a day.

    :raises NoSuchVersion: if there is none
    """
    version = adopted_schedules().filter(_holds(on), schedule__code=code).first()
    if version is None:
        raise NoSuchVersion(f"No version of the rate schedule {code} is in force on {on}.")
    return version


def compiled_schedule(version_id: int) -> compiled.Schedule:
    """Return the schedule of a version, ready to price; the last ones used are kept."""
    version = ScheduleVersion.objects.select_related("schedule").get(pk=version_id)
    schedule = compile_document(version.document, version.format, version.schedule.code)
    return replace(schedule, version=version.starts_on.isoformat())


def version_names() -> dict[int, tuple[str, str]]:
    """Return the schedule and the first day of every version, withdrawn ones too, as derivations write them."""
    rows = ScheduleVersion.objects.values_list("pk", "schedule__code", "starts_on")
    return {pk: (code, starts_on.isoformat()) for pk, code, starts_on in rows}


def assignments_frame(*, first_account_id: int, last_account_id: int, on: date) -> pl.DataFrame:
    """Return the rate of each agreement of a range of accounts, as it stands on a day.

    An agreement that ended before then has the rate of its last day: its final bill may still be due.
    Columns: agreement_id, schedule_version_id (null where no version is in force), customer_class,
    inputs (JSON text).
    """
    return read_frame(
        "select a.agreement_id, v.id as schedule_version_id, a.customer_class, a.inputs::text"
        "  from (select g.id, least(%s::date, g.ends_on - 1) as day from customers_serviceagreement g"
        "         where g.account_id between %s and %s) s"
        "  join rates_rateassignment a on a.agreement_id = s.id"
        "   and a.starts_on <= s.day and (a.ends_on is null or a.ends_on > s.day)"
        "  left join rates_scheduleversion v on v.schedule_id = a.schedule_id"
        "   and v.starts_on <= s.day and (v.ends_on is null or v.ends_on > s.day)"
        " order by a.agreement_id",
        [on, first_account_id, last_account_id],
        ASSIGNMENT_COLUMNS,
    )


def assigned_to_frame(
    schedule: str, *, first_account_id: int, last_account_id: int, from_on: date, to_on: date
) -> pl.DataFrame:
    """Return who was billed by a schedule on any of some days, of a range of accounts, and from when until when.

    Columns: agreement_id, customer_class, inputs (JSON text), assigned_on, assigned_until (null while it goes on).
    """
    return read_frame(
        "select a.agreement_id, a.customer_class, a.inputs::text, a.starts_on as assigned_on,"
        "       a.ends_on as assigned_until"
        "  from customers_serviceagreement g join rates_rateassignment a on a.agreement_id = g.id"
        "  join rates_schedule s on s.id = a.schedule_id"
        " where s.code = %s and g.account_id between %s and %s"
        "   and a.starts_on < %s and (a.ends_on is null or a.ends_on > %s)",
        [schedule, first_account_id, last_account_id, to_on, from_on],
        {
            "agreement_id": pl.Int64,
            "customer_class": pl.String,
            "inputs": pl.String,
            "assigned_on": pl.Date,
            "assigned_until": pl.Date,
        },
    )


def rate_stretches_frame(
    *, first_account_id: int, last_account_id: int, from_on: date, to_on: date, changing_only: bool = False
) -> pl.DataFrame:
    """Return every rate that the agreements of a range of accounts have from a day to before another.

    Columns: agreement_id, schedule_version_id, customer_class, inputs (JSON text), starts_on, ends_on (null while it
    lasts), in order. `changing_only` leaves out most agreements that have one rate throughout, at no cost.
    """
    return read_frame(
        _STRETCHES,
        {
            "first": first_account_id,
            "last": last_account_id,
            "from_on": from_on,
            "to_on": to_on,
            "changing_only": changing_only,
        },
        STRETCH_COLUMNS,
    )


def assignments_of(agreement_ids: Iterable[int]) -> tuple[AssignmentRow, ...]:
    """Return how agreements are and were billed, newest first."""
    found = RateAssignment.objects.filter(agreement_id__in=list(agreement_ids))
    return tuple(
        AssignmentRow(
            row.agreement_id,
            row.schedule.code,
            row.customer_class,
            row.inputs,
            row.starts_on,
            row.ends_on,
        )
        for row in found.select_related("schedule").order_by("agreement_id", "-starts_on")
    )


def _holds(on: date) -> Q:
    return Q(starts_on__lte=on) & (Q(ends_on__isnull=True) | Q(ends_on__gt=on))
