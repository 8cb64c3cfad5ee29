"""Django's registration of the collections room."""

from django.apps import AppConfig


class Collections(AppConfig):
    """Penalties, interest, security deposits, disputes and payment plans."""

    name = "curbstop.collections"
    label = "collections"
    default_auto_field = "django.db.models.BigAutoField"
