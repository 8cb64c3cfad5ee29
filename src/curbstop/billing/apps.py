"""The billing room as a Django app."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Charge accounts for service, once a day of service."""

    name = "curbstop.billing"
    label = "billing"
    default_auto_field = "django.db.models.BigAutoField"
