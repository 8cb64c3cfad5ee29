"""A counter whose drawers were counted and closed, ready for the bank."""

from tests.cashiering.conftest import account, cart_of, cashier, city, debtor, drawer, neighbor, owe, signed_in, till

__all__ = ["account", "cart_of", "cashier", "city", "debtor", "drawer", "neighbor", "owe", "signed_in", "till"]
