"""Columns in and out by COPY: the bulk path of every run.

A frame of 50,000 postings is written in one statement; money comes back as exact Decimal, never as
a float.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import polars as pl
from django.db import DatabaseError, connection
from psycopg import sql
from psycopg.abc import PQGen
from psycopg.errors import error_from_result
from psycopg.generators import fetch_many
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn
from psycopg.waiting import Wait

from curbstop.foundation.database.transactions import require_transaction

Params = Sequence[Any] | Mapping[str, Any] | None
Schema = Mapping[str, pl.DataType | type[pl.DataType]]

# Not the usual quotation mark: JSON is full of those, and each would be written and read twice.
QUOTE = "\x01"

BINARY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
BINARY_TRAILER = b"\xff\xff"


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
    frame.select(names).write_csv(buffer, include_header=False, quote_style="non_numeric", quote_char=QUOTE)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, QUOTE {})").format(
        sql.Identifier(*table.split(".")), sql.SQL(", ").join(map(sql.Identifier, names)), sql.Literal(QUOTE)
    )
    # COPY goes past Django's cursor: its refusals become Django's exceptions all the same.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.cursor.copy(statement) as copy:
        copy.write(buffer.getbuffer())
    return frame.height


def copy_binary(table: str, columns: Sequence[str], rows: bytes) -> None:
    """Append rows that are built already as binary COPY takes them, without its header and trailer.

    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        sql.Identifier(*table.split(".")), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.cursor.copy(statement) as copy:
        for part in (BINARY_HEADER, rows, BINARY_TRAILER):
            copy.write(part)


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


@contextmanager
def over_whole_tables() -> Iterator[None]:
    """Let queries that look at a whole city hash it instead of looping over it, whatever statistics say.

    Tables that were filled a second ago have none, and a loop in a loop over twenty thousand accounts takes an hour.
    """
    with connection.cursor() as cursor:
        cursor.execute("set enable_nestloop to off")
        try:
            yield
        except DatabaseError:
            # A transaction that failed takes the setting back by itself, and hears nothing more.
            if not connection.in_atomic_block:
                cursor.execute("reset enable_nestloop")
            raise
        cursor.execute("reset enable_nestloop")


def read_frame(
    query: str,
    params: Params = None,
    schema: Schema | None = None,
) -> pl.DataFrame:
    """Return a query's rows as columns; name the types that must hold even where no row is found.

    With a schema the rows come by COPY, a million in a tenth of a second; without one, they come one by one.
    """
    if schema is None or any(kind.is_nested() for kind in schema.values()):
        return _read_rows(query, params, schema or {})
    return _read_copy(query, params, schema)


def _read_copy(query: str, params: Params, schema: Schema) -> pl.DataFrame:
    statement = f"COPY ({query.strip().rstrip(';')}) TO STDOUT (FORMAT csv, HEADER)"
    with connection.cursor() as cursor, cursor.cursor.copy(statement, params) as copy:
        text = bytes(copy.connection.wait(_arriving(copy.connection.pgconn)))
    as_written = {name: pl.String() if _is_read_as_text(kind) else kind for name, kind in schema.items()}
    # Types are inferred from the rows only where the caller left a column out.
    is_whole = text[: text.index(b"\n")].decode().split(",") == list(as_written)
    frame = (
        pl.read_csv(text, schema=as_written)
        if is_whole
        else pl.read_csv(text, schema_overrides=as_written, infer_schema_length=None)
    )
    return frame.with_columns(_from_text(name, kind) for name, kind in schema.items() if _is_read_as_text(kind))


def _arriving(server: PGconn) -> PQGen[bytearray]:
    """Gather what a COPY sends; psycopg's own reading waits anew for each row, which takes four times as long."""
    text = bytearray()
    while True:
        size, row = server.get_copy_data(1)
        if size > 0:
            text += row
        elif size == 0:
            while not (yield Wait.R):
                continue
            server.consume_input()
        else:
            break
    (result,) = yield from fetch_many(server)
    if result.status != ExecStatus.COMMAND_OK:
        raise error_from_result(result)
    return text


def _is_read_as_text(kind: pl.DataType | type[pl.DataType]) -> bool:
    """Tell which types PostgreSQL writes in a manner that Polars does not read: `t`, and instants with a zone."""
    return kind.base_type() in {pl.Boolean, pl.Datetime}


def _from_text(name: str, kind: pl.DataType | type[pl.DataType]) -> pl.Expr:
    column = pl.col(name)
    if kind.base_type() is pl.Boolean:
        return column == "t"
    is_zoned = isinstance(kind, pl.Datetime) and kind.time_zone is not None
    return column.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%#z" if is_zoned else "%Y-%m-%d %H:%M:%S%.f").cast(kind)


def _read_rows(query: str, params: Params, schema: Schema) -> pl.DataFrame:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        names = [column.name for column in cursor.description or ()]
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    kinds = {name: schema.get(name) for name in names}
    return pl.DataFrame(rows, schema=kinds, orient="row", infer_schema_length=None)
