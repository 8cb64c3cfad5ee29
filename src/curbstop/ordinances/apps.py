"""The ordinances room as a Django application."""

from django.apps import AppConfig


class Ordinances(AppConfig):
    """Say where the room lives; its label is its floor."""

    name = "curbstop.ordinances"
    label = "ordinances"
    default_auto_field = "django.db.models.BigAutoField"
