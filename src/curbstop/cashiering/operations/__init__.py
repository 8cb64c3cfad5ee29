"""What is done at the counter, one function a verb."""

from curbstop.cashiering.operations.carts import CartRefused, fill_cart, open_cart
from curbstop.cashiering.operations.drawers import (
    CountRefused,
    DrawerRefused,
    close_drawer,
    count_drawer,
    open_drawer,
)
from curbstop.cashiering.operations.files import ImportRefused, import_payments
from curbstop.cashiering.operations.offices import declare_offices
from curbstop.cashiering.operations.payments import ConfirmationWanted, PaymentRefused, take_payment
from curbstop.cashiering.operations.voids import VoidRefused, request_void, turn_down_void, void_receipt

__all__ = [
    "CartRefused",
    "ConfirmationWanted",
    "CountRefused",
    "DrawerRefused",
    "ImportRefused",
    "PaymentRefused",
    "VoidRefused",
    "close_drawer",
    "count_drawer",
    "declare_offices",
    "fill_cart",
    "import_payments",
    "open_cart",
    "open_drawer",
    "request_void",
    "take_payment",
    "turn_down_void",
    "void_receipt",
]
