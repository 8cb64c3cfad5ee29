"""Files that come in: every mistake has its place, and whatever cannot be a table is refused by its name."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.foundation import imports
from curbstop.foundation.imports import (
    Column,
    FileRefused,
    choice,
    day,
    decimal_number,
    dollar_amount,
    free_text,
    read_rows,
    reading,
    text,
    whole_number,
    yes_or_no,
)

READS = [
    Column("serial", text(longest=20)),
    Column("read_on", day()),
    Column("register", decimal_number(least=Decimal(0))),
    Column("note", text(), optional=True),
]


def messages(content, columns=READS):
    return [str(error) for error in read_rows(content, columns, name="reads.csv").errors]


class TestReadRows:
    def test_reads_typed_rows_with_their_lines(self):
        content = b"serial,read_on,register,note\nM-1,2026-05-01,12.5,\n\nM-2,2026-05-02,13,leak\n"
        rows = read_rows(content, READS).accepted()
        assert [(row.line, row["serial"], row["read_on"], row["register"], row["note"]) for row in rows] == [
            (2, "M-1", date(2026, 5, 1), Decimal("12.5"), None),
            (4, "M-2", date(2026, 5, 2), Decimal(13), "leak"),
        ]

    def test_takes_columns_in_any_order_without_the_optional_one(self):
        rows = read_rows(b"register,serial,read_on\r\n1,M-1,2026-05-01\r\n", READS).accepted()
        assert rows[0].values == {"serial": "M-1", "read_on": date(2026, 5, 1), "register": Decimal(1), "note": None}

    def test_takes_a_byte_order_mark(self):
        assert read_rows(b"\xef\xbb\xbfserial,read_on,register\nM-1,2026-05-01,1\n", READS).accepted()

    def test_reads_a_file_by_its_path(self, tmp_path):
        path = tmp_path / "may.csv"
        path.write_bytes(b"serial,read_on,register\nM-1,May 1,1\n")
        assert str(read_rows(path, READS).errors[0]).startswith("may.csv:2: read_on: Expected a day")

    def test_tells_every_mistake_with_line_and_column(self):
        content = (
            b'serial,read_on,register\n"two\nlines",2026-05-01,1\nM-2,05/01/2026,-1\n,2026-02-30,1e5\nM-4,2026-05-01\n'
        )
        assert messages(content) == [
            "reads.csv:2: serial: The character U+000A cannot be printed.",
            "reads.csv:4: read_on: Expected a day such as 2026-11-22, not '05/01/2026'.",
            "reads.csv:4: register: Expected at least 0, not -1.",
            "reads.csv:5: serial: The cell is empty.",
            "reads.csv:5: read_on: There is no day 2026-02-30 in the calendar.",
            "reads.csv:5: register: Expected a number such as 12.5, not '1e5'.",
            "reads.csv:6: Expected 3 cells as in the heading, found 2.",
        ]

    def test_raises_all_mistakes_at_once(self):
        result = read_rows(b'serial,read_on,register\n-, ,""\nM-1,x,y\n', READS)
        with pytest.raises(FileRefused) as refused:
            result.accepted()
        assert [error.line for error in refused.value.errors] == [2, 2, 3, 3]
        assert str(refused.value).count("\n") == 3

    def test_keeps_no_row_with_a_mistake(self):
        result = read_rows(b"serial,read_on,register\nM-1,2026-05-01,1\nM-2,x,1\n", READS)
        assert [row["serial"] for row in result.rows] == ["M-1"]
        assert len(result.errors) == 1

    def test_stops_after_a_hundred_mistakes(self):
        content = b"serial,read_on,register\n" + b"M-1,x,1\n" * 500
        assert len(messages(content)) == reading.MAX_ERRORS + 1
        assert messages(content)[-1].endswith("Too many mistakes; the rest was not read.")


class TestRefuseAFile:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "reads.csv: The file is empty; expected a heading line: serial, read_on, register, note."),
            ("serial\n".encode("utf-16"), "reads.csv: The file is UTF-16. Save it as CSV in UTF-8."),
            ("serial\n".encode("utf-32"), "reads.csv: The file is UTF-32. Save it as CSV in UTF-8."),
            (b"PK\x03\x04rest", "reads.csv: The file is an Excel workbook or a zip archive. Save it as CSV in UTF-8."),
            (b"%PDF-1.7", "reads.csv: The file is a PDF. Save it as CSV in UTF-8."),
            (
                b"serial,read_on,register\nPe\xf1a,2026-05-01,1\n",
                "reads.csv:2: The byte 0xf1 is not UTF-8, probably Windows-1252. Save it as CSV in UTF-8.",
            ),
            (
                b"serial,read_on,register\nM\x001,2026-05-01,1\n",
                "reads.csv:2: There is a NUL byte, so this is not a text file. Save it as CSV in UTF-8.",
            ),
            (
                b'serial,read_on,register\nM-1,2026-05-01,1\n"M-2,2026-05-01,1\nM-3,2026-05-01,1\n',
                "reads.csv:3: A quotation mark is opened here and never closed.",
            ),
        ],
    )
    def test_says_what_the_file_is_instead(self, content, message):
        assert messages(content) == [message]

    def test_names_a_missing_an_unknown_and_a_doubled_column(self):
        assert messages(b"serial,serial,register,reading\nM-1,M-1,1,1\n") == [
            "reads.csv:1: serial: The column is there more than once.",
            "reads.csv:1: reading: Unknown column; expected serial, read_on, register, note.",
            "reads.csv:1: read_on: The column is missing.",
        ]

    def test_says_when_there_is_no_such_file(self, tmp_path):
        errors = read_rows(tmp_path / "june.csv", READS).errors
        assert list(map(str, errors)) == ["june.csv: The file cannot be read: No such file or directory."]

    def test_refuses_a_file_over_the_limit(self, monkeypatch):
        monkeypatch.setattr(reading, "MAX_BYTES", 10)
        assert messages(b"serial,read_on,register\n") == [
            "reads.csv: The file has 24 bytes; at most 10 are taken. Split it."
        ]

    def test_refuses_more_rows_than_the_limit(self, monkeypatch):
        monkeypatch.setattr(reading, "MAX_ROWS", 1)
        content = b"serial,read_on,register\nM-1,2026-05-01,1\nM-2,2026-05-01,1\n"
        assert messages(content) == ["reads.csv:3: The file has more than 1 rows. Split it."]

    @given(st.binary(max_size=300))
    def test_reads_or_refuses_any_bytes(self, content):
        result = read_rows(content, READS)
        assert all(error.message for error in result.errors)

    @given(st.text(max_size=300))
    def test_reads_or_refuses_any_text(self, content):
        read_rows(b"serial,read_on,register\n" + content.encode("utf-8", "surrogatepass"), READS)


class TestParseACell:
    @pytest.mark.parametrize(
        ("parse", "cell", "value"),
        [
            (whole_number(), "-42", -42),
            (decimal_number(), "12.5000", Decimal("12.5000")),
            (dollar_amount(), "$1,234.50", 123450),
            (choice("water", "sewer"), "sewer", "sewer"),
            (yes_or_no(), "Yes", True),
            (yes_or_no(), "no", False),
            (text(), "Pen\u0303a O’Brien 李雷", "Peña O’Brien 李雷"),
        ],
    )
    def test_takes_what_it_expects(self, parse, cell, value):
        assert parse(cell) == value

    @pytest.mark.parametrize(
        ("parse", "cell", "message"),
        [
            (whole_number(), "4.0", "Expected a whole number such as 42"),
            (whole_number(), "٤٢", "Expected a whole number such as 42"),
            (whole_number(most=9), "10", "Expected at most 9, not 10"),
            (decimal_number(), "NaN", "Expected a number such as 12.5"),
            (decimal_number(), "1,5", "Expected a number such as 12.5"),
            (decimal_number(), "1.23456", "Expected at most 4 decimal places"),
            (dollar_amount(), "ten", "Expected an amount such as 12.34"),
            (day(), "2026-5-1", "Expected a day such as 2026-11-22"),
            (day(), "0000-01-01", "There is no day 0000-01-01"),
            (choice("water", "sewer"), "Water", "Expected one of water, sewer, not 'Water'"),
            (yes_or_no(), "1", "Expected yes or no"),
            (text(), "abc\u202edef", r"The character U\+202E cannot be printed"),
            (text(longest=3), "abcd", "Expected at most 3 characters, found 4"),
            (free_text(), "P.O. Box 4111 1111 1111 1111", "card numbers are never stored"),
        ],
    )
    def test_refuses_the_rest_with_what_it_expected(self, parse, cell, message):
        with pytest.raises(ValueError, match=message):
            parse(cell)

    def test_has_its_public_names_in_one_place(self):
        assert set(imports.__all__) >= {"Column", "read_rows", "FileRefused"}
