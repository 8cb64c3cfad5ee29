"""Cancelling a bill with all that was charged for its lateness, and charging the bill in its place anew.

Billing does not know of penalties, so the two are composed here in one transaction; the database refuses a cancelled
bill whose penalty stands.
"""

from datetime import datetime

from curbstop.billing.models import Bill, Cancellation, CancellationRequest
from curbstop.billing.operations import CANCELLATION_REFUSALS, CancellationRefused, undo_bill
from curbstop.collections.models import LateCharge
from curbstop.collections.operations import ReversalRefused, charge_rebilled, reverse_charges_of
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import require_transaction, transaction
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day


@transaction(refusals=CANCELLATION_REFUSALS)
def cancel_bill_and_charges(*, request: CancellationRequest, by: User, at: datetime) -> Cancellation:
    """Cancel the bill of a request that someone else made, and reverse its penalties and interest.

    :raises CancellationRefused: if it is cancelled already, no day is open, or the same person asks and approves
    """
    return undo_bill_and_charges(
        bill=request.bill, reason=request.reason, requested_by=request.by, approved_by=by, at=at
    )


def undo_bill_and_charges(
    *, bill: Bill, reason: str, requested_by: User, approved_by: User, at: datetime
) -> Cancellation:
    """Do the same as part of another journey, such as a batch of corrections.

    :raises CancellationRefused: as `cancel_bill_and_charges`
    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    try:
        reverse_charges_of(
            bill_source=str(bill),
            cause=f"Bill {bill.number} was cancelled",
            day=current_business_day(),
            by=approved_by,
            at=at,
        )
    except (NoOpenBusinessDay, ReversalRefused) as refusal:
        raise CancellationRefused(str(refusal)) from refusal
    return undo_bill(bill=bill, reason=reason, requested_by=requested_by, approved_by=approved_by, at=at)


@transaction
def charge_bill_in_place(*, cancelled: Bill, rebilled: Bill, by: User, at: datetime) -> list[LateCharge]:
    """Charge a released bill what the penalties of the cancelled bill would have been on its amount (WX-3.3).

    :raises CancellationRefused: if the one is not cancelled, the other is, they are of two accounts, or no day is open
    """
    if cancelled.cancelled_at is None or rebilled.cancelled_at is not None:
        raise CancellationRefused("The first bill is to be cancelled, the second one to stand in its place.")
    if cancelled.account_id != rebilled.account_id:
        raise CancellationRefused("A bill takes the place of one of the same account.")
    try:
        day = current_business_day()
    except NoOpenBusinessDay as refusal:
        raise CancellationRefused(str(refusal)) from refusal
    return charge_rebilled(cancelled_source=str(cancelled), rebilled_source=str(rebilled), day=day, by=by, at=at)
