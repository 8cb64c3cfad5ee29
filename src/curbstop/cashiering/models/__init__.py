"""Tables of the counter, by noun: offices, drawers, carts and receipts."""

from curbstop.cashiering.models.carts import Cart, CartItem
from curbstop.cashiering.models.drawers import DenominationCount, Drawer, DrawerCount
from curbstop.cashiering.models.files import ImportedPayment, PaymentImport
from curbstop.cashiering.models.offices import Office, Till
from curbstop.cashiering.models.receipts import Receipt, Tender, Void, VoidRequest

__all__ = [
    "Cart",
    "CartItem",
    "DenominationCount",
    "Drawer",
    "DrawerCount",
    "ImportedPayment",
    "Office",
    "PaymentImport",
    "Receipt",
    "Tender",
    "Till",
    "Void",
    "VoidRequest",
]
