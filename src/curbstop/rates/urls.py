"""Addresses of rates: the tariffs of the city and drafts of them."""

from django.urls import path

from curbstop.rates.views import drafts, tariffs

app_name = "rates"

urlpatterns = [
    path("", tariffs.tariffs, name="tariffs"),
    path("versions/<int:pk>/", tariffs.tariff, name="tariff"),
    path("versions/<int:pk>/draft/", drafts.begin_draft, name="begin_draft"),
    path("drafts/<int:pk>/", drafts.draft, name="draft"),
    path("drafts/<int:pk>/text/", drafts.write_draft, name="write_draft"),
    path("drafts/<int:pk>/numbers/", drafts.change_numbers, name="change_numbers"),
    path("drafts/<int:pk>/proposal/", drafts.propose_draft, name="propose_draft"),
    path("drafts/<int:pk>/adoption/", drafts.adopt_draft, name="adopt_draft"),
    path("drafts/<int:pk>/refusal/", drafts.turn_down_draft, name="turn_down_draft"),
]
