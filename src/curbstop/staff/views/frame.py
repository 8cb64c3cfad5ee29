"""The frame that every template may ask for, and the city's clock that its times are shown on."""

from collections.abc import Callable
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from curbstop.foundation.access.models import User
from curbstop.staff.queries.menu import Frame, city_or_none, frame_of


def office(request: HttpRequest) -> dict[str, Any]:
    """Return the frame for templates as `office`, computed only if one asks."""
    return {"office": SimpleLazyObject(lambda: _frame(request))}


def city_time(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Show instants to signed-in people on the city's clock; strangers see none."""

    def on_the_citys_clock(request: HttpRequest) -> HttpResponseBase:
        city = city_or_none() if request.user.is_authenticated else None
        if city is None:
            return get_response(request)
        with timezone.override(ZoneInfo(city.timezone)):
            return get_response(request)

    return on_the_citys_clock


def _frame(request: HttpRequest) -> Frame:
    person = getattr(request, "user", None)
    signed_in = cast("User", person) if person is not None and person.is_authenticated else None
    return frame_of(signed_in, path=request.path, sought=request.GET.get("q", ""))
