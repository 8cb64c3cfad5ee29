"""Addresses of the books."""

from django.urls import path

from curbstop.ledger import views

app_name = "ledger"

urlpatterns = [
    path("days/", views.days, name="days"),
    path("periods/", views.periods, name="periods"),
]
