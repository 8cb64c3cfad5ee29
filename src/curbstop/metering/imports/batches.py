"""A file of intervals as batches of rows that fit in memory, however large the file is.

Text is cut at line ends and read a few megabytes at a time; Parquet is read a few hundred thousand rows at a time.
Every batch has the columns of the file as they are, and `line`: the line of text, or the row of a Parquet file.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl
from polars.exceptions import ComputeError, PolarsError

from curbstop.foundation.imports import FileRefused, Located

BLOCK_BYTES: Final = 16 * 2**20
LINE_BYTES_MAX: Final = 10_000
PARQUET_ROWS: Final = 500_000
PARQUET_MARK: Final = b"PAR1"
COLUMNS: Final = ("meter", "start", "use", "unit", "flag")
OPTIONAL: Final = frozenset({"flag"})


def batches_of(path: Path) -> Iterator[pl.DataFrame]:
    """Yield the rows of a Parquet or CSV file (`COLUMNS` and `line`), told apart by the first bytes.

    :raises FileRefused: if the file stops being one of these at a line
    """
    return parquet_batches(path) if is_parquet(path) else text_batches(path)


def is_parquet(path: Path) -> bool:
    """Tell whether a file says that it is Parquet."""
    with path.open("rb") as file:
        return file.read(len(PARQUET_MARK)) == PARQUET_MARK


def parquet_batches(path: Path) -> Iterator[pl.DataFrame]:
    """Yield the rows of a Parquet file, some at a time.

    :raises FileRefused: if it is cut off or spoiled
    """
    line = 1
    try:
        lazy = pl.scan_parquet(path)
        names = lazy.collect_schema().names()
        _refuse_headings(path.name, 0, names)
        chosen = lazy.select(name for name in COLUMNS if name in names)
        for batch in chosen.collect_batches(chunk_size=PARQUET_ROWS, maintain_order=True):
            yield _numbered(batch, line)
            line += batch.height
    except (PolarsError, OSError, pl.exceptions.PanicException) as problem:
        reason = str(problem).splitlines()[0][:200] if str(problem) else "it cannot be read"
        message = f"This Parquet file is cut off or spoiled after row {line - 1:,}: {reason}."
        raise FileRefused([Located(path.name, line, "", message)]) from problem


def text_batches(path: Path) -> Iterator[pl.DataFrame]:
    """Yield the rows of a CSV file in UTF-8, some at a time, all values as text.

    :raises FileRefused: if it stops being a table
    """
    with path.open("rb") as file:
        heading = file.readline(LINE_BYTES_MAX).removeprefix(b"\xef\xbb\xbf")
        names = [name.strip() for name in _decoded(path.name, heading, 1).strip().split(",")]
        _refuse_headings(path.name, 1, names)
        line, rest = 2, b""
        while block := file.read(BLOCK_BYTES):
            whole, end, rest = (rest + block).rpartition(b"\n")
            if len(rest) > LINE_BYTES_MAX:
                raise _refused(path.name, line + whole.count(b"\n"), "The line is too long: this is not a table.")
            if end:
                yield _read_text(path.name, whole + end, names, line)
                line += whole.count(b"\n") + 1
        if rest.strip():
            yield _read_text(path.name, rest + b"\n", names, line)


def _read_text(name: str, text: bytes, names: Sequence[str], line: int) -> pl.DataFrame:
    _decoded(name, text, line)
    lines = text.count(b"\n")
    is_ragged = text.count(b",") != lines * (len(names) - 1)
    if is_ragged or b'"' in text or b"\n\n" in text or b"\n\r\n" in text or text[:1] in b"\r\n":
        _refuse_lines(name, text, names, line)
    try:
        table = pl.read_csv(
            text, has_header=False, new_columns=list(names), infer_schema=False, quote_char=None,
            schema=dict.fromkeys(names, pl.String),
        )  # fmt: skip
    except ComputeError:
        table = pl.DataFrame()
    if table.height != lines:
        _refuse_lines(name, text, names, line)
    return _numbered(table.select(pl.col(pl.String).str.strip_chars()), line)


def _refuse_lines(name: str, text: bytes, names: Sequence[str], line: int) -> None:
    """Find the line that is no row, which only a file with a mistake has to wait for."""
    for number, each in enumerate(text.split(b"\n")[:-1], start=line):
        if b'"' in each:
            raise _refused(name, number, "There is a quotation mark; values of this file need none.")
        if not each.strip():
            raise _refused(name, number, "The line is empty.")
        if each.count(b",") != len(names) - 1:
            found = each.count(b",") + 1
            raise _refused(name, number, f"Expected {len(names)} cells as in the heading, found {found}.")


def _decoded(name: str, text: bytes, line: int) -> str:
    try:
        decoded = text.decode()
    except UnicodeDecodeError as problem:
        at = line + text[: problem.start].count(b"\n")
        message = f"The byte {text[problem.start]:#04x} is not UTF-8. Expected Parquet, or CSV in UTF-8."
        raise _refused(name, at, message) from problem
    if "\0" in decoded:
        at = line + decoded[: decoded.index("\0")].count("\n")
        raise _refused(name, at, "There is a NUL byte. Expected Parquet, or CSV in UTF-8.")
    return decoded


def _refuse_headings(name: str, line: int, names: Sequence[str]) -> None:
    wanted = "expected meter, start, use, unit and, if any, flag."
    errors = [Located(name, line, each[:40], f"Unknown column; {wanted}") for each in names if each not in COLUMNS]
    errors += [
        Located(name, line, each, f"The column is missing; {wanted}")
        for each in COLUMNS
        if each not in names and each not in OPTIONAL
    ]
    errors += [Located(name, line, each, "The column is there twice.") for each in set(names) if names.count(each) > 1]
    if errors:
        raise FileRefused(errors[:10])


def _numbered(batch: pl.DataFrame, first: int) -> pl.DataFrame:
    return batch.with_columns(pl.int_range(first, first + pl.len(), dtype=pl.UInt32).alias("line"))


def _refused(name: str, line: int, message: str) -> FileRefused:
    return FileRefused([Located(name, line, "", message)])
