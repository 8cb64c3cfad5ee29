"""Django's registration of the rates room."""

from django.apps import AppConfig


class Rates(AppConfig):
    """Rate schedules, their versions, and which agreement is billed by which."""

    name = "curbstop.rates"
    label = "rates"
    default_auto_field = "django.db.models.BigAutoField"
