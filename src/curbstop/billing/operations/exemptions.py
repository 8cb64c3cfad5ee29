"""Exemptions: one person asks that a service is not billed, another agrees, and a day ends it."""

from datetime import date, datetime

from curbstop.billing.models import Exemption
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.approvals import refuse_same_person
from curbstop.foundation.database.transactions import transaction

REASON_LENGTH_MIN = 10


class ExemptionRefused(Exception):
    """The exemption was not asked for, approved or ended."""


def _same_person() -> ExemptionRefused:
    return ExemptionRefused("Who asks for an exemption does not approve it: ask a second person.")


def _own_account() -> ExemptionRefused:
    return ExemptionRefused("This account is your own, of your household or of a relative: others decide.")


@transaction(refusals={"not_on_own_account": _own_account})
def request_exemption(  # one of two services, and the four facts of the request
    *,
    reason: str,
    starts_on: date,
    by: User,
    at: datetime,
    agreement_id: int | None = None,
    service_point_id: int | None = None,
) -> Exemption:
    """Ask that an agreement, or a service point without one, is not billed from a day on.

    :raises ExemptionRefused: if no reason is given
    """
    assert (agreement_id is None) != (service_point_id is None), "an exemption is of one service"
    if len(reason.strip()) < REASON_LENGTH_MIN:
        raise ExemptionRefused(f"Give a reason of at least {REASON_LENGTH_MIN} letters.")
    exemption = Exemption.objects.create(
        agreement_id=agreement_id,
        service_point_id=service_point_id,
        reason=reason,
        starts_on=starts_on,
        requested_by=by,
        requested_at=at,
    )
    _record("requested", exemption, by=by, at=at)
    return exemption


@transaction(refusals={"exemption_by_second_person": _same_person, "not_on_own_account": _own_account})
def approve_exemption(*, exemption: Exemption, by: User, at: datetime) -> Exemption:
    """Put an exemption in force that someone else asked for.

    :raises ExemptionRefused: if the same person asked, or it is in force already
    """
    locked = Exemption.objects.select_for_update(of=("self",)).select_related("requested_by")
    exemption = locked.get(pk=exemption.pk)
    refuse_same_person(exemption.requested_by, by, _same_person())
    if exemption.approved_at is not None:
        raise ExemptionRefused("This exemption is in force already.")
    Exemption.objects.filter(pk=exemption.pk).update(approved_by=by, approved_at=at)
    exemption.refresh_from_db()
    _record("approved", exemption, by=by, at=at)
    return exemption


@transaction
def end_exemption(*, exemption: Exemption, ends_on: date, by: User, at: datetime) -> Exemption:
    """End an exemption: the service is billed again from that day on.

    :raises ExemptionRefused: if it ended already, or would end before it began
    """
    exemption = Exemption.objects.get(pk=exemption.pk)
    if exemption.ends_on is not None or ends_on <= exemption.starts_on:
        raise ExemptionRefused("This exemption ended already, or would end before it began.")
    Exemption.objects.filter(pk=exemption.pk).update(ends_on=ends_on)
    exemption.refresh_from_db()
    _record("ended", exemption, by=by, at=at)
    return exemption


def _record(verb: str, exemption: Exemption, *, by: User, at: datetime) -> None:
    audit.record(
        actor=by,
        event=f"billing.exemption.{verb}",
        subject=exemption,
        at=at,
        detail={"reason": exemption.reason, "ends_on": exemption.ends_on and exemption.ends_on.isoformat()},
    )
