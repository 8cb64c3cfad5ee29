"""A server and databases for one measurement, thrown away afterwards; the office's own is never touched."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor, wait
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

SETTLING_SECONDS = 0.05


@contextmanager
def scratch_server() -> Iterator[Any]:
    """Start an embedded server in a folder of its own beside the office's, migrated and empty."""
    from curbstop.foundation.database.places import data_folder

    beside = data_folder()
    beside.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=beside))
    folder.chmod(0o755)
    os.environ.pop("DATABASE_URL", None)
    os.environ["CURBSTOP_DATA"] = str(folder)
    os.environ["CURBSTOP_DB_ROLE"] = "app_batch"
    import django

    django.setup()
    from django.conf import settings

    from curbstop.foundation.database.installation import bring_up

    place = settings.DATABASE_ADDRESS
    assert place.cluster is not None, "without DATABASE_URL the server is the embedded one"
    try:
        bring_up(place)
        yield place.cluster
    finally:
        place.cluster.stop("immediate")
        shutil.rmtree(place.cluster.root, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def superuser(cluster: Any, database: str = "postgres") -> Any:
    """Open a connection that may do anything, for baselines and copies."""
    import psycopg

    return psycopg.connect(cluster.uri(database), autocommit=True)


def copy_database(cluster: Any, original: str, name: str) -> None:
    """Copy a whole database, file by file, in place of any that had the name."""
    with superuser(cluster) as admin:
        admin.execute(f'drop database if exists "{name}" with (force)')
        admin.execute(f'create database "{name}" template "{original}" strategy file_copy')
    with superuser(cluster, name) as inside:
        inside.execute("checkpoint")


def use_database(name: str) -> None:
    """Point this process at another database of the server."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = name


def open_rooms(database: str) -> None:
    """Make a fresh worker process ready, logged in to one database."""
    import django

    django.setup()
    from django.db import connection

    use_database(database)
    connection.ensure_connection()
    import_module("curbstop.billing.operations")  # so that the first partition is not measured with its imports


@contextmanager
def warm_workers(count: int, database: str) -> Iterator[Executor]:
    """Give the product's own worker processes that have started, imported the rooms and logged in."""
    from curbstop.billing.jobs import worker_processes

    with worker_processes(count, initializer=open_rooms, initargs=(database,)) as executor:
        wait([executor.submit(time.sleep, SETTLING_SECONDS) for _ in range(count * 2)])
        yield executor


def in_a_process(database: str, work: Any, *arguments: Any) -> Any:
    """Do something in a process of its own, so that its memory is gone afterwards."""
    with warm_workers(1, database) as executor:
        return executor.submit(work, *arguments).result()
