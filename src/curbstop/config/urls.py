"""The table of addresses: sign in, sign out, is it well, and the staff face, which mounts every room's pages.

Only two of allauth's pages are mounted. There is no sign-up, and no other way to become a person here.
"""

from allauth.account.views import login, logout
from django.urls import URLPattern, URLResolver, include, path

from curbstop.config.health import is_alive, is_ready

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", login, name="account_login"),
    path("sign-out/", logout, name="account_logout"),
    path("healthz", is_alive, name="healthz"),
    path("readyz", is_ready, name="readyz"),
    path("", include("curbstop.staff.urls")),
]
handler400 = "curbstop.foundation.web.errors.bad_request"
handler403 = "curbstop.foundation.web.errors.forbidden"
handler404 = "curbstop.foundation.web.errors.not_found"
handler500 = "curbstop.foundation.web.errors.server_error"
