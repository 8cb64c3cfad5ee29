"""A void answers a mistaken receipt: the number stays, the money goes back, a second person agrees."""

from datetime import datetime

from curbstop.cashiering.models import Drawer, Receipt, Void
from curbstop.cashiering.queries import reason_letters_min
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.approvals import refuse_same_person
from curbstop.foundation.card_numbers import refuse_card_number
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.ledger.operations import PostingRefused, reverse_entry


class VoidRefused(Exception):
    """The receipt stands; the message says why."""


@transaction
def void_receipt(*, receipt: Receipt, requested_by: User, approved_by: User, reason: str, at: datetime) -> Void:
    """Void a receipt while its drawer is open, restoring exactly the allocations it made.

    :raises VoidRefused: if the drawer is closed, the receipt is void already, the reason is shorter
        than the city wants, or the approver asked for it or took the money
    """
    drawer = Drawer.objects.select_for_update().get(pk=receipt.drawer_id)
    if not drawer.is_open:
        raise VoidRefused("The drawer of this receipt is closed. Ask for a refund instead of a void.")
    refuse_card_number(reason, VoidRefused)
    letters = reason_letters_min(drawer.business_day)
    if len("".join(reason.split())) < letters:
        raise VoidRefused(f"Say in at least {letters} letters why the receipt is void.")
    own = "Somebody who did not take the money or ask for the void must approve it."
    refuse_same_person(requested_by, approved_by, VoidRefused(own))
    refuse_same_person(drawer.cashier, approved_by, VoidRefused(own))
    if Void.objects.filter(receipt=receipt).exists():
        raise VoidRefused("This receipt is void already.")
    try:
        entry = reverse_entry(
            entry=receipt.entry,
            actor=approved_by,
            business_date=drawer.business_day,
            posted_at=at,
            source=f"cashiering.receipt:{receipt.pk}",
            memo=f"Void of receipt {receipt}",
        )
    except PostingRefused as refusal:
        raise VoidRefused(str(refusal)) from refusal
    with (
        refused_by("void_by_a_second_person", VoidRefused(own)),
        refused_by("void_not_by_the_cashier", VoidRefused(own)),
        refused_by("cashiering_void_receipt_id_key", VoidRefused("This receipt is void already.")),
    ):
        void = Void.objects.create(
            receipt=receipt, entry=entry, requested_by=requested_by, approved_by=approved_by, reason=reason, at=at
        )
    audit.record(
        actor=approved_by, event="cashiering.receipt.voided", subject=receipt, at=at, detail={"reason": reason}
    )
    return void
