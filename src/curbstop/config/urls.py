"""The table of addresses: sign-in, and whatever the staff face mounts."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", include("allauth.account.urls")),
]
# Temporary, until the staff face has moved in.
if find_spec("curbstop.staff.urls"):
    urlpatterns.append(path("", include("curbstop.staff.urls")))
