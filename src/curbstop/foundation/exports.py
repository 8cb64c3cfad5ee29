"""Tables that go out, as CSV or as an Excel workbook; what a customer typed can never become a formula there.

A spreadsheet runs a cell that begins with = + - or @. Such text gets an apostrophe in front, on each of its lines and
after leading white space is taken away; real numbers stay numbers, so -5.00 is still minus five dollars.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

Cell: TypeAlias = str | int | Decimal | date | datetime | None

# Full-width forms too: spreadsheets of East Asian locales read them as operators.
_FORMULA_SIGNS = tuple("=+-@＝＋－＠")  # noqa: RUF001  # the look-alikes are the point
_LINES = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_ROWS_A_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Heading:
    """One column of an export: its heading, and the name under which each row keeps its cell."""

    heading: str
    name: str


def text_cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return "\n".join(_guarded(line) for line in _LINES.split(text))


def csv_chunks(rows: Iterable[Mapping[str, Cell]], columns: Sequence[Heading]) -> Iterator[bytes]:
    """Yield an export as CSV in UTF-8, a thousand rows at a time, for a response that streams."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([text_cell(column.heading) for column in columns])
    for number, row in enumerate(rows, start=1):
        writer.writerow([_csv_cell(row[column.name]) for column in columns])
        if number % _ROWS_A_CHUNK == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def write_csv(rows: Iterable[Mapping[str, Cell]], columns: Sequence[Heading]) -> bytes:
    """Return an export as CSV in UTF-8, with a heading line and CRLF line ends (RFC 4180)."""
    return b"".join(csv_chunks(rows, columns))


def write_xlsx(rows: Iterable[Mapping[str, Cell]], columns: Sequence[Heading], *, sheet: str = "Export") -> bytes:
    """Return an export as an Excel workbook of one sheet; text is written as text, never as a formula or a link."""
    target = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
    }
    with Workbook(target, options) as workbook:
        page = workbook.add_worksheet(sheet[:31])
        bold = workbook.add_format({"bold": True})
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        money = workbook.add_format({"num_format": "#,##0.00"})
        for at, column in enumerate(columns):
            page.write_string(0, at, column.heading, bold)
        page.freeze_panes(1, 0)
        for line, row in enumerate(rows, start=1):
            for at, column in enumerate(columns):
                _write_xlsx_cell(page, (line, at), row[column.name], (day, money))
    return target.getvalue()


def _guarded(line: str) -> str:
    """Return one line without control characters and leading white space, made harmless if it looks like a formula."""
    plain = "".join(sign for sign in line if unicodedata.category(sign) not in {"Cc", "Cf"} or sign == "\t").lstrip()
    return f"'{plain}" if plain.startswith(_FORMULA_SIGNS) else plain


def _csv_cell(value: Cell) -> str | int | Decimal | None:
    if isinstance(value, str):
        return text_cell(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def _write_xlsx_cell(page: Worksheet, place: tuple[int, int], value: Cell, formats: tuple[Format, Format]) -> None:
    day, money = formats
    if value is None:
        return
    if isinstance(value, str):
        page.write_string(*place, value)
    elif isinstance(value, date):
        page.write_datetime(*place, value, day)
    else:
        page.write_number(*place, value, money if isinstance(value, Decimal) else None)


def _taken(buffer: io.StringIO) -> bytes:
    """Return what the buffer holds and empty it."""
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
