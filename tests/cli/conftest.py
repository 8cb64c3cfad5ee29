"""A city whose money can be imported and exported."""

from tests.cashiering.conftest import account, cart_of, cashier, city, debtor, drawer, neighbor, owe, till

__all__ = ["account", "cart_of", "cashier", "city", "debtor", "drawer", "neighbor", "owe", "till"]
