"""Bringing a database up: server, roles, tables and rights, in that order, as often as one likes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from curbstop.foundation.audit.watching import watch_tables
from curbstop.foundation.database.addresses import Address
from curbstop.foundation.database.binaries import ServerRefused
from curbstop.foundation.database.roles import OWNER, as_owner, grant_by_models, make_roles, prepare_database

OLDEST_VERSION = 180000
INSTALLING = 82_001  # the advisory lock of `curbstop db up`; any number that nobody else takes


@dataclass(frozen=True, slots=True)
class Status:
    """What `curbstop db status` tells."""

    is_embedded: bool
    is_ready: bool
    place: str
    version: str


def bring_up(place: Address, tell: Callable[[str], None] = lambda _: None) -> None:
    """Start the server if it is ours, make what is missing and migrate; changes nothing when all is there.

    :raises ServerRefused: if the server is too old, cannot be reached or cannot start
    """
    tell("Starting PostgreSQL")
    with _prepared(place):
        tell("Bringing the tables up to date")
        migrate(place)


def make_empty(place: Address) -> None:
    """Do all of `bring_up` but the tables: for a restore, which brings its own.

    :raises ServerRefused: if the server is too old, cannot be reached or cannot start
    """
    with _prepared(place):
        pass


@contextmanager
def _prepared(place: Address) -> Iterator[None]:
    """Make the roles and the database, and keep every other program from doing so until the block ends."""
    if place.cluster is not None:
        place.cluster.start()
    try:
        with psycopg.connect(_without_database(place), autocommit=True) as admin:
            _refuse_old(admin)
            admin.execute("SELECT pg_advisory_lock(%s)", [INSTALLING])
            make_roles(admin, place)
            _make_database(admin, place)
            with psycopg.connect(place.conninfo(), autocommit=True) as inside:
                prepare_database(inside, place.name)
            yield
    except psycopg.OperationalError as error:
        raise ServerRefused(f"The database server at {place.host}:{place.port} cannot be used: {error}") from error


def drop_database(place: Address) -> None:
    """Throw the database of the embedded server away, with everything in it; only the demo asks for it.

    :raises ServerRefused: for a server that DATABASE_URL names, which may hold what is not ours
    """
    if place.cluster is None:
        raise ServerRefused(f"The database {place.name} at {place.host} is not ours to empty. Empty it yourself.")
    connections.close_all()
    with psycopg.connect(_without_database(place), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(place.name)))


def migrate(place: Address) -> None:
    """Apply the migrations as the owner of the tables, then give the roles their rights."""
    with as_owner(place):
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        watch_tables()
        grant_by_models()


def status_of(place: Address) -> Status:
    """Return where the database is and whether it answers."""
    where = f"{place.host}:{place.port}/{place.name}"
    if place.cluster is not None:
        where = str(place.cluster.root)
        if not place.cluster.is_ready():
            return Status(is_embedded=True, is_ready=False, place=where, version="")
    try:
        with psycopg.connect(_without_database(place), autocommit=True, connect_timeout=5) as admin:
            version = admin.info.parameter_status("server_version") or ""
    except psycopg.OperationalError:
        return Status(is_embedded=place.cluster is not None, is_ready=False, place=where, version="")
    return Status(is_embedded=place.cluster is not None, is_ready=True, place=where, version=version)


def _without_database(place: Address) -> str:
    """Return how to reach the server before our database is there; a server of one's own has it already."""
    return place.conninfo(database="postgres" if place.cluster is not None else place.name)


def _refuse_old(admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    if admin.info.server_version < OLDEST_VERSION:
        found = admin.info.parameter_status("server_version")
        raise ServerRefused(f"PostgreSQL 18 or newer is needed; the server is version {found}.")


def _make_database(admin: "psycopg.Connection[tuple[object, ...]]", place: Address) -> None:
    """Make our database in the embedded server; elsewhere, its administrator gave us one."""
    found = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [place.name]).fetchone()
    if found is None:
        name, owner = sql.Identifier(place.name), sql.Identifier(OWNER)
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, owner))
