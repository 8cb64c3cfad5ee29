"""The rules of `schema`, each tried on a table of its own that is rolled back."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import errors

from curbstop.foundation.database.schema import AppendOnly, Kept, SetReferences

pytestmark = pytest.mark.django_db
Owner = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def owner(connect_as: Callable[[str], Owner]) -> Iterator[Owner]:
    connection = connect_as("curbstop_owner")
    connection.autocommit = False
    connection.execute("create table parent (id bigint primary key, note text)")
    connection.execute(
        "create table sheet (id bigint primary key, parent_id bigint, gone boolean, gone_at timestamptz)"
    )
    connection.execute("insert into parent values (1, 'a')")
    yield connection
    connection.rollback()


def refused_as(connection: Owner, statement: str) -> str | None:
    """Run a statement that must be refused and return the constraint that spoke."""
    with pytest.raises(errors.CheckViolation) as refusal, connection.transaction():
        connection.execute(statement)
    return refusal.value.diag.constraint_name


class TestAppendOnly:
    def test_refuses_every_change_by_name(self, owner: Owner) -> None:
        owner.execute(AppendOnly("sheet").sql)
        owner.execute("insert into sheet values (1, 1, false, null)")

        for statement in ("update sheet set id = 2", "delete from sheet", "truncate sheet"):
            assert refused_as(owner, statement) == "sheet_append_only"

    def test_lets_a_flag_be_set_once(self, owner: Owner) -> None:
        owner.execute(AppendOnly("sheet", set_once=("gone", "gone_at")).sql)
        owner.execute("insert into sheet values (1, 1, false, null)")

        owner.execute("update sheet set gone = true, gone_at = now()")

        for statement in (
            "update sheet set gone = false",
            "update sheet set gone_at = null",
            "update sheet set parent_id = 2",
            "delete from sheet",
        ):
            assert refused_as(owner, statement) == "sheet_append_only"

    def test_is_taken_away_by_its_reverse(self, owner: Owner) -> None:
        rule = AppendOnly("sheet", set_once=("gone",))
        owner.execute(rule.sql)
        owner.execute(rule.reverse_sql)

        owner.execute("delete from sheet")


class TestKept:
    def test_refuses_to_delete_or_renumber_but_not_to_correct(self, owner: Owner) -> None:
        owner.execute(Kept("parent").sql)

        owner.execute("update parent set note = 'b', id = 1")

        for statement in ("delete from parent", "truncate parent", "update parent set id = 2"):
            assert refused_as(owner, statement) == "parent_kept"


class TestSetReferences:
    def test_refuses_a_statement_with_one_missing_parent(self, owner: Owner) -> None:
        owner.execute(SetReferences("sheet", "parent_id", "parent").sql)

        owner.execute("insert into sheet values (1, 1, false, null), (2, null, false, null)")

        assert refused_as(owner, "insert into sheet values (3, 1, false, null), (4, 7, false, null)") == (
            "sheet_parent_id_exists"
        )
