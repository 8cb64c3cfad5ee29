"""Reads that wait for a person: the list, its counts, and the reads of a meter around one of them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet

from curbstop.foundation.access.models import User
from curbstop.metering.models import Read, ReadException
from curbstop.metering.permissions import SEE_READS

READS_SHOWN = 13


def exceptions_visible_to(user: User) -> QuerySet[ReadException]:
    """Return everything noticed about reads that the user may see, with what a list shows of it."""
    every = all_exceptions()
    return every if user.may(SEE_READS) else every.none()


def all_exceptions() -> QuerySet[ReadException]:
    """Return everything noticed about reads, for a command."""
    return ReadException.objects.select_related(
        "installation__meter",
        "installation__service_point__premises",
        "agreement__account__customer",
        "read",
        "disposed_by",
    )


def open_exceptions(user: User, *, code: str = "") -> QuerySet[ReadException]:
    """Return what nobody has decided about yet, what holds a read first, then the oldest."""
    return undecided(exceptions_visible_to(user), code=code)


def undecided(every: QuerySet[ReadException], *, code: str = "") -> QuerySet[ReadException]:
    """Return those that nobody has decided about yet, what holds a read first, then the oldest."""
    waiting = every.filter(disposed_at=None)
    return (waiting.filter(code=code) if code else waiting).order_by("-holds", "read_on", "pk")


def open_by_code(user: User) -> list[Mapping[str, Any]]:
    """Return how many of each code wait, and how many of them hold a read."""
    counts = open_exceptions(user).order_by().values("code", "holds").annotate(count=Count("pk"))
    return [dict(each) for each in counts.order_by("-holds", "code")]


def next_open_after(user: User, exception: ReadException, *, code: str = "") -> ReadException | None:
    """Return the next of the list that waits, or its first after the last."""
    waiting = [each for each in open_exceptions(user, code=code)[:200] if each.pk != exception.pk]
    later = [each for each in waiting if (not each.holds, each.read_on, each.pk) > _place(exception)]
    return next(iter(later or waiting), None)


def reads_around(exception: ReadException) -> QuerySet[Read]:
    """Return the last reads of the meter up to one after the read in question, newest first."""
    of_meter = Read.objects.filter(installation=exception.installation, superseded_at=None)
    return of_meter.order_by("-read_on")[:READS_SHOWN]


def days_open(exception: ReadException, on: date) -> int:
    """Return for how many days nobody has decided, or had."""
    until = exception.disposed_at.date() if exception.disposed_at else on
    return (until - exception.at.date()).days


def _place(exception: ReadException) -> tuple[bool, date, int]:
    return not exception.holds, exception.read_on, exception.pk
