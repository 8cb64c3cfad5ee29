"""The frame that every template may ask for, computed only if it does."""

from typing import Any, cast

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from curbstop.foundation.access.models import User
from curbstop.staff.queries.menu import Frame, frame_of


def office(request: HttpRequest) -> dict[str, Any]:
    """Return the frame for templates as `office`."""

    def frame() -> Frame:
        person = getattr(request, "user", None)
        signed_in = cast("User", person) if person is not None and person.is_authenticated else None
        return frame_of(signed_in, path=request.path, sought=request.GET.get("q", ""))

    return {"office": SimpleLazyObject(frame)}
