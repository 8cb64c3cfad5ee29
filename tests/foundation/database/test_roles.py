"""What each login may do is what the models ask for, and nothing else."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import connection

from curbstop.foundation.database.schema import AppendOnlyModel

Connect = Callable[[str], "psycopg.Connection[tuple[Any, ...]]"]


def append_only_tables() -> list[type[AppendOnlyModel]]:
    return [model for model in apps.get_models() if issubclass(model, AppendOnlyModel)]


@pytest.mark.django_db
class TestGrants:
    def test_let_nobody_change_or_delete_what_is_written_once(self) -> None:
        rights = []
        with connection.cursor() as cursor:
            for model in append_only_tables():
                for role in ("app_staff", "app_batch", "app_auditor"):
                    cursor.execute(
                        "SELECT has_table_privilege(%(role)s, %(table)s, 'UPDATE, DELETE, TRUNCATE')",
                        {"role": role, "table": model._meta.db_table},
                    )
                    if cursor.fetchone() != (False,):
                        rights.append((role, model._meta.db_table))

        assert append_only_tables()
        assert rights == []

    def test_let_the_office_add_to_what_is_written_once(self) -> None:
        with connection.cursor() as cursor:
            for model in append_only_tables():
                for column in model.insertable_columns():
                    cursor.execute(
                        "SELECT has_column_privilege('app_staff', %s, %s, 'INSERT')", [model._meta.db_table, column]
                    )
                    assert cursor.fetchone() == (True,), f"{model}.{column}"

    def test_keep_what_only_commands_write_from_the_pages(self) -> None:
        kept = [model for model in apps.get_models() if not getattr(model, "written_by_pages", True)]
        tables = {model._meta.db_table for model in kept}
        assert {"foundation_rolegrant", "ordinances_rulevalue", "rates_scheduleversion", "ledger_glaccount"} <= tables
        assert {table for table in tables if self.may_write("app_staff", table)} == set()
        assert {table for table in tables if not self.may_write("app_batch", table)} == set()
        assert self.may_write("app_staff", "cashiering_drawer")

    def may_write(self, role: str, table: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT has_any_column_privilege(%(role)s, %(table)s, 'INSERT, UPDATE')"
                " OR has_table_privilege(%(role)s, %(table)s, 'DELETE')",
                {"role": role, "table": table},
            )
            return cursor.fetchone() == (True,)

    def test_leave_every_table_to_the_owner(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                " AND relkind IN ('r', 'p', 'v') AND relowner <> 'curbstop_owner'::regrole"
            )
            assert cursor.fetchall() == []

    def test_let_nobody_truncate(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT grantee, table_name FROM information_schema.role_table_grants"
                " WHERE privilege_type IN ('TRUNCATE', 'TRIGGER') AND grantee LIKE 'app\\_%'"
            )
            assert cursor.fetchall() == []


class TestLogins:
    @pytest.mark.parametrize("role", ["app_staff", "app_batch", "app_auditor"])
    def test_make_no_table_of_their_own(self, connect_as: Connect, role: str) -> None:
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
            connect_as(role).execute("CREATE TABLE mine (id int)")

    @pytest.mark.parametrize("role", ["app_staff", "app_batch", "app_auditor"])
    def test_cannot_become_the_owner(self, connect_as: Connect, role: str) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connect_as(role).execute("SET ROLE curbstop_owner")

    def test_of_the_auditor_reads_but_never_password_hashes(self, connect_as: Connect) -> None:
        auditor = connect_as("app_auditor")

        auditor.execute("SELECT username FROM foundation_user")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            auditor.execute("SELECT password FROM foundation_user")

    def test_of_the_web_wait_for_a_lock_five_seconds_at_most(self, connect_as: Connect) -> None:
        assert connect_as("app_staff").execute("SHOW lock_timeout").fetchone() == ("5s",)

    @pytest.mark.parametrize("role", ["app_staff", "app_batch", "app_auditor"])
    @pytest.mark.parametrize("call", ["lo_create(0)", "lo_from_bytea(0, 'x')", "lo_import('x')", "lo_put(1, 0, 'x')"])
    def test_keep_nothing_in_large_objects(self, connect_as: Connect, role: str, call: str) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connect_as(role).execute(f"SELECT {call}")

    def test_of_the_web_cannot_switch_triggers_off(self, connect_as: Connect) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connect_as("app_staff").execute("SET session_replication_role = replica")
