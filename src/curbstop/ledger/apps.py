"""The ledger as a Django application."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Chart of accounts, entries, open items, allocations, periods and seals."""

    name = "curbstop.ledger"
    label = "ledger"
