"""The customers room as a Django application."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Customers, premises, service points, accounts, agreements and the contact log."""

    name = "curbstop.customers"
    label = "customers"
