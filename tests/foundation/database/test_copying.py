"""Columns go in and out by COPY without losing a cent, a null or an empty text."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
from django.db import DatabaseError, connection

from curbstop.foundation.database.copying import copy_frame, over_whole_tables, read_frame
from curbstop.foundation.database.transactions import transaction


@pytest.mark.django_db
class TestCopyFrame:
    def test_keeps_an_empty_text_apart_from_a_null_and_money_exact(self) -> None:
        rows = pl.DataFrame(
            {
                "cents": [1, None, 3],
                "price": [Decimal("0.10000001"), Decimal("12345678901.00000009"), None],
                "word": ['a "quoted", word\nand a line, \x01marked\x01', "", None],
                "day": [date(2026, 7, 1), None, date(2026, 7, 2)],
                "flag": [True, False, None],
            },
            schema_overrides={"price": pl.Decimal(20, 8)},
        )
        with transaction():
            with connection.cursor() as cursor:
                cursor.execute(
                    "CREATE TEMPORARY TABLE t (cents bigint, price numeric(20, 8), word text, day date, flag boolean)"
                )

            assert copy_frame("t", rows) == 3
            assert read_frame("SELECT * FROM t", schema=dict(rows.schema)).equals(rows)

    def test_refuses_outside_an_operation(self) -> None:
        with pytest.raises(RuntimeError):
            copy_frame("foundation_numberseries", pl.DataFrame({"code": ["x"]}))


@pytest.mark.django_db
class TestReadFrame:
    def test_keeps_the_named_types_where_no_row_is_found(self) -> None:
        nothing = read_frame("SELECT 1 AS cents WHERE false", schema={"cents": pl.Int64})

        assert nothing.schema == {"cents": pl.Int64}

    def test_keeps_one_column_with_nulls_and_empty_texts(self) -> None:
        words = read_frame("SELECT * FROM (VALUES ('a'), (NULL), (''), ('b')) v (word)", schema={"word": pl.String})

        assert words["word"].to_list() == ["a", None, "", "b"]

    def test_reads_instants_in_utc(self) -> None:
        query = "SELECT timestamptz '2026-07-01 05:00:00.25-07' AS at, NULL::boolean AS flag"

        frame = read_frame(query, schema={"at": pl.Datetime("us", "UTC"), "flag": pl.Boolean})

        assert frame.row(0) == (datetime(2026, 7, 1, 12, 0, 0, 250_000, tzinfo=UTC), None)

    def test_takes_parameters_and_lists(self) -> None:
        frame = read_frame("SELECT id FROM generate_series(1, 9) id WHERE id = ANY(%s)", [[2, 4, 11]], {"id": pl.Int64})

        assert frame["id"].to_list() == [2, 4]

    def test_infers_types_where_none_are_named(self) -> None:
        assert read_frame("SELECT 1 AS a, 2.50 AS b").row(0) == (1, Decimal("2.50"))


def loops() -> str:
    with connection.cursor() as cursor:
        cursor.execute("show enable_nestloop")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
class TestOverWholeTables:
    def test_lets_no_plan_loop_and_then_all_plans_again(self) -> None:
        with over_whole_tables():
            assert loops() == "off"
        assert loops() == "on"

    def test_tells_what_the_server_refused(self) -> None:
        with pytest.raises(DatabaseError, match="no_such_table"), transaction(), over_whole_tables():
            read_frame("select * from no_such_table")
        assert loops() == "on"

    def test_reads_what_the_server_says_halfway_as_its_refusal(self) -> None:
        rows = "select 1 / (20000 - n) as x from generate_series(1, 20000) n"
        with pytest.raises(Exception, match="division by zero"), transaction():
            read_frame(rows, schema={"x": pl.Int64()})
        assert read_frame("select 1 as x", schema={"x": pl.Int64()})["x"].to_list() == [1]
