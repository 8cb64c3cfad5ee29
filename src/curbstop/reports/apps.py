"""Django's registration of the reports room; it has no tables."""

from django.apps import AppConfig


class Reports(AppConfig):
    """Registers and reports."""

    name = "curbstop.reports"
    label = "reports"
