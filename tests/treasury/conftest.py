"""A counter whose drawers were counted and closed, ready for the bank."""

from tests.cashiering.conftest import cart_of, cashier, city, debtor, drawer, owe, till

__all__ = ["cart_of", "cashier", "city", "debtor", "drawer", "owe", "till"]
