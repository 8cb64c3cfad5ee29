"""Registers the staff face with Django; it has no tables."""

from django.apps import AppConfig


class Staff(AppConfig):
    """Pages that compose several rooms."""

    name = "curbstop.staff"
    label = "staff"
