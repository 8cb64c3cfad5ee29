"""The pages for what went wrong; each says what to do next, and htmx fragments get plain text."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from curbstop.foundation.access.guards import public


@public
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001  # Django's signature
    """Answer a request that could not be understood."""
    return render(request, "400.html", status=400)


@public
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a request that nobody's role allows."""
    return render(request, "foundation/forbidden.html", {"reason": str(exception or "")}, status=403)


@public
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001  # Django's signature
    """Answer a request for what does not exist, or is not this person's to see."""
    return render(request, "404.html", status=404)


@public
def server_error(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # Django's signature
    """Answer when the program failed. It asks the database for nothing: that may be what failed."""
    return HttpResponse(render_to_string("500.html"), status=500)


@public
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  # Django's signature
    """Answer a form that was not sent from our own page."""
    return render(request, "403_csrf.html", status=403)
