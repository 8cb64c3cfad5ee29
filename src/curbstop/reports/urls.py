"""Addresses of the registers."""

from django.urls import path

from curbstop.reports import views

app_name = "reports"

urlpatterns = [
    path("", views.registers, name="registers"),
    path("<slug:code>/", views.one_register, name="register"),
]
