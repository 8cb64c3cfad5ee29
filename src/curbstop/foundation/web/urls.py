"""Addresses that belong to no room."""

from django.urls import path

from curbstop.foundation.web import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
