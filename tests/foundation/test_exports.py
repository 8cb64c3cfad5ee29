"""Tables that go out: no customer's text becomes a formula, and numbers stay numbers."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.foundation.exports import Heading, csv_chunks, text_cell, write_csv, write_xlsx

COLUMNS = [Heading("Name", "name"), Heading("Amount", "amount"), Heading("Day", "on")]


def cells(content):
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


class TestTextCell:
    @pytest.mark.parametrize(
        ("text", "cell"),
        [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+1 555 0100", "'+1 555 0100"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'=1"),
            ("\r=1", "\n'=1"),
            ("  \u00a0=1", "'=1"),
            ("Smith\n=1", "Smith\n'=1"),
            ("Smith\r\n  =1", "Smith\n'=1"),
            ("a\x0b=1", "a\n'=1"),
            ("a\u2028=1", "a\n'=1"),
            ("\u200b=1", "'=1"),
            ("\x00=1", "'=1"),
            ("\uff1d1", "'\uff1d1"),
            ("O'Brien", "O'Brien"),
            ("12 Main St - Rear", "12 Main St - Rear"),
            ("", ""),
        ],
    )
    def test_disarms_a_formula_on_every_line(self, text, cell):
        assert text_cell(text) == cell

    @given(st.text())
    def test_leaves_no_line_that_begins_like_a_formula(self, text):
        for line in text_cell(text).splitlines():
            assert not line.startswith(("=", "+", "-", "@", "\t", "\r", " "))


class TestWriteCsv:
    def test_keeps_real_numbers_and_days(self):
        rows = [
            {"name": "=1", "amount": Decimal("-5.00"), "on": date(2026, 5, 1)},
            dict.fromkeys(["name", "amount", "on"]),
        ]
        assert write_csv(rows, COLUMNS) == b"Name,Amount,Day\r\n'=1,-5.00,2026-05-01\r\n,,\r\n"

    def test_streams_the_same_bytes(self):
        rows = [{"name": f"Row {n}", "amount": n, "on": None} for n in range(2500)]
        chunks = list(csv_chunks(rows, COLUMNS))
        assert len(chunks) == 3
        assert b"".join(chunks) == write_csv(rows, COLUMNS)
        assert len(cells(b"".join(chunks))) == 2501

    @given(st.lists(st.text(), max_size=5))
    def test_can_be_read_back_row_by_row(self, names):
        written = write_csv([{"name": name, "amount": 1, "on": None} for name in names], COLUMNS)
        assert [row[0] for row in cells(written)[1:]] == [text_cell(name) for name in names]


class TestWriteXlsx:
    def test_writes_text_as_text_and_numbers_as_numbers(self):
        rows = [
            {"name": "=1+1", "amount": Decimal("-5.00"), "on": date(2026, 5, 1)},
            {"name": "https://example.com", "amount": None, "on": datetime(2026, 5, 1, 12, tzinfo=UTC)},
        ]
        with zipfile.ZipFile(io.BytesIO(write_xlsx(rows, COLUMNS))) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "hyperlink" not in sheet
        assert "=1+1" in sheet
        assert "<v>-5.00</v>" in sheet
