"""What the trail promises: tables that are written once cannot change, and tables that change cannot do so unseen."""

from django.apps import apps
from django.db import connection

from curbstop.foundation.audit.watching import tables_with_trigger, watched_tables
from curbstop.foundation.database.schema import AppendOnlyModel
from curbstop.foundation.proofs import Outcome, Proof


def append_only_tables_are_guarded() -> Outcome:
    """Look for the enabled trigger that refuses update, delete and truncate on each append-only table."""
    tables = sorted(
        model._meta.db_table
        for model in apps.get_models()
        if issubclass(model, AppendOnlyModel) and model._meta.managed
    )
    with connection.cursor() as cursor:
        # A trigger's type is a set of bits: 8 delete, 16 update, 32 truncate (pg_trigger.tgtype). A table with
        # columns that are set once has a second trigger, for its updates.
        cursor.execute(
            "select tgrelid::regclass::text, bit_or(tgtype::int) & 56 from pg_trigger"
            " where starts_with(tgname, tgrelid::regclass::text || '_append_only')"
            " and tgenabled in ('O', 'A') group by 1"
        )
        guarded = {str(table) for table, events in cursor.fetchall() if events == 56}  # noqa: PLR2004  # 8 + 16 + 32
    failures = [f"{table}: nothing refuses to change its rows" for table in tables if table not in guarded]
    return Outcome(checked=len(tables), failures=failures)


def row_changes_are_recorded() -> Outcome:
    """Look for the enabled trigger that records each change on each table that may change."""
    tables = [each.table for each in watched_tables()]
    in_place = tables_with_trigger()
    failures = [f"{table}: its changes are not recorded" for table in tables if table not in in_place]
    return Outcome(checked=len(tables), failures=failures)


PROOFS = (
    Proof(
        "append-only-guarded",
        "Rows that are written once cannot be changed, deleted or truncated, whoever asks",
        append_only_tables_are_guarded,
    ),
    Proof(
        "row-changes-recorded",
        "Every change of a row that may change is written down by the database itself",
        row_changes_are_recorded,
    ),
)
