"""The table of addresses: sign-in, and whatever the staff face mounts."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("curbstop.foundation.web.urls")),
    path("sign-in/", include("allauth.account.urls")),
]
handler400 = "curbstop.foundation.web.errors.bad_request"
handler403 = "curbstop.foundation.web.errors.forbidden"
handler404 = "curbstop.foundation.web.errors.not_found"
handler500 = "curbstop.foundation.web.errors.server_error"

# Temporary, until the staff face has moved in.
if find_spec("curbstop.staff.urls"):
    urlpatterns.append(path("", include("curbstop.staff.urls")))
