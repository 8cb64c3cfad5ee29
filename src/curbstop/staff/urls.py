"""The whole table of addresses of the staff face: its own pages, then each room's."""

from django.urls import URLPattern, URLResolver, include, path

from curbstop.staff.views import accounts, bills, home, rebills, search, ties

pages = (
    [
        path("", home.home, name="home"),
        path("search/", search.search, name="search"),
        path("accounts/<str:number>/", accounts.account, name="account"),
        path("accounts/<str:number>/contacts/", accounts.log_contact, name="log_contact"),
        path("accounts/<str:number>/ties/", ties.declare_tie, name="declare_tie"),
        path("accounts/<str:number>/ties/<int:pk>/end/", ties.end_tie, name="end_tie"),
        path(
            "billing/bills/<int:number>/cancellation/approval/",
            bills.approve_cancellation,
            name="approve_cancellation",
        ),
        path("billing/rebills/<int:pk>/approval/", rebills.approve_rebill_batch, name="approve_rebill"),
    ],
    "staff",
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(pages)),
    path("counter/", include("curbstop.cashiering.urls")),
    path("billing/", include("curbstop.billing.urls")),
    path("reads/", include("curbstop.metering.urls")),
    path("tariffs/", include("curbstop.rates.urls")),
    path("collections/", include("curbstop.collections.urls")),
    path("books/", include("curbstop.ledger.urls")),
    path("treasury/", include("curbstop.treasury.urls")),
    path("reports/", include("curbstop.reports.urls")),
]
