"""Billing in the background, and on many processors: a process pool, or a Dask cluster.

A partition commits once by its own row, so it does not matter who runs it, or whether somebody
runs it again after a worker was killed.
"""

import os
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date
from multiprocessing import get_context
from typing import Any

import django
from django.utils import timezone

from curbstop.billing import operations
from curbstop.billing.queries import cycles, printing_of, run_of
from curbstop.foundation.access.models import User
from curbstop.foundation.jobs import app
from curbstop.ledger.queries import current_business_day

QUEUE = "billing"
PRINTERS = 2
# Columns and documents: both read it once, when a process first imports them.
THREADS = ("POLARS_MAX_THREADS", "RAYON_NUM_THREADS")


@app.task(name="billing.draft_bills", queue=QUEUE, lock="billing")
def draft_bills(cycle_ids: list[int], through: str, user_id: int) -> None:
    """Draft the bills of some cycles that somebody asked for on a page."""
    operations.draft_bills(
        cycles=cycles().filter(pk__in=cycle_ids),
        through=date.fromisoformat(through),
        bill_on=current_business_day(),
        by=User.objects.get(pk=user_id),
        at=timezone.now(),
    )


@app.task(name="billing.release_bills", queue=QUEUE, lock="billing")
def release_bills(run_id: int, user_id: int) -> None:
    """Release an approved run; a job that was put back goes on where the dead one stopped."""
    by = User.objects.get(pk=user_id)
    run = operations.release_bills(run=run_of(run_id), by=by, at=timezone.now())
    operations.apply_credits(run=run, by=by, at=timezone.now())


@app.task(name="billing.print_run", queue=QUEUE)
def print_run(run_id: int) -> None:
    """Print the files of a run's mailing that are still to do."""
    printing = printing_of(run_id)
    assert printing is not None, "a mailing is planned before it is printed"
    with worker_processes(PRINTERS) as executor:
        for _ in operations.print_run(printing=printing, at=timezone.now(), executor=executor):
            pass


@contextmanager
def executor_of(*, workers: int = 1, dask: str = "") -> Iterator[Executor | None]:
    """Give an executor of worker processes, of a Dask cluster, or none for a single worker."""
    if dask:
        with _cluster(dask) as executor:
            yield executor
    elif workers == 1:
        yield None
    else:
        with worker_processes(workers) as executor:
            yield executor


@contextmanager
def worker_processes(
    count: int, *, initializer: Callable[..., None] = django.setup, initargs: tuple[Any, ...] = ()
) -> Iterator[Executor]:
    """Give a pool of processes with one thread for columns or documents each: they share the cores already.

    Processes are spawned, not forked: a forked child would share its parent's database connection.
    """
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        with ProcessPoolExecutor(
            max_workers=count, mp_context=get_context("spawn"), initializer=initializer, initargs=initargs
        ) as executor:
            yield executor
    finally:
        for name, value in before.items():
            del os.environ[name]
            if value is not None:
                os.environ[name] = value


@contextmanager
def _cluster(address: str) -> Iterator[Any]:
    from distributed import Client, WorkerPlugin

    settings_module = os.environ["DJANGO_SETTINGS_MODULE"]

    # Defined here so that it travels by value: a worker has no Django before it.
    class Rooms(WorkerPlugin):
        name = "curbstop-rooms"

        def setup(self, worker: Any) -> None:
            del worker
            import os

            import django

            os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module)
            django.setup()

    with Client(address) as client:  # type: ignore[no-untyped-call]  # distributed has half its types
        client.register_plugin(Rooms())
        # Without pure=False two submits of the same partition would count as one task.
        with client.get_executor(pure=False) as executor:
            yield _Carrier(executor)


class _Carrier(Executor):
    """Sends work as bytes: the scheduler reads what it is sent, and has no Django to know our rooms by."""

    def __init__(self, inside: Any) -> None:
        self._inside = inside

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Give the work to a worker, which unpacks it."""

        # Defined here so that it travels by value, like the plugin.
        def unpacked(packed: bytes) -> Any:
            import pickle

            work, given, named = pickle.loads(packed)  # noqa: S301 - from our own client, on the city's cluster
            return work(*given, **named)

        return self._inside.submit(unpacked, pickle.dumps((fn, args, kwargs)))
