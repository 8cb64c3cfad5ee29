"""Placing and releasing holds on open items: parts of the operation that disputes, plans or adjusts."""

from datetime import datetime

from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.card_numbers import refuse_card_number
from curbstop.foundation.database.transactions import refused_by, require_transaction
from curbstop.ledger.models import ItemHold

REASON_LENGTH_MIN = 10


class HoldRefused(Exception):
    """The hold was not placed or not released; the message says why."""


def place_hold(
    *,
    open_item_id: int,
    kind: str,
    reason: str,
    by: User,
    at: datetime,
    amount_cents: int | None = None,
) -> ItemHold:
    """Hold some cents of an open item, or all of it, until the hold is released.

    :raises HoldRefused: if the item does not owe that much, has a live hold of this kind, or no reason is given
    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    refuse_card_number(reason, HoldRefused)
    if len(reason.strip()) < REASON_LENGTH_MIN:
        raise HoldRefused(f"Give a reason of at least {REASON_LENGTH_MIN} letters.")
    not_owed = HoldRefused("No more can be held than the item still owes.")
    twice = HoldRefused("The item has a hold of this kind already. Release it first.")
    with (
        refused_by("item_hold_within_balance", not_owed),
        refused_by("item_hold_amount_above_zero", not_owed),
        refused_by("item_hold_one_of_a_kind", twice),
    ):
        hold = ItemHold.objects.create(
            open_item_id=open_item_id,
            kind=kind,
            amount_cents=amount_cents,
            reason=reason.strip(),
            placed_by=by,
            placed_at=at,
        )
    audit.record(actor=by, event="ledger.item_hold.placed", subject=hold, at=at, detail={"kind": kind})
    return hold


def release_hold(*, hold: ItemHold, by: User, at: datetime) -> None:
    """Release a hold; what it held may be charged for and collected again.

    :raises HoldRefused: if it was released before
    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    released = ItemHold.objects.filter(pk=hold.pk, released_at=None).update(released_by=by, released_at=at)
    if not released:
        raise HoldRefused("This hold was released before.")
    audit.record(actor=by, event="ledger.item_hold.released", subject=hold, at=at, detail={"kind": hold.kind})
