"""Files that come in are read row by row into typed values or located errors; nothing is coerced or written.

A clerk who sends a file with three mistakes learns all three at once, each with its line, its column and what was
expected. What cannot be read as a table at all (a wrong encoding, an unclosed quote, no heading) is one error.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

MAX_BYTES = 64 * 2**20
MAX_ROWS = 1_000_000
MAX_CELL = 10_000
MAX_ERRORS = 100

# The first bytes that give away an encoding which is not UTF-8, longest first.
_FOREIGN_MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\x1f\x8b": "gzip",
    b"%PDF": "a PDF",
}


@dataclass(frozen=True, slots=True)
class Located:
    """One mistake: the file, the line as an editor counts it (0: the whole file), the column, and what was expected."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


class FileRefused(Exception):
    """The file was not taken; `errors` says where and why."""

    def __init__(self, errors: Sequence[Located]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, and how its text becomes a value (a `ValueError` says what was expected).

    An `optional` column may be missing from the file or empty in a row; its value is then None.
    """

    name: str
    parse: Callable[[str], Any]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row's values by column, and the line it began on."""

    line: int
    values: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The rows without a mistake, and every mistake up to a hundred or so."""

    file: str
    rows: list[Row] = field(default_factory=list)
    errors: list[Located] = field(default_factory=list)

    def accepted(self) -> list[Row]:
        """Return the rows of a file without a mistake.

        :raises FileRefused: if there is one
        """
        if self.errors:
            raise FileRefused(self.errors)
        return self.rows


def read_rows(source: Path | bytes, columns: Sequence[Column], *, name: str = "") -> ImportResult:
    """Read a CSV file with a heading line into typed rows or located errors.

    `name` is what the errors call the file; a path brings its own.
    """
    result = ImportResult(file=name or (source.name if isinstance(source, Path) else "file"))
    try:
        text = _text_of(source)
        _read_table(text, columns, result)
    except _Unreadable as problem:
        result.errors.append(Located(result.file, problem.line, "", str(problem)))
    return result


class _Unreadable(Exception):
    """The file stops being a table at a line."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


def _text_of(source: Path | bytes) -> str:
    """Return the file as text, or say which of the usual other things it is."""
    try:
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        if size > MAX_BYTES:
            raise _Unreadable(f"The file has {size:,} bytes; at most {MAX_BYTES:,} are taken. Split it.")
        content = source if isinstance(source, bytes) else source.read_bytes()
    except OSError as problem:
        raise _Unreadable(f"The file cannot be read: {problem.strerror}.") from problem
    for mark, encoding in _FOREIGN_MARKS.items():
        if content.startswith(mark):
            raise _Unreadable(f"The file is {encoding}. Save it as CSV in UTF-8.")
    if b"\x00" in content:
        line = content[: content.index(b"\x00")].count(b"\n") + 1
        raise _Unreadable("There is a NUL byte, so this is not a text file. Save it as CSV in UTF-8.", line)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        raise _Unreadable(
            f"The byte {content[problem.start]:#04x} is not UTF-8, probably Windows-1252. Save it as CSV in UTF-8.",
            line,
        ) from problem


def _read_table(text: str, columns: Sequence[Column], result: ImportResult) -> None:
    records = _records(text)
    line, headings = next(records, (0, []))
    if not headings:
        raise _Unreadable("The file is empty; expected a heading line: " + _list(columns))
    headings = [heading.strip() for heading in headings]
    result.errors.extend(islice(_heading_errors(result.file, line, headings, columns), MAX_ERRORS))
    if result.errors:
        return
    by_name = {column.name: column for column in columns}
    in_order = [by_name[heading] for heading in headings]
    absent = {column.name: None for column in columns if column.name not in headings}
    for line, cells in records:
        if len(result.rows) >= MAX_ROWS:
            raise _Unreadable(f"The file has more than {MAX_ROWS:,} rows. Split it.", line)
        if len(result.errors) >= MAX_ERRORS:
            result.errors.append(Located(result.file, line, "", "Too many mistakes; the rest was not read."))
            return
        if len(cells) != len(headings):
            message = f"Expected {len(headings)} cells as in the heading, found {len(cells)}."
            result.errors.append(Located(result.file, line, "", message))
            continue
        errors, values = _read_row(result.file, line, zip(in_order, cells, strict=True))
        result.errors.extend(errors)
        if not errors:
            result.rows.append(Row(line, {**values, **absent}))


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that is not blank with the line it begins on; quoted cells may span lines."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as problem:
            raise _Unreadable(_csv_problem(problem), begins) from problem
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield begins, cells
        begins = reader.line_num + 1


def _csv_problem(problem: csv.Error) -> str:
    if "unexpected end of data" in str(problem):
        return "A quotation mark is opened here and never closed."
    if "field larger" in str(problem):
        return "A cell is too long; a quotation mark is probably not closed."
    return f"This is not CSV: {problem}."


def _heading_errors(file: str, line: int, headings: list[str], columns: Sequence[Column]) -> Iterator[Located]:
    known = {column.name for column in columns}
    for heading, count in Counter(headings).items():
        if count > 1:
            yield Located(file, line, heading[:40], "The column is there more than once.")
        if heading not in known:
            yield Located(file, line, heading[:40], "Unknown column; expected " + _list(columns))
    for column in columns:
        if not column.optional and column.name not in headings:
            yield Located(file, line, column.name, "The column is missing.")


def _read_row(file: str, line: int, cells: Iterable[tuple[Column, str]]) -> tuple[list[Located], dict[str, Any]]:
    errors: list[Located] = []
    values: dict[str, Any] = {}
    for column, cell in cells:
        try:
            values[column.name] = _read_cell(column, cell.strip())
        except ValueError as problem:
            errors.append(Located(file, line, column.name, str(problem)))
    return errors, values


def _read_cell(column: Column, text: str) -> Any:
    if len(text) > MAX_CELL:
        raise ValueError(f"The cell has {len(text):,} characters; at most {MAX_CELL:,} are taken.")
    if text:
        return column.parse(text)
    if column.optional:
        return None
    raise ValueError("The cell is empty.")


def _list(columns: Sequence[Column]) -> str:
    return ", ".join(column.name for column in columns) + "."
