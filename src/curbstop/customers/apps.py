"""Django's registration of the customers room."""

from django.apps import AppConfig


class Customers(AppConfig):
    """Customers, premises, service points, accounts, agreements and the contact log."""

    name = "curbstop.customers"
    label = "customers"
    default_auto_field = "django.db.models.BigAutoField"
