"""Tests run on a PostgreSQL of their own: migrated once into a template, copied for each worker in a third of a second.

They log in as app_batch, so that a right which is missing in the office is missing here. Only the flush
between transactional tests is done by the server's superuser, because nobody else may empty
an append-only table.
"""

import fcntl
import hashlib
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ["CURBSTOP_ENV"] = "test"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curbstop.config.settings")
os.environ.pop("DATABASE_URL", None)

import django
import hypothesis
import psycopg
import pytest
from psycopg import sql

django.setup()

ROOT = Path(__file__).parents[1]
SOURCES_OF_THE_SCHEMA = ("migrations/*.py", "models*.py", "models/*.py", "database/*.py")
TEMPLATES_KEPT = 4
NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
IS_LONG = os.environ.get("CURBSTOP_LONG") == "1"

hypothesis.settings.register_profile("quick", max_examples=50, deadline=None)
hypothesis.settings.register_profile("long", max_examples=2_000, deadline=None)
hypothesis.settings.load_profile("long" if IS_LONG else "quick")

Connection = psycopg.Connection[tuple[Any, ...]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the full counts to `make test-long`."""
    if not IS_LONG:
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="only in `make test-long`"))


@pytest.fixture(scope="session", autouse=True)
def only_this_machine() -> Iterator[None]:
    """Refuse every connection that would leave the machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        is_local = self.family == socket.AF_UNIX or str(address[0]) in {"127.0.0.1", "::1", "localhost"}
        if not is_local:
            raise RuntimeError(f"a test tried to reach {address}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign,assignment]  # restored below
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]  # the original


def schema_hash() -> str:
    """Return a key that changes with anything that shapes the tables or their rights."""
    digest = hashlib.sha256()
    for pattern in SOURCES_OF_THE_SCHEMA:
        for path in sorted((ROOT / "src/curbstop").glob(f"**/{pattern}")):
            digest.update(str(path).encode() + path.read_bytes())
    digest.update((ROOT / "src/curbstop/config/settings.py").read_bytes())
    return digest.hexdigest()[:16]


def superuser(database: str = "postgres") -> Connection:
    from django.conf import settings

    return psycopg.connect(settings.DATABASE_ADDRESS.cluster.uri(database), autocommit=True)


def make_template(admin: Connection, template: str, blocker: Any) -> None:
    """Migrate an empty database and freeze it as a template, unless an earlier run did."""
    from django.conf import settings
    from django.db import connection

    from curbstop.foundation.database import installation, roles

    known = "SELECT datname FROM pg_database WHERE datistemplate AND datname LIKE 'template_curbstop_%' ORDER BY oid"
    templates = [str(name) for (name,) in admin.execute(known)]
    if template in templates:
        return
    for older in templates[: -TEMPLATES_KEPT + 1]:
        with suppress(psycopg.Error):  # another run is copying it
            admin.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(sql.Identifier(older)))
            admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(older)))
    name = sql.Identifier(template)
    roles.make_roles(admin, settings.DATABASE_ADDRESS)
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
    admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, sql.Identifier(roles.OWNER)))
    with superuser(template) as inside:
        roles.prepare_database(inside, template)
    connection.settings_dict["NAME"] = template
    with blocker.unblock():
        installation.migrate(settings.DATABASE_ADDRESS)
        connection.close()
    admin.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true ALLOW_CONNECTIONS false").format(name))


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any, request: pytest.FixtureRequest) -> Iterator[None]:
    """Give this worker a database of its own, copied from the migrated template."""
    from django.conf import settings
    from django.db import connection, connections

    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    template, mine = f"template_curbstop_{schema_hash()}", f"test_{worker}_{os.getpid()}"
    cluster = settings.DATABASE_ADDRESS.cluster
    cluster.start()
    with (cluster.root / ".template-lock").open("a") as lock, superuser() as admin:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make_template(admin, template, django_db_blocker)
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        admin.execute(copy.format(sql.Identifier(mine), sql.Identifier(template)))
    connection.settings_dict["NAME"] = mine
    restore = replace_flush(mine)
    yield
    restore()
    with django_db_blocker.unblock():
        connections.close_all()
    with superuser() as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(mine)))


def replace_flush(database: str) -> Callable[[], None]:
    """Let only the flush bypass the append-only triggers; rows that migrations made come back after it."""
    from django.db import connection

    seeds = seed_rows(database)
    operations = type(connection.ops)
    original = operations.execute_sql_flush

    def flush(_self: Any, statements: Sequence[str]) -> None:
        with superuser(database) as admin, admin.transaction():
            admin.execute("SET LOCAL session_replication_role = replica")
            for statement in statements:
                admin.execute(statement)  # type: ignore[call-overload]  # Django's own text
            for table in seeds:
                admin.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.Identifier(table)))
            for table, rows in seeds.items():
                with admin.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                    copy.write(rows)

    operations.execute_sql_flush = flush

    def restore() -> None:
        operations.execute_sql_flush = original

    return restore


def seed_rows(database: str) -> dict[str, bytes]:
    """Return the rows that a fresh installation has, by table."""
    seeds = {}
    with superuser(database) as admin:
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'django_migrations'"
        for (table,) in admin.execute(tables).fetchall():
            with admin.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
                rows = b"".join(bytes(block) for block in copy)
            if rows:
                seeds[str(table)] = rows
    return seeds


@pytest.fixture
def connect_as(db: None) -> Iterator[Callable[[str], Connection]]:
    """Return a function that opens a connection of one role: app_staff, app_auditor, curbstop_owner, postgres."""
    from django.conf import settings
    from django.db import connection

    opened: list[Connection] = []

    def connect(role: str) -> Connection:
        login = "postgres" if role == "curbstop_owner" else role
        uri = settings.DATABASE_ADDRESS.cluster.uri(connection.settings_dict["NAME"], login)
        opened.append(psycopg.connect(uri, autocommit=True))
        if role == "curbstop_owner":
            opened[-1].execute("SET ROLE curbstop_owner")
        return opened[-1]

    yield connect
    for each in opened:
        each.close()


@pytest.fixture
def person(db: None) -> Callable[..., Any]:
    """Return a function that makes a person who holds the given roles: `person("cashier", Role.CASHIER)`."""
    from curbstop.foundation.access.models import RoleGrant, User

    def make(username: str, *held: Any) -> Any:
        user, _ = User.objects.get_or_create(username=username, defaults={"first_name": username.title()})
        giver, _ = User.objects.get_or_create(username="installer")
        for role in held:
            RoleGrant.objects.get_or_create(
                user=user, role=role, revoked_at=None, defaults={"granted_by": giver, "granted_at": NOON}
            )
        return User.objects.get(pk=user.pk)

    return make


@pytest.fixture
def users(person: Callable[..., Any]) -> dict[Any, Any]:
    """Return one person for each role, by role, each named after it."""
    from curbstop.foundation.access.roles import Role

    return {role: person(role.value, role) for role in Role}
