"""Carts, receipts and the voids that wait, to those who may see them."""

from django.db.models import QuerySet

from curbstop.cashiering import permissions
from curbstop.cashiering.models import Cart, Receipt, VoidRequest
from curbstop.foundation.access.models import User


def carts_visible_to(user: User) -> QuerySet[Cart]:
    """Return a person's own carts: nobody finishes another cashier's payment."""
    return Cart.objects.filter(cashier=user).prefetch_related("items__open_item")


def receipts_visible_to(user: User) -> QuerySet[Receipt]:
    """Return the receipts a person may see, newest first."""
    receipts = Receipt.objects.select_related("till__office", "drawer__cashier", "void", "cart").prefetch_related(
        "tenders"
    )
    if not user.may(permissions.VIEW_RECEIPTS):
        return receipts.none()
    return receipts.order_by("-at", "-pk")


def void_request_of(receipt: Receipt) -> VoidRequest | None:
    """Return the request to void a receipt that waits for a second person, if there is one."""
    return _waiting().filter(receipt=receipt).first()


def void_requests_visible_to(user: User) -> QuerySet[VoidRequest]:
    """Return the voids that wait for this person, oldest first: not their own wishes, nor money they took."""
    if not user.may(permissions.APPROVE_VOID):
        return VoidRequest.objects.none()
    return _waiting().exclude(requested_by=user).exclude(receipt__drawer__cashier=user).order_by("at", "pk")


def _waiting() -> QuerySet[VoidRequest]:
    waiting = VoidRequest.objects.filter(turned_down_at=None, void=None)
    return waiting.select_related("requested_by", "receipt__till__office", "receipt__drawer__cashier")
