"""A meter behind another one: linked from a day on, and unlinked, before the use of these days is settled."""

from collections.abc import Callable
from datetime import date, datetime

from django.db.models import Q

from curbstop.customers.models import ServicePoint
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import transaction
from curbstop.metering.models import SubmeterLink, Usage


class LinkRefused(Exception):
    """No submeter was linked or unlinked; the message says why."""


def _refusing(sentence: str) -> Callable[[], Exception]:
    return lambda: LinkRefused(sentence)


REFUSALS = {
    "one_master_per_submeter": _refusing("This submeter is behind a meter on that day already: unlink it first."),
    "submeter_is_not_its_master": _refusing("A meter is not behind itself."),
    "submeter_purpose_known": _refusing("Say what of the main's use the submeter reduces."),
    "submeter_link_ends_after_it_starts": _refusing("A link ends after the day it began."),
}


@transaction(refusals=REFUSALS)
def link_submeter(
    *, master: ServicePoint, submeter: ServicePoint, purpose: str, starts_on: date, by: User, at: datetime
) -> SubmeterLink:
    """Take what a submeter counts off what the meter before it is billed for, from a day on (rulebook §1.7).

    :raises LinkRefused: if the main's use is settled beyond the day, the submeter is behind another, or before it
    """
    _refuse_settled(master, starts_on)
    if submeter.pk in _before(master, starts_on):
        raise LinkRefused("The main is behind this submeter itself.")
    link = SubmeterLink.objects.create(master=master, submeter=submeter, purpose=purpose, starts_on=starts_on)
    _record("linked", link, on=starts_on, by=by, at=at)
    return link


@transaction(refusals=REFUSALS)
def unlink_submeter(*, link: SubmeterLink, on: date, by: User, at: datetime) -> SubmeterLink:
    """End a link: from the day on the main is billed for what the submeter counts.

    :raises LinkRefused: if it ended already, had not begun, or the main's use is settled beyond the day
    """
    link = SubmeterLink.objects.select_for_update().get(pk=link.pk)
    if link.ends_on is not None:
        raise LinkRefused(f"This link ended on {link.ends_on}.")
    _refuse_settled(link.master, on)
    link.ends_on = on
    link.save(update_fields=["ends_on"])
    _record("unlinked", link, on=on, by=by, at=at)
    return link


def _refuse_settled(master: ServicePoint, on: date) -> None:
    settled = Usage.objects.filter(agreement__service_point=master, superseded_at=None, ends_on__gt=on)
    if last := settled.order_by("-ends_on").first():
        raise LinkRefused(f"The main's use is settled up to {last.ends_on}: choose that day or a later one.")


def _before(point: ServicePoint, on: date) -> set[int]:
    """Return the service points that a point is behind on a day, its own main's main included."""
    in_force = Q(ends_on=None) | Q(ends_on__gt=on)
    found: set[int] = set()
    mains = [point.pk]
    while mains:
        links = SubmeterLink.objects.filter(in_force, submeter_id__in=mains)
        mains = [each for each in links.values_list("master_id", flat=True) if each not in found]
        found.update(mains)
    return found


def _record(verb: str, link: SubmeterLink, *, on: date, by: User, at: datetime) -> None:
    audit.record(
        actor=by,
        event=f"metering.submeter.{verb}",
        subject=f"metering.submeterlink:{link.pk}",
        at=at,
        detail={"master": link.master.number, "submeter": link.submeter.number, "purpose": link.purpose, "on": str(on)},
    )
