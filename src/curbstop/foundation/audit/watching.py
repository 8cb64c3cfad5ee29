"""Puts the row trigger on every table that may change, after each migration, so that a new table is never forgotten.

A model whose changes tell nothing (drafts, queues, counters) says `row_changes_recorded = False`; one that holds a
secret names its columns in `row_changes_secret`, and the trail keeps that they changed but not their contents.
"""

from dataclasses import dataclass

from django.apps import apps
from django.db import connection
from django.db.models import Model

from curbstop.foundation.database.schema import AppendOnlyModel

TRIGGER = "foundation_row_changes"


@dataclass(frozen=True, slots=True)
class Watched:
    """One table of the row trail, the columns that name a row, and those whose contents stay out of it."""

    table: str
    key_columns: tuple[str, ...]
    secret_columns: tuple[str, ...]


def watched_tables() -> tuple[Watched, ...]:
    """Return the tables whose rows may change and are recorded, in the order of their names."""
    models = (
        model
        for room in apps.get_app_configs()
        if room.name.startswith("curbstop.")
        for model in room.get_models(include_auto_created=True)
    )
    return tuple(sorted(map(_watched, filter(_is_watched, models)), key=lambda each: each.table))


def watch_tables() -> tuple[str, ...]:
    """Put the trigger on every watched table and take it from every other; return the watched tables' names.

    The owner of the tables calls this after migrating.
    """
    existing = set(connection.introspection.table_names())  # `migrate ROOM` may have stopped half way
    watched = [each for each in watched_tables() if each.table in existing]
    with connection.cursor() as cursor:
        for table in sorted(tables_with_trigger() - {each.table for each in watched}):
            cursor.execute(f"drop trigger {TRIGGER} on {connection.ops.quote_name(table)}")
        for each in watched:
            arguments = ", ".join(f"'{','.join(columns)}'" for columns in (each.key_columns, each.secret_columns))
            cursor.execute(
                f"create or replace trigger {TRIGGER} after insert or update or delete"
                f" on {connection.ops.quote_name(each.table)}"
                f" for each row execute function foundation_audit_row({arguments})"
            )
    return tuple(each.table for each in watched)


def tables_with_trigger() -> set[str]:
    """Return the tables on which the row trigger stands and is enabled."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select tgrelid::regclass::text from pg_trigger where tgname = %s and tgenabled in ('O', 'A')",
            [TRIGGER],
        )
        return {str(table) for (table,) in cursor.fetchall()}


def _is_watched(model: type[Model]) -> bool:
    if not model._meta.managed or model._meta.proxy or issubclass(model, AppendOnlyModel):
        return False
    return bool(getattr(model, "row_changes_recorded", True))


def _watched(model: type[Model]) -> Watched:
    return Watched(
        table=model._meta.db_table,
        key_columns=tuple(str(field.column) for field in model._meta.pk_fields),
        secret_columns=tuple(getattr(model, "row_changes_secret", ())),
    )
