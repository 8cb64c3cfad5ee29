"""Addresses of metering: the reads that wait for a person."""

from django.urls import path

from curbstop.metering import views

app_name = "metering"

urlpatterns = [
    path("exceptions/", views.exceptions, name="exceptions"),
    path("exceptions/<int:pk>/", views.exception, name="exception"),
    path("exceptions/<int:pk>/decision/", views.decide, name="decide"),
]
