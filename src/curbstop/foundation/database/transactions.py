"""An operation is one transaction: it does the whole thing or raises, and never runs inside another.

Deferred constraints are asked before the end, so that their refusals speak inside the operation and
become its exception, instead of surprising whoever commits.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from types import TracebackType
from typing import ParamSpec, TypeVar, overload

from django.db import DatabaseError, IntegrityError, OperationalError, connection
from django.db.transaction import Atomic

from curbstop.foundation.access.acting import announce

P = ParamSpec("P")
R = TypeVar("R")
Refusals = Mapping[str, Callable[[], Exception]]

# A serialization failure and a deadlock: PostgreSQL asks the client to try the whole again.
RETRIED = frozenset({"40001", "40P01"})
ATTEMPTS = 3


class Transaction:
    """One durable transaction, as a `with` block or around a function."""

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals
        self._atomic: Atomic | None = None

    def __enter__(self) -> None:
        atomic = Atomic(using=None, savepoint=True, durable=True)
        atomic.__enter__()
        self._atomic = atomic
        with connection.cursor() as cursor:
            announce(cursor)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        atomic, self._atomic = self._atomic, None
        assert atomic is not None, "a transaction ends where it began"
        if error is None:
            error = _spoken_by_deferred_constraints()
            kind = None if error is None else type(error)
            if error is None:
                atomic.__exit__(None, None, None)
                return
            atomic.__exit__(kind, error, error.__traceback__)
            raise self._named(error)
        atomic.__exit__(kind, error, trace)
        named = self._named(error)
        if named is not error:
            raise named

    def __call__(self, operation: Callable[P, R]) -> Callable[P, R]:
        """Run the function in a transaction of its own, again after a deadlock."""
        refusals = self._refusals

        @wraps(operation)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    with Transaction(refusals):
                        return operation(*args, **kwargs)
                except OperationalError as error:
                    if attempt == ATTEMPTS or _sqlstate(error) not in RETRIED:
                        raise
            raise AssertionError("the last attempt returns or raises")

        return run

    def _named(self, error: BaseException) -> BaseException:
        """Return the exception that stands for the constraint which spoke, else the error itself."""
        name = constraint_of(error)
        if name is None or name not in self._refusals:
            return error
        refusal = self._refusals[name]()
        refusal.__cause__ = error
        return refusal


@overload
def transaction(operation: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def transaction(*, refusals: Refusals | None = None) -> Transaction: ...
def transaction(
    operation: Callable[P, R] | None = None, /, *, refusals: Refusals | None = None
) -> Callable[P, R] | Transaction:
    """Make a function, or a `with` block, one durable transaction.

    `refusals` turns the name of a constraint into the operation's own exception:
    `@transaction(refusals={"receipt_per_cart": lambda: PaymentRefused("Taken already.")})`.

    :raises RuntimeError: if a transaction is open already; share the inner verb instead
    """
    if operation is None:
        return Transaction(refusals or {})
    return Transaction(refusals or {})(operation)


def require_transaction() -> None:
    """Refuse to go on outside an operation.

    :raises RuntimeError: if no transaction is open (the one around a test does not count)
    """
    if all(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise RuntimeError("this verb is part of an operation: call it inside @transaction")


@contextmanager
def refused_by(constraint: str, refusal: Exception) -> Iterator[None]:
    """Raise `refusal` in place of the database's error when the named constraint refuses a row."""
    try:
        yield
    except IntegrityError as error:
        if constraint_of(error) != constraint:
            raise
        raise refusal from error


def constraint_of(error: BaseException | None) -> str | None:
    """Return the name of the constraint or trigger that refused, if that is what happened."""
    diagnosis = getattr(getattr(error, "__cause__", None), "diag", None)
    name = getattr(diagnosis, "constraint_name", None)
    return str(name) if isinstance(error, IntegrityError) and name else None


def _spoken_by_deferred_constraints() -> DatabaseError | None:
    """Return what deferred constraints have to say about the rows written so far."""
    if connection.needs_rollback:
        return None
    try:
        with connection.cursor() as cursor:
            # Deferred again at once: inside a test's outer transaction the next operation follows.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    except DatabaseError as error:
        return error
    return None


def _sqlstate(error: BaseException) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)
