"""Disputes: opening one holds what is disputed of a bill; resolving it releases the holds, with an answer."""

from datetime import datetime

from curbstop.collections.domain.late_charges import split_by_share
from curbstop.collections.models import Dispute, DisputeHold
from curbstop.customers.models import Account
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.card_numbers import refuse_card_number
from curbstop.foundation.database.transactions import transaction
from curbstop.ledger.operations import HoldRefused, place_hold, release_hold
from curbstop.ledger.queries import lock_open_items, open_items_of

REASON_LENGTH_MIN = 10


class DisputeRefused(Exception):
    """The dispute was not opened or resolved; the message says why."""


def _open_already() -> DisputeRefused:
    return DisputeRefused("This bill is in dispute already.")


def _own_account() -> DisputeRefused:
    return DisputeRefused("This account is your own, of your household or of a relative: others decide.")


@transaction(refusals={"one_open_dispute_per_bill": _open_already, "not_on_own_account": _own_account})
def open_dispute(
    *, account: Account, bill_source: str, reason: str, by: User, at: datetime, amount_cents: int | None = None
) -> Dispute:
    """Hold what a customer disputes of a bill, all that is unpaid without an amount: nothing is charged for it.

    :raises DisputeRefused: if the bill owes less, is in dispute already, or no reason is given
    """
    refuse_card_number(reason, DisputeRefused)
    if len(reason.strip()) < REASON_LENGTH_MIN:
        raise DisputeRefused(f"Give a reason of at least {REASON_LENGTH_MIN} letters.")
    if Dispute.objects.filter(bill_source=bill_source, resolved_at=None).exists():
        raise _open_already()
    owed = open_items_of(account.debtor_id)
    items = lock_open_items(item.id for item in owed if item.source == bill_source and item.charge == "principal")
    unpaid = {item.id: item.balance_cents for item in items if item.balance_cents > 0}
    total = sum(unpaid.values())
    if not total or (amount_cents is not None and not 0 < amount_cents <= total):
        raise DisputeRefused("No more can be disputed than is unpaid of the bill.")
    dispute = Dispute.objects.create(
        account=account,
        bill_source=bill_source,
        amount_cents=amount_cents or total,
        reason=reason.strip(),
        opened_by=by,
        opened_at=at,
    )
    shares = split_by_share(amount_cents, unpaid) if amount_cents else dict.fromkeys(unpaid)
    for item, cents in shares.items():
        try:
            hold = place_hold(
                open_item_id=item, kind="dispute", amount_cents=cents, reason=dispute.reason, by=by, at=at
            )
        except HoldRefused as refusal:
            raise DisputeRefused(str(refusal)) from refusal
        DisputeHold.objects.create(dispute=dispute, hold=hold)
    audit.record(
        actor=by, event="collections.dispute.opened", subject=dispute, at=at,
        detail={"bill": bill_source, "cents": dispute.amount_cents},
    )  # fmt: skip
    return dispute


@transaction(refusals={"not_on_own_account": _own_account})
def resolve_dispute(*, dispute: Dispute, outcome: str, answer: str, by: User, at: datetime) -> Dispute:
    """Uphold or deny a dispute with the answer that the customer gets; its holds end.

    An upheld one is followed by a correction of the bill, which others ask for and approve.

    :raises DisputeRefused: if it was resolved before, or no answer is given
    """
    refuse_card_number(answer, DisputeRefused)
    if len(answer.strip()) < REASON_LENGTH_MIN:
        raise DisputeRefused(f"Give an answer of at least {REASON_LENGTH_MIN} letters.")
    dispute = Dispute.objects.select_for_update().get(pk=dispute.pk)
    if dispute.resolved_at is not None:
        raise DisputeRefused("This dispute was resolved before.")
    for row in DisputeHold.objects.filter(dispute=dispute, hold__released_at=None).select_related("hold"):
        release_hold(hold=row.hold, by=by, at=at)
    dispute.outcome, dispute.answer, dispute.resolved_by, dispute.resolved_at = outcome, answer.strip(), by, at
    dispute.save(update_fields=["outcome", "answer", "resolved_by", "resolved_at"])
    audit.record(
        actor=by, event="collections.dispute.resolved", subject=dispute, at=at, detail={"outcome": outcome}
    )  # fmt: skip
    return dispute
