"""A counter and a bank with something to report."""

from tests.cashiering.conftest import account, cart_of, cashier, city, debtor, drawer, neighbor, owe, signed_in, till

__all__ = ["account", "cart_of", "cashier", "city", "debtor", "drawer", "neighbor", "owe", "signed_in", "till"]
