"""Who may do what in the database: one owner that never logs in, and three roles that never own.

The web is app_staff, workers and commands are app_batch, whoever only reads is app_auditor. What each may
do is derived from the models after every migration, so that a new table is never left open or closed
by accident: an append-only table may be selected and inserted, every other also updated and deleted. What only
commands write (the city's rules and rates, the chart of accounts, roles) says `written_by_pages = False`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psycopg
from django.apps import apps
from django.db import connection
from django.db.models import Model
from psycopg import sql

from curbstop.foundation.database.addresses import Address
from curbstop.foundation.database.schema import AppendOnlyModel
from curbstop.foundation.database.transactions import transaction

OWNER = "curbstop_owner"
STAFF, BATCH, AUDITOR = "app_staff", "app_batch", "app_auditor"
WRITERS = (STAFF, BATCH)
LOGINS = (STAFF, BATCH, AUDITOR)
EXTENSIONS = ("btree_gist", "pg_trgm")

# A page that takes longer has failed its reader; a run may take its time but never hangs on a lock.
TIMEOUTS = {
    STAFF: {
        "statement_timeout": "30s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "60s",
    },
    BATCH: {"lock_timeout": "60s", "idle_in_transaction_session_timeout": "15min"},
    AUDITOR: {"statement_timeout": "5min", "default_transaction_read_only": "on"},
}

# Hidden from the auditor's login: password hashes and the keys of open sessions.
UNREADABLE_TABLES = {"django_session", "foundation_cache"}
UNREADABLE_COLUMNS = {("foundation_user", "password")}


def make_roles(admin: "psycopg.Connection[tuple[object, ...]]", place: Address) -> None:
    """Make the roles, or bring them up to date: passwords, time limits, and the owner's rights."""
    existing = {name for (name,) in admin.execute("SELECT rolname FROM pg_roles")}
    for role in (OWNER, *LOGINS):
        if role not in existing:
            admin.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    admin.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(OWNER)))
    for role in LOGINS:
        password = place.password_of(role)
        admin.execute(
            sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(
                sql.Identifier(role), sql.Literal(password) if password else sql.SQL("NULL")
            )
        )
        for setting, value in TIMEOUTS[role].items():
            admin.execute(
                sql.SQL("ALTER ROLE {} SET {} = {}").format(
                    sql.Identifier(role), sql.Identifier(setting), sql.Literal(value)
                )
            )
    # Whoever made a role may grant it (PostgreSQL 16 and newer): migrations run as the owner.
    admin.execute(sql.SQL("GRANT {} TO CURRENT_USER WITH SET TRUE").format(sql.Identifier(OWNER)))


def prepare_database(admin: "psycopg.Connection[tuple[object, ...]]", name: str) -> None:
    """Let the owner, and nobody else, make things in this database; add the two extensions we use."""
    for extension in EXTENSIONS:
        admin.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
    database, owner = sql.Identifier(name), sql.Identifier(OWNER)
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    admin.execute(sql.SQL("GRANT CREATE, CONNECT, TEMPORARY ON DATABASE {} TO {}").format(database, owner))
    logins = sql.SQL(", ").join(map(sql.Identifier, LOGINS))
    admin.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(database, logins))
    admin.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    admin.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(owner))
    admin.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(logins))
    _close_large_objects(admin)


def _close_large_objects(admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Take large objects from everybody: they lie in no table, so that no grant of ours and no trail covers them.

    Only a superuser owns these functions; a hosted server's administrator is none, and may not close them.
    """
    may_close = admin.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if may_close != (True,):
        return
    functions = admin.execute(
        "SELECT oid::regprocedure::text FROM pg_proc"
        " WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^lo(_|read$|write$)'"
    ).fetchall()
    for (function,) in functions:
        # The name comes from the server's own catalog, arguments and all, so it cannot be quoted again.
        admin.execute(sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(sql.SQL(str(function))))


@contextmanager
def as_owner(place: Address) -> Iterator[None]:
    """Let Django's connection act as the owner of the tables: only migrations and grants need it."""
    usual = connection.settings_dict
    login = place.admin_login()
    connection.close()
    options = {**login["OPTIONS"], "assume_role": OWNER}
    connection.settings_dict = {**usual, **login, "NAME": usual["NAME"], "OPTIONS": options}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = usual


def grant_by_models() -> None:
    """Give each role exactly what the models ask for; run by the owner after every migration."""
    models = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    with transaction(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relkind = 'v' FROM pg_class c"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')"
            " AND c.relowner = current_user::regrole ORDER BY c.relname"
        )
        tables = cursor.fetchall()
        for statement in _closed():
            cursor.execute(statement)
        for table, is_view in tables:
            for statement in _grants(table, models.get(table), is_view=is_view):
                cursor.execute(statement)


def _closed() -> Iterable[str]:
    """Return what takes every right back, so that only what follows is left."""
    roles = ", ".join(LOGINS)
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {roles}"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {roles}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {', '.join(WRITERS)}"


def _grants(table: str, model: type[Model] | None, *, is_view: bool) -> Iterable[str]:
    """Return the grants on one table: what its model says, and no writing where there is no model."""
    quoted = connection.ops.quote_name(table)
    yield from _auditor_grants(table, model, quoted)
    yield f"GRANT SELECT ON {quoted} TO {', '.join(WRITERS)}"
    writers = ", ".join(WRITERS if getattr(model, "written_by_pages", True) else (BATCH,))
    if is_view or table == "django_migrations":
        return
    if model is not None and issubclass(model, AppendOnlyModel):
        if insertable := model.insertable_columns():
            yield f"GRANT INSERT ({_columns(insertable)}) ON {quoted} TO {writers}"
        if model.set_once:
            yield f"GRANT UPDATE ({_columns(model.set_once)}) ON {quoted} TO {writers}"
        return
    yield f"GRANT INSERT, UPDATE, DELETE ON {quoted} TO {writers}"


def _auditor_grants(table: str, model: type[Model] | None, quoted: str) -> Iterable[str]:
    if table in UNREADABLE_TABLES:
        return
    hidden = {column for name, column in UNREADABLE_COLUMNS if name == table}
    if hidden and model is not None:
        columns = [str(field.column) for field in model._meta.local_concrete_fields if field.column not in hidden]
        yield f"GRANT SELECT ({_columns(columns)}) ON {quoted} TO {AUDITOR}"
    else:
        yield f"GRANT SELECT ON {quoted} TO {AUDITOR}"


def _columns(names: Iterable[str]) -> str:
    return ", ".join(connection.ops.quote_name(name) for name in names)
