"""Replacing bills with all that was charged for their lateness: reversed with the old bill, reckoned anew on the new.

A bill of $620.48 bore a penalty of $62.05; corrected to $198.92 it bears $19.89 (rulebook WX-3.3).
"""

from collections.abc import Sequence
from datetime import datetime

from curbstop.billing.models import Bill, RebillBatch
from curbstop.billing.operations.rebilling import REFUSALS, RebillRefused, replace_bills
from curbstop.collections.operations import ReversalRefused, charge_rebilled
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import transaction
from curbstop.journeys.operations.cancel_bill import undo_bill_and_charges
from curbstop.ledger.queries import current_business_day


@transaction(refusals=REFUSALS)
def rebill_accounts_and_charges(
    *, batch: RebillBatch, account_ids: Sequence[int], by: User, at: datetime
) -> list[Bill]:
    """Replace the bills that an approved batch has of some accounts, and their penalties; give it to `run_rebill`.

    :raises RebillRefused: if the batch is not approved, or a bill comes out otherwise than it was reviewed
    """

    def charge(cancelled: Bill, rebilled: Bill) -> None:
        charge_rebilled(
            cancelled_source=str(cancelled), rebilled_source=str(rebilled), day=current_business_day(), by=by, at=at
        )

    try:
        return replace_bills(
            batch=batch, account_ids=account_ids, by=by, at=at, undo=undo_bill_and_charges, charge=charge
        )
    except ReversalRefused as refusal:
        raise RebillRefused(str(refusal)) from refusal
