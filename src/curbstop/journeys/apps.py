"""The journeys room as a Django application."""

from django.apps import AppConfig


class Journeys(AppConfig):
    """Say where the room lives; it has no tables."""

    name = "curbstop.journeys"
    label = "journeys"
    default_auto_field = "django.db.models.BigAutoField"
