"""Foreign keys follow the same floors as imports; a reference by name must not sneak past."""

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import ForeignKey

from curbstop.foundation.database.schema import AppendOnlyModel

# These ask more than whether the row is there: of this transaction, still open, an original.
STRONGER = {
    "ledger.Entry.reverses": "ledger_entry_admitted",
    "ledger.Posting.entry": "ledger_posting_closes_entry",
    "ledger.OpenItem.entry": "ledger_openitem_admitted",
    "ledger.Allocation.entry": "ledger_allocation_admitted",
    "ledger.Allocation.reverses": "ledger_allocation_admitted",
}


def keys_of_the_house() -> list[ForeignKey]:
    return [
        field
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("curbstop.") and model._meta.managed
        for field in model._meta.local_fields
        if isinstance(field, ForeignKey)
    ]


class TestForeignKeys:
    def test_point_down_or_stay_in_the_room(self, floor_of: dict[str, int]) -> None:
        upward = [
            f"{key} -> {key.related_model._meta.label}"
            for key in keys_of_the_house()
            if (room := key.model._meta.app_label) in floor_of
            if (target := key.related_model._meta.app_label) in floor_of
            if target != room and floor_of[target] >= floor_of[room]
        ]

        assert upward == []

    def test_never_cascade_into_deleting_what_was_posted(self) -> None:
        cascading = [
            str(key)
            for key in keys_of_the_house()
            if key.remote_field.on_delete.__name__ == "CASCADE" and issubclass(key.model, AppendOnlyModel)
        ]

        assert cascading == []


@pytest.mark.django_db
class TestUnconstrainedForeignKeys:
    def test_are_checked_by_a_trigger_over_each_statement(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
            triggers = {name for (name,) in cursor.fetchall()}

        unchecked = [
            str(key)
            for key in keys_of_the_house()
            if not key.db_constraint
            if STRONGER.get(str(key), f"{key.model._meta.db_table}_{key.column}_exists") not in triggers
        ]

        assert unchecked == []


@pytest.mark.django_db
class TestAppendOnlyModels:
    def test_are_guarded_by_triggers_that_nobody_can_switch_off(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal")
            guarded = {(table, name) for table, name, enabled in cursor.fetchall() if enabled in {"O", "A"}}

        unguarded = [
            model._meta.label
            for model in apps.get_models()
            if issubclass(model, AppendOnlyModel)
            if (table := model._meta.db_table) and (table, f"{table}_append_only") not in guarded
        ]

        assert unguarded == []
