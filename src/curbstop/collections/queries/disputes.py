"""Disputes of an account and what of its bills could be disputed."""

from dataclasses import dataclass

from django.db.models import QuerySet

from curbstop.collections.models import Dispute
from curbstop.collections.permissions import SEE_COLLECTIONS
from curbstop.collections.queries.late import BILLS
from curbstop.foundation.access.models import User
from curbstop.ledger.queries import held_on, open_items_of


@dataclass(frozen=True, slots=True)
class Disputable:
    """A bill with something unpaid that is not held."""

    source: str
    number: str
    cents: int


def disputes_visible_to(user: User) -> QuerySet[Dispute]:
    """Return the disputes that a person may see, newest first."""
    disputes = Dispute.objects.select_related("account", "opened_by", "resolved_by").order_by("-pk")
    return disputes if user.may(SEE_COLLECTIONS) else disputes.none()


def disputable_bills(debtor_id: int) -> list[Disputable]:
    """Return the unpaid bills of a debtor of which something is not held, oldest first."""
    items = [item for item in open_items_of(debtor_id) if item.source.startswith(BILLS) and item.charge == "principal"]
    held = held_on(item.id for item in items)
    free: dict[str, int] = {}
    for item in items:
        free[item.source] = free.get(item.source, 0) + item.balance_cents - held.get(item.id, 0)
    return [Disputable(source, source.removeprefix(BILLS), cents) for source, cents in free.items() if cents > 0]
