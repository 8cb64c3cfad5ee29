"""Addresses of the books."""

from django.urls import path

from curbstop.ledger import views

app_name = "ledger"

urlpatterns = [
    path("days/", views.days, name="days"),
    path("days/open/", views.open_day, name="open_day"),
    path("days/close/", views.close_day, name="close_day"),
    path("periods/", views.periods, name="periods"),
]
