"""Carts and receipts, and the payments that the account page shows."""

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


def receipts_of_debtor(debtor_id: int) -> QuerySet[Receipt]:
    """Return the receipts whose money settled something of one debtor, newest first."""
    paid_for = Receipt.objects.filter(cart__items__open_item__debtor_id=debtor_id).distinct()
    return paid_for.select_related("till", "drawer__cashier", "void").prefetch_related("tenders").order_by("-at")
