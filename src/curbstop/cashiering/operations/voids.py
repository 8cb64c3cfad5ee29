"""A void answers a mistaken receipt: one person asks, a second agrees, the number stays and the money goes back."""

from datetime import datetime

from curbstop.cashiering.models import Drawer, Receipt, Void, VoidRequest
from curbstop.cashiering.queries import reason_letters_min
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.approvals import refuse_same_person
from curbstop.foundation.card_numbers import refuse_card_number
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.ledger.models import Entry
from curbstop.ledger.operations import PostingRefused, reverse_entry


class VoidRefused(Exception):
    """The receipt stands as it is; the message says why."""


OWN = "Somebody who did not take the money or ask for the void must approve it."
VOID_ALREADY = "This receipt is void already."
TURNED_DOWN = "This void was turned down. Ask again if the receipt is wrong after all."


@transaction
def request_void(*, receipt: Receipt, requested_by: User, reason: str, at: datetime) -> VoidRequest:
    """Ask for a receipt to be voided while its drawer is open.

    :raises VoidRefused: if the drawer is closed, the receipt is void or a void of it waits already, or the
        reason is shorter than the city wants or holds a card number
    """
    drawer = _open_drawer(receipt)
    refuse_card_number(reason, VoidRefused)
    letters = reason_letters_min(drawer.business_day)
    if len("".join(reason.split())) < letters:
        raise VoidRefused(f"Say in at least {letters} letters why the receipt is void.")
    if Void.objects.filter(receipt=receipt).exists():
        raise VoidRefused(VOID_ALREADY)
    waits = VoidRefused("Somebody asked for this void already; it waits for a second person.")
    with refused_by("void_requested_once", waits):
        request = VoidRequest.objects.create(receipt=receipt, requested_by=requested_by, reason=reason, at=at)
    audit.record(
        actor=requested_by, event="cashiering.void.requested", subject=receipt, at=at, detail={"reason": reason}
    )
    return request


@transaction
def void_receipt(*, request: VoidRequest, approved_by: User, at: datetime) -> Void:
    """Void the receipt of a request while its drawer is open, restoring exactly the allocations it made.

    :raises VoidRefused: if the drawer is closed, the receipt is void already, the request was turned down, or
        the approver asked for it or took the money
    """
    receipt = request.receipt
    drawer = _open_drawer(receipt)
    request.refresh_from_db()
    refuse_same_person(request.requested_by, approved_by, VoidRefused(OWN))
    refuse_same_person(drawer.cashier, approved_by, VoidRefused(OWN))
    if Void.objects.filter(receipt=receipt).exists():
        raise VoidRefused(VOID_ALREADY)
    if request.turned_down_at is not None:
        raise VoidRefused(TURNED_DOWN)
    entry = _reverse(receipt, drawer=drawer, by=approved_by, at=at)
    with (
        refused_by("void_by_a_second_person", VoidRefused(OWN)),
        refused_by("void_not_by_the_cashier", VoidRefused(OWN)),
        refused_by("void_as_requested", VoidRefused(TURNED_DOWN)),
        refused_by("cashiering_void_receipt_id_key", VoidRefused(VOID_ALREADY)),
    ):
        void = Void.objects.create(
            request=request,
            receipt=receipt,
            entry=entry,
            requested_by=request.requested_by,
            approved_by=approved_by,
            reason=request.reason,
            at=at,
        )
    audit.record(
        actor=approved_by,
        event="cashiering.receipt.voided",
        subject=receipt,
        at=at,
        detail={"reason": request.reason, "requested_by": request.requested_by.username},
    )
    return void


@transaction
def turn_down_void(*, request: VoidRequest, by: User, at: datetime) -> None:
    """Let a receipt stand that somebody asked to void; it may be asked for again.

    :raises VoidRefused: if the receipt is void, or the request was turned down already
    """
    with refused_by("void_request_decided_once", VoidRefused(VOID_ALREADY)):
        waiting = VoidRequest.objects.filter(pk=request.pk, turned_down_at=None)
        turned_down = waiting.update(turned_down_by=by, turned_down_at=at)
    if not turned_down:
        raise VoidRefused(TURNED_DOWN)
    audit.record(actor=by, event="cashiering.void.turned_down", subject=request.receipt, at=at)


def _open_drawer(receipt: Receipt) -> Drawer:
    """Lock the drawer of a receipt, so that it cannot be closed meanwhile."""
    drawer = Drawer.objects.select_for_update().get(pk=receipt.drawer_id)
    if not drawer.is_open:
        raise VoidRefused("The drawer of this receipt is closed. Ask for a refund instead of a void.")
    return drawer


def _reverse(receipt: Receipt, *, drawer: Drawer, by: User, at: datetime) -> Entry:
    try:
        return reverse_entry(
            entry=receipt.entry,
            actor=by,
            business_date=drawer.business_day,
            posted_at=at,
            source=f"cashiering.receipt:{receipt.pk}",
            memo=f"Void of receipt {receipt}",
        )
    except PostingRefused as refusal:
        raise VoidRefused(str(refusal)) from refusal
