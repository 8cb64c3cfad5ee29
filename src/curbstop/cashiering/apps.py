"""Django's registration of the cashiering room."""

from django.apps import AppConfig


class Cashiering(AppConfig):
    """Drawers, carts, tenders and receipts."""

    name = "curbstop.cashiering"
    label = "cashiering"
    default_auto_field = "django.db.models.BigAutoField"
