"""Every page says who may see it: `@requires(permission)` or, out loud, `@public`."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render, resolve_url

from curbstop.foundation.access.models import User
from curbstop.foundation.access.permissions import Permission

logger = logging.getLogger("curbstop.access")

P = ParamSpec("P")
R = TypeVar("R", bound=HttpRequest)


class StaffRequest(HttpRequest):
    """A request that passed a guard: somebody is signed in."""

    user: User


def requires(
    permission: Permission,
) -> Callable[
    [Callable[Concatenate[StaffRequest, P], HttpResponseBase]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]
]:
    """Let a page be seen only with the permission.

    Strangers go to the sign-in page; others get a page that says what is missing.
    """

    def guard(
        view: Callable[Concatenate[StaffRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            if not request.user.may(permission):
                return _forbidden(request, permission)
            return view(cast("StaffRequest", request), *args, **kwargs)

        guarded.required_permission = permission  # type: ignore[attr-defined]  # read by the house test of all pages
        return guarded

    return guard


def public(view: Callable[Concatenate[R, P], HttpResponseBase]) -> Callable[Concatenate[R, P], HttpResponseBase]:
    """Say that a page is meant for anybody."""
    view.public = True  # type: ignore[attr-defined]  # read by the house test of all pages
    return view


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Send to the sign-in page and back; htmx would swap that page into a fragment, so it is told to leave the page."""
    back = request.get_full_path() if request.method in {"GET", "HEAD"} else "/"
    redirect = redirect_to_login(back, resolve_url(settings.LOGIN_URL))
    if request.headers.get("HX-Request") != "true":
        return redirect
    return HttpResponse(status=204, headers={"HX-Redirect": redirect.url})


def _forbidden(request: HttpRequest, permission: Permission) -> HttpResponse:
    logger.warning("refused", extra={"user": request.user.pk, "permission": permission.code, "path": request.path})
    return render(request, "foundation/forbidden.html", {"permission": permission}, status=403)
