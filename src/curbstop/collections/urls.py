"""Addresses of collections."""

from django.urls import path

from curbstop.collections.views import accounts, deposits, runs, waivers

app_name = "collections"

urlpatterns = [
    path("charges/", runs.runs, name="runs"),
    path("charges/new/", runs.propose_charges, name="propose_charges"),
    path("charges/<int:pk>/", runs.run, name="run"),
    path("charges/<int:pk>/approval/", runs.approve_charges, name="approve_charges"),
    path("charges/<int:pk>/posting/", runs.post_charges, name="post_charges"),
    path("charges/<int:pk>/discarding/", runs.discard_charges, name="discard_charges"),
    path("late-charges/<int:pk>/waiver/", waivers.waive_charge, name="waive_charge"),
    path("waivers/", waivers.waivers, name="waivers"),
    path("waivers/<int:pk>/approval/", waivers.approve_waiver, name="approve_waiver"),
    path("waivers/<int:pk>/refusal/", waivers.turn_down_waiver, name="turn_down_waiver"),
    path("deposits/", deposits.deposits, name="deposits"),
    path("deposits/<int:pk>/", deposits.deposit, name="deposit"),
    path("deposits/<int:pk>/release/", deposits.approve_release, name="approve_release"),
    path("disputes/<int:pk>/", accounts.dispute, name="dispute"),
    path("accounts/<str:number>/", accounts.account, name="account"),
    path("accounts/<str:number>/deposits/", accounts.ask_deposit, name="ask_deposit"),
    path("accounts/<str:number>/disputes/", accounts.open_dispute, name="open_dispute"),
]
