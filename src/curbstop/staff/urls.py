"""The whole table of addresses of the staff face: its own pages, then each room's."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from curbstop.staff.views import accounts, home, search

pages = (
    [
        path("", home.home, name="home"),
        path("search/", search.search, name="search"),
        path("accounts/<str:number>/", accounts.account, name="account"),
    ],
    "staff",
)

ROOMS = (
    ("counter/", "curbstop.cashiering.urls"),
    ("billing/", "curbstop.billing.urls"),
    ("treasury/", "curbstop.treasury.urls"),
    ("reports/", "curbstop.reports.urls"),
    ("customers/", "curbstop.customers.urls"),
)

urlpatterns: list[URLPattern | URLResolver] = [path("", include(pages))]
# Temporary, until every room has its pages.
urlpatterns += [path(address, include(room)) for address, room in ROOMS if find_spec(room)]
