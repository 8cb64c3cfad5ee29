"""Cancelling a bill: the equal and opposite entry, and its days free to be billed again.

The bill keeps its number and its rows. Payments on it go back to the account's unapplied credit,
by the ledger's reversal, and the two flags are set once.
"""

from datetime import datetime

from curbstop.billing.models import Bill, BilledPeriod, Cancellation, CancellationRequest
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.approvals import refuse_same_person
from curbstop.foundation.card_numbers import refuse_card_number
from curbstop.foundation.database.transactions import require_transaction, transaction
from curbstop.ledger.operations import PostingRefused, reverse_entry
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day

REASON_LENGTH_MIN = 10


class CancellationRefused(Exception):
    """The bill was not cancelled."""


def _cancelled_already() -> CancellationRefused:
    return CancellationRefused("This bill is cancelled already.")


def _same_person() -> CancellationRefused:
    return CancellationRefused("Who asks for a cancellation cannot approve it: ask a second person.")


def _bears_charges() -> CancellationRefused:
    return CancellationRefused("This bill bears a penalty or interest: cancel it on its page, so that they go with it.")


def _bears_an_adjustment() -> CancellationRefused:
    return CancellationRefused("An adjustment of this bill stands: take it back first, else its money counts twice.")


def _own_account() -> CancellationRefused:
    return CancellationRefused("This account is your own, of your household or of a relative: others decide.")


# The charges are kept by the room that charges late bills, at the end of the transaction.
CANCELLATION_REFUSALS = {
    "billing_cancellation_bill_id_key": _cancelled_already,
    "cancelled_bill_bears_no_adjustment": _bears_an_adjustment,
    "cancelled_bill_bears_no_charge": _bears_charges,
    "not_on_own_account": _own_account,
}


@transaction(refusals={"not_on_own_account": _own_account})
def request_cancellation(*, bill: Bill, reason: str, by: User, at: datetime) -> CancellationRequest:
    """Ask for a bill to be cancelled.

    :raises CancellationRefused: if it is cancelled already, or no reason is given
    """
    _refuse_without_ground(bill, reason)
    request = CancellationRequest.objects.create(bill=bill, reason=reason, by=by, at=at)
    audit.record(
        actor=by, event="billing.cancellation.requested", subject=bill, at=at,
        detail={"reason": reason},
    )  # fmt: skip
    return request


@transaction(refusals=CANCELLATION_REFUSALS)
def approve_cancellation(*, request: CancellationRequest, by: User, at: datetime) -> Cancellation:
    """Cancel the bill of a request that someone else made.

    :raises CancellationRefused: if it is cancelled already, no day is open, or the same person asks and approves
    """
    return undo_bill(bill=request.bill, reason=request.reason, requested_by=request.by, approved_by=by, at=at)


@transaction(refusals=CANCELLATION_REFUSALS)
def cancel_bill(*, bill: Bill, reason: str, requested_by: User, approved_by: User, at: datetime) -> Cancellation:
    """Cancel a bill that one person wants cancelled and another approves.

    :raises CancellationRefused: if it is cancelled already, no day is open, both are one person, or no reason is given
    """
    return undo_bill(bill=bill, reason=reason, requested_by=requested_by, approved_by=approved_by, at=at)


def undo_bill(*, bill: Bill, reason: str, requested_by: User, approved_by: User, at: datetime) -> Cancellation:
    """Cancel a bill as part of a journey that also undoes what rooms above charged on it.

    :raises CancellationRefused: as `cancel_bill`
    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    by = approved_by
    bill = Bill.objects.select_related("entry").get(pk=bill.pk)
    _refuse_without_ground(bill, reason)
    refuse_same_person(requested_by, by, _same_person())
    try:
        entry = bill.entry and reverse_entry(
            entry=bill.entry,
            actor=by,
            business_date=current_business_day(),
            posted_at=at,
            source=str(bill),
            memo=f"Cancels bill {bill.number}",
        )
    except (PostingRefused, NoOpenBusinessDay) as refusal:
        raise CancellationRefused(str(refusal)) from refusal
    cancellation = Cancellation.objects.create(
        bill=bill, entry=entry, reason=reason, requested_by=requested_by, approved_by=by, at=at
    )
    Bill.objects.filter(pk=bill.pk).update(cancelled_at=at)
    BilledPeriod.objects.filter(bill=bill).update(cancelled=True)
    audit.record(
        actor=by, event="billing.bill.cancelled", subject=bill, at=at,
        detail={"reason": reason, "requested_by": requested_by.username},
    )  # fmt: skip
    return cancellation


def _refuse_without_ground(bill: Bill, reason: str) -> None:
    refuse_card_number(reason, CancellationRefused)
    if len(reason.strip()) < REASON_LENGTH_MIN:
        raise CancellationRefused(f"Give a reason of at least {REASON_LENGTH_MIN} letters.")
    if Bill.objects.filter(pk=bill.pk, cancelled_at__isnull=False).exists():
        raise _cancelled_already()
