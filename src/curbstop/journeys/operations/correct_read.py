"""A read is corrected together with the bills that rest on it: they are cancelled by a second person in one step.

A submeter's read is two accounts' affair: its own bill and that of the meter it is subtracted from are cancelled
(rulebook §1.7). The usage in their place is settled at once, so that their days are billed again by the next run.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from curbstop.billing.operations import CANCELLATION_REFUSALS, CancellationRefused
from curbstop.billing.queries.corrected_use import approved_runs_resting_on, bills_resting_on
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import transaction
from curbstop.journeys.operations.cancel_bill import undo_bill_and_charges
from curbstop.metering.models import Read
from curbstop.metering.operations import Correction, CorrectionRefused, supersede_read, true_up


class ReadCorrectionRefused(Exception):
    """No read was corrected and no bill cancelled."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """The correction, and the bills that were cancelled with it, oldest first."""

    correction: Correction
    cancelled: tuple[int, ...]


def _still_billed() -> ReadCorrectionRefused:
    return ReadCorrectionRefused("A bill from this read was released just now: correct it together with that bill.")


def _as_correction(refusal: Callable[[], Exception]) -> Callable[[], Exception]:
    return lambda: ReadCorrectionRefused(str(refusal()))


REFUSALS = {name: _as_correction(refusal) for name, refusal in CANCELLATION_REFUSALS.items()} | {
    "billed_usage_stands": _still_billed
}


@transaction(refusals=REFUSALS)
def correct_read(  # the five facts of a correction, and who approves that bills are cancelled
    *, read: Read, register: Decimal, reason: str, by: User, at: datetime, approved_by: User | None = None
) -> Corrected:
    """Put the right register in the place of a read; bills that rest on it are cancelled in the same step.

    :raises ReadCorrectionRefused: if a standing bill rests on the read and no second person approves its cancellation,
        an approved run is about to bill from it, or the reads around it do not agree with the register
    """
    try:
        correction = supersede_read(read=read, register=register, kind=read.kind, reason=reason, by=by, at=at)
    except CorrectionRefused as refusal:
        raise ReadCorrectionRefused(str(refusal)) from refusal
    return Corrected(correction, _cancel_what_rested(correction.usages, reason, by=by, approved_by=approved_by, at=at))


@transaction(refusals=REFUSALS)
def true_up_read(*, read: Read, reason: str, by: User, at: datetime, approved_by: User | None = None) -> Corrected:
    """Spread the use up to an actual read again over the estimated periods, and cancel the bills of those.

    :raises ReadCorrectionRefused: as `correct_read`, or if no estimate lies before the read
    """
    try:
        correction = true_up(read=read, reason=reason, by=by, at=at)
    except CorrectionRefused as refusal:
        raise ReadCorrectionRefused(str(refusal)) from refusal
    return Corrected(correction, _cancel_what_rested(correction.usages, reason, by=by, approved_by=approved_by, at=at))


def _cancel_what_rested(
    usage_ids: Sequence[int], reason: str, *, by: User, approved_by: User | None, at: datetime
) -> tuple[int, ...]:
    waiting = approved_runs_resting_on(usage_ids)
    if waiting:
        raise ReadCorrectionRefused(
            f"Run {waiting[0]} is approved and bills from this read: release or discard it first."
        )
    bills = list(bills_resting_on(usage_ids))
    if bills and approved_by is None:
        numbers = ", ".join(str(bill.number) for bill in bills)
        raise ReadCorrectionRefused(f"Bills rest on this read: a second person has to approve cancelling {numbers}.")
    try:
        for bill in bills:
            assert approved_by is not None, "refused above"
            undo_bill_and_charges(bill=bill, reason=reason, requested_by=by, approved_by=approved_by, at=at)
    except CancellationRefused as refusal:
        raise ReadCorrectionRefused(str(refusal)) from refusal
    return tuple(bill.number for bill in bills)
