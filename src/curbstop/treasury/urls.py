"""Addresses of treasury."""

from django.urls import path

from curbstop.treasury import views

app_name = "treasury"

urlpatterns = [
    path("days/open/", views.open_day, name="open_day"),
    path("days/close/", views.close_day, name="close_day"),
    path("deposits/", views.deposits, name="deposits"),
    path("deposits/new/", views.make_deposit, name="make_deposit"),
    path("deposits/<int:number>/", views.deposit, name="deposit"),
    path("deposits/<int:number>/slip.pdf", views.deposit_slip, name="deposit_slip"),
    path("deposits/<int:number>/verification/", views.verify_deposit, name="verify_deposit"),
    path("journals/", views.journals, name="journals"),
    path("journals/<int:number>/copies/", views.copy_journal, name="copy_journal"),
    path("journals/new/", views.export_journal, name="export_journal"),
]
