"""Two answers for whoever watches the machine: the program runs; it reaches its database."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse

from curbstop.foundation.access.guards import public


@public
def is_alive(request: HttpRequest) -> HttpResponse:
    """Say that the program answers."""
    del request
    return HttpResponse("ok\n", content_type="text/plain")


@public
def is_ready(request: HttpRequest) -> HttpResponse:
    """Say whether the program reaches its database."""
    del request
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("no database\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")
