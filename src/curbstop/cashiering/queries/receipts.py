"""Carts and receipts, to those who may see them."""

from django.db.models import QuerySet

from curbstop.cashiering import permissions
from curbstop.cashiering.models import Cart, Receipt
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
