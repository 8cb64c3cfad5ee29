"""Registers the foundation with Django under the label that its tables carry."""

from django.apps import AppConfig


class Foundation(AppConfig):
    """The foundation's models are gathered in `models.py` from its packages."""

    name = "curbstop.foundation"
    label = "foundation"
    default_auto_field = "django.db.models.BigAutoField"
