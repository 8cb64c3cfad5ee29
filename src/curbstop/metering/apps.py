"""Django's registration of the metering room."""

from django.apps import AppConfig


class Metering(AppConfig):
    """Meters, installations, reads and usage."""

    name = "curbstop.metering"
    label = "metering"
    default_auto_field = "django.db.models.BigAutoField"
