"""Filling a cart: the open items that a customer at the window wants to pay."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from curbstop.cashiering.models import Cart, CartItem
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import transaction
from curbstop.ledger.queries import balances_of_items


class CartRefused(Exception):
    """The cart was not filled; the message says why."""


@transaction
def open_cart(*, key: UUID, cashier: User, amounts: Mapping[int, int], at: datetime) -> Cart:
    """Open a cart of open items, given as cents to pay by item.

    The key is made by the page that offers the cart: opening the same key again returns the cart
    as it is, so that a double click opens one.

    :raises CartRefused: if an item is not owed, or not so much is owed on it
    """
    cart, is_new = Cart.objects.get_or_create(key=key, defaults={"cashier": cashier, "opened_at": at})
    if is_new:
        _put(cart, amounts)
    return cart


@transaction
def fill_cart(*, cart: Cart, amounts: Mapping[int, int]) -> None:
    """Replace what a cart holds, as long as it is not paid; what it holds already is left alone.

    :raises CartRefused: if the cart is paid, an item is not owed, or not so much is owed on it
    """
    Cart.objects.select_for_update().get(pk=cart.pk)
    if dict(cart.items.values_list("open_item_id", "amount_cents")) == amounts:
        return  # The other click of a double click was first; whether the cart is paid, the payment will ask.
    if cart.receipts.exists():
        raise CartRefused("This cart was already paid. Open a new one.")
    cart.items.all().delete()
    _put(cart, amounts)


def _put(cart: Cart, amounts: Mapping[int, int]) -> None:
    balances = balances_of_items(amounts)
    for item_id, amount_cents in amounts.items():
        if amount_cents <= 0:
            raise CartRefused("Every amount in a cart must be more than zero.")
        if amount_cents > balances.get(item_id, 0):
            raise CartRefused("More than is owed was entered for an item. Look at the account again.")
    CartItem.objects.bulk_create(
        CartItem(cart=cart, open_item_id=item_id, amount_cents=amount) for item_id, amount in amounts.items()
    )
