"""Waiving a penalty or interest: with a reason and evidence, over a limit with a second person.

The limit is for the sum of what was waived, not for each charge: forty small waivers are one large one (trust.md P18).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Sum
from django.utils.timezone import localtime

from curbstop.collections.models import LateCharge, Waiver
from curbstop.collections.operations.reversing import ReversalRefused, reverse_charge
from curbstop.collections.queries.rules import low_income_waiver_months, waiver_limit_cents
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.approvals import refuse_same_person
from curbstop.foundation.card_numbers import refuse_card_number
from curbstop.foundation.database.locks import lock_rows
from curbstop.foundation.database.transactions import transaction
from curbstop.foundation.periods import add_months
from curbstop.ledger.models import Debtor
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day
from curbstop.ordinances.queries import value_on

YEAR = timedelta(days=365)


class WaiverRefused(Exception):
    """The charge is not waived; the message says why."""


def _asked_before() -> WaiverRefused:
    return WaiverRefused("A waiver of this charge was asked for already.")


def _no_evidence() -> WaiverRefused:
    return WaiverRefused("Name the evidence: a letter, a receipt, a statement of the bank.")


def _no_reason() -> WaiverRefused:
    return WaiverRefused("Say why in at least 10 letters.")


def _second_person() -> WaiverRefused:
    return WaiverRefused("Who asks for a waiver over the limit cannot approve it: ask a second person.")


def _own_account() -> WaiverRefused:
    return WaiverRefused("This account is your own, of your household or of a relative: others decide.")


def _over_limit() -> WaiverRefused:
    return WaiverRefused("Another waiver came before: together they need a second person. Ask once more.")


REFUSALS = {
    "not_on_own_account": _own_account,
    "waiver_within_limits": _over_limit,
    "waiver_once_a_charge": _asked_before,
    "waiver_has_evidence": _no_evidence,
    "waiver_says_why": _no_reason,
    "waiver_over_the_limit_by_a_second_person": _second_person,
}


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a charge is waived: the reason, a note in the clerk's words, and the evidence."""

    reason: str
    note: str
    evidence: str = ""


@transaction(refusals=REFUSALS)
def waive_charge(*, charge: LateCharge, ground: Ground, by: User, at: datetime) -> Waiver:
    """Waive a charge, at once up to the limit of one person, else as soon as a second person approves.

    :raises WaiverRefused: if it was waived or reversed before, evidence is missing, or a low-income household had
        interest waived within the city's months
    """
    refuse_card_number(f"{ground.note} {ground.evidence}", WaiverRefused)
    # One after the other for a debtor, so that the sum is the sum.
    lock_rows(Debtor, [charge.debtor_id])
    if LateCharge.objects.filter(pk=charge.pk, reversal__isnull=False).exists():
        raise WaiverRefused("This charge was reversed before.")
    if ground.reason == Waiver.Reason.LOW_INCOME:
        _refuse_second_low_income(charge, at)
    waiver = Waiver.objects.create(
        charge=charge,
        reason=ground.reason,
        note=ground.note.strip(),
        evidence=ground.evidence.strip(),
        amount_cents=charge.amount_cents,
        asked_by=by,
        at=at,
        needs_second=_is_over_limit(charge, by=by, at=at),
    )
    audit.record(
        actor=by, event="collections.waiver.asked", subject=waiver, at=at,
        detail={"charge": str(charge), "reason": ground.reason, "cents": charge.amount_cents},
    )  # fmt: skip
    return waiver if waiver.needs_second else _grant(waiver, by=by, at=at)


@transaction(refusals=REFUSALS)
def approve_waiver(*, waiver: Waiver, by: User, at: datetime) -> Waiver:
    """Approve a waiver that somebody else asked for.

    :raises WaiverRefused: if the same person asked, or it was decided already
    """
    waiver = (
        Waiver.objects.select_for_update(of=("self",)).select_related("asked_by", "charge__entry").get(pk=waiver.pk)
    )
    refuse_same_person(waiver.asked_by, by, _second_person())
    _refuse_decided(waiver)
    return _grant(waiver, by=by, at=at)


@transaction
def turn_down_waiver(*, waiver: Waiver, by: User, at: datetime) -> Waiver:
    """Turn a waiver down that somebody else asked for; what was no fault of the customer is always granted.

    :raises WaiverRefused: if the reason is no fault, the same person asked, or it was decided already
    """
    waiver = _locked(waiver)
    refuse_same_person(waiver.asked_by, by, _second_person())
    _refuse_decided(waiver)
    if waiver.reason == Waiver.Reason.NO_FAULT:
        raise WaiverRefused("A penalty that was no fault of the customer is always waived.")
    waiver.turned_down_by, waiver.turned_down_at = by, at
    waiver.save(update_fields=["turned_down_by", "turned_down_at"])
    audit.record(actor=by, event="collections.waiver.turned_down", subject=waiver, at=at)
    return waiver


def _local_day(at: datetime) -> date:
    """Return the city's day at an instant."""
    return localtime(at).date()


def _grant(waiver: Waiver, *, by: User, at: datetime) -> Waiver:
    cause = f"Waived: {waiver.get_reason_display()}. {waiver.note}"[:500]
    try:
        day = current_business_day()
        reversal = reverse_charge(charge=waiver.charge, cause=cause, day=day, by=by, at=at)
    except (NoOpenBusinessDay, ReversalRefused) as refusal:
        raise WaiverRefused(str(refusal)) from refusal
    waiver.approved_by, waiver.approved_at, waiver.reversal = by, at, reversal
    waiver.save(update_fields=["approved_by", "approved_at", "reversal"])
    audit.record(actor=by, event="collections.waiver.granted", subject=waiver, at=at)
    return waiver


def _locked(waiver: Waiver) -> Waiver:
    waivers = Waiver.objects.select_for_update(of=("self",)).select_related("asked_by", "charge__entry")
    return waivers.get(pk=waiver.pk)


def _refuse_decided(waiver: Waiver) -> None:
    if waiver.approved_at is not None or waiver.turned_down_at is not None:
        raise WaiverRefused("This waiver was decided already.")


def _is_over_limit(charge: LateCharge, *, by: User, at: datetime) -> bool:
    """Tell whether one person may not waive this alone: the account in its days and the person in a year count."""
    on = _local_day(at)
    window = timedelta(days=value_on("adjustment.window_days", on).number)
    standing = Waiver.objects.filter(charge__debtor_id=charge.debtor_id, turned_down_at=None)
    on_account = standing.filter(at__gt=at - window)
    by_person = standing.filter(at__gt=at - YEAR, asked_by=by)
    sums = [each.aggregate(cents=Sum("amount_cents"))["cents"] or 0 for each in (on_account, by_person)]
    return max(sums) + charge.amount_cents > waiver_limit_cents(on)


def _refuse_second_low_income(charge: LateCharge, at: datetime) -> None:
    """Refuse what the law gives once in some months: California, Health and Safety Code §116914 once in twelve."""
    months = low_income_waiver_months(_local_day(at))
    if months is None or charge.kind != "interest":
        raise WaiverRefused("The city waives no such charge of a low-income household.")
    since = add_months(_local_day(at), -months)
    granted = Waiver.objects.filter(
        charge__debtor_id=charge.debtor_id, reason=Waiver.Reason.LOW_INCOME, turned_down_at=None, at__date__gt=since
    )
    # Every charge of the same day is one waiver of the delinquent bills.
    if granted.exclude(at__date=_local_day(at)).exists():
        raise WaiverRefused(f"Interest of this household was waived within {months} months already.")
