"""Who acts just now: carried beside the call, and told to the database at the start of each transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from structlog.contextvars import get_contextvars


@dataclass(frozen=True, slots=True)
class Acting:
    """The person (none: the program itself) and the request on whose behalf the code runs."""

    actor_id: int | None = None
    request_id: str = ""


class Cursor(Protocol):
    """As much of a database cursor as `announce` needs."""

    def execute(self, sql: str, params: Any = None) -> Any:  # the shape of every DB-API cursor
        """Run one statement."""


_PROGRAM = Acting()
_acting: ContextVar[Acting] = ContextVar("curbstop_acting", default=_PROGRAM)


def current_acting() -> Acting:
    """Return who acts just now."""
    return _acting.get()


@contextmanager
def acting(*, actor_id: int | None, request_id: str = "") -> Iterator[None]:
    """Act for one person until the block ends."""
    token = _acting.set(Acting(actor_id=actor_id, request_id=request_id))
    try:
        yield
    finally:
        _acting.reset(token)


def announce(cursor: Cursor) -> None:
    """Tell the current database transaction who acts.

    The setting ends with the transaction, so a pooled connection forgets it.
    """
    now = current_acting()
    if now != _PROGRAM:
        cursor.execute(
            "select set_config('curbstop.actor', %s, true), set_config('curbstop.request_id', %s, true)",
            ["" if now.actor_id is None else str(now.actor_id), now.request_id],
        )


class ActingMiddleware:
    """Lets each web request act for the person who is signed in; it stands after Django's own authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request as its signed-in person, under the request id that the log lines carry too."""
        request_id = str(get_contextvars().get("request_id") or uuid4().hex)
        with acting(actor_id=request.user.pk, request_id=request_id):
            return self.get_response(request)
