"""Columns in and out by COPY: the bulk path of every run.

A frame of 50,000 postings is written in one statement; money comes back as exact Decimal, never as
a float.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import polars as pl
from django.db import connection
from psycopg import sql

from curbstop.foundation.database.transactions import require_transaction


def copy_frame(table: str, frame: pl.DataFrame, columns: Sequence[str] | None = None) -> int:
    """Append the frame's rows to a table, column by equal name, and return how many there were.

    A null is the empty field; an empty string is quoted, so the two stay apart.

    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    names = list(columns or frame.columns)
    if frame.is_empty():
        return 0
    buffer = BytesIO()
    # Quoting text always keeps '' apart from NULL; numbers and days stay bare.
    frame.select(names).write_csv(buffer, include_header=False, quote_style="non_numeric")
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(*table.split(".")), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    # COPY goes past Django's cursor: its refusals become Django's exceptions all the same.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.cursor.copy(statement) as copy:
        copy.write(buffer.getbuffer())
    return frame.height


def append_frame(table: str, frame: pl.DataFrame) -> pl.Series:
    """Append rows that draw their `id` from the table's own sequence; return the ids in the order of the rows.

    :raises RuntimeError: outside a transaction
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence(%s, 'id')) from generate_series(1, %s)",
            [table, frame.height],
        )
        ids = pl.Series("id", [row[0] for row in cursor.fetchall()], dtype=pl.Int64)
    copy_frame(table, frame.with_columns(ids))
    return ids


def read_frame(
    query: str,
    params: Sequence[object] | Mapping[str, object] | None = None,
    schema: Mapping[str, pl.DataType | type[pl.DataType]] | None = None,
) -> pl.DataFrame:
    """Return a query's rows as columns; name the types that must hold even where no row is found."""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        names = [column.name for column in cursor.description or ()]
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    if schema is None:
        return pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)
    return pl.DataFrame(rows, schema={name: schema.get(name) for name in names}, orient="row")
