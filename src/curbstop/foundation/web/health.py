"""What a supervisor of machines asks: whether the program is alive, and whether it can do its work."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse

from curbstop.foundation.access.guards import public


@public
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer that the process is alive; asks nothing of anybody."""
    return HttpResponse("ok\n", content_type="text/plain")


@public
def readyz(_request: HttpRequest) -> HttpResponse:
    """Answer whether the database answers, so that traffic may come."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")
