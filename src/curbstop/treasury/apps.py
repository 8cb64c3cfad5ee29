"""Django's registration of the treasury room."""

from django.apps import AppConfig


class Treasury(AppConfig):
    """Deposits and the journal export."""

    name = "curbstop.treasury"
    label = "treasury"
    default_auto_field = "django.db.models.BigAutoField"
