"""A file of reads is stored whole or not at all; each refusal names the line and what was expected."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError

from curbstop.foundation.audit.models import AuditEvent
from curbstop.foundation.imports import FileRefused
from curbstop.metering.imports import read_meter_file
from curbstop.metering.models import Read, ReadImport
from curbstop.metering.operations import ReadsRefused, record_reads

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TODAY = date(2026, 3, 2)
pytestmark = pytest.mark.django_db


def record(text, *, name="reads.csv"):
    file = read_meter_file(text.encode(), name=name)
    return record_reads(file=file, on=TODAY, by=None, at=AT)


def refused(text):
    with pytest.raises(FileRefused) as refusal:
        record(text)
    assert not Read.objects.exists()
    assert not ReadImport.objects.exists()
    assert not AuditEvent.objects.filter(event__startswith="metering").exists()
    return [(error.line, error.field, error.message) for error in refusal.value.errors]


class TestRecordReads:
    def test_stores_every_read_of_the_file(self, street):
        loaded = record("meter,read_on,register,unit,kind\nM-1,2026-03-01,103.8,ccf,\nM-2,2026-03-01,101,,estimated\n")

        assert loaded.rows == 2
        assert list(Read.objects.order_by("pk").values_list("register", "kind", "read_import_id")) == [
            (Decimal("103.8000"), "actual", loaded.pk),
            (Decimal("101.0000"), "estimated", loaded.pk),
        ]

    @pytest.mark.parametrize(
        ("row", "field", "said"),
        [
            ("M-9,2026-03-01,5,", "meter", "No meter has the serial M-9."),
            ("M-1,2026-03-03,105,", "read_on", "2026-03-03 is later than 2026-03-02"),
            ("M-1,1970-01-01,105,", "read_on", "was not installed on 1970-01-01"),
            ("M-1,2026-02-29,105,", "read_on", "no day 2026-02-29"),
            ("M-1,03/01/2026,105,", "read_on", "2026-11-22"),
            ("M-1,2026-03-01,-5,", "register", "at least 0"),
            ("M-1,2026-03-01,NaN,", "register", "a number such as"),
            ("M-1,2026-03-01,\u0663\u066b\u0665,", "register", "a number such as"),
            ("M-1,2026-03-01,1e9,", "register", "a number such as"),
            ("M-1,2026-03-01,1000000,", "register", "does not fit the 6 dials"),
            ("M-1,2026-03-01,10000000000,", "register", "at most"),
            ("M-1,2026-03-01,1.00001,", "register", "4 decimal places"),
            ("M-1,2026-03-01,105,gallons", "unit", "Meter M-1 counts ccf, not gallons."),
            ("M-1,2026-03-01,105,litres", "unit", "one of gallons"),
            ("M-1,2026-03-01,,", "register", "empty"),
        ],
    )
    def test_refuses_the_whole_file_for_one_bad_row(self, street, row, field, said):
        errors = refused(f"meter,read_on,register,unit\nM-2,2026-03-01,101,ccf\n{row}\n")

        assert [(line, name) for line, name, _ in errors] == [(3, field)]
        assert said in errors[0][2]

    def test_names_every_bad_row(self, street):
        errors = refused("meter,read_on,register\nM-9,2026-03-01,1\nM-1,2026-03-01,5\nM-8,2026-03-01,1\n")

        assert [line for line, _, _ in errors] == [2, 4]

    def test_refuses_one_meter_twice_on_a_day(self, street):
        errors = refused("meter,read_on,register\nM-1,2026-03-01,105\nM-1,2026-03-01,106\n")

        assert [line for line, _, _ in errors] == [2, 3]
        assert "two reads of meter M-1" in errors[0][2]

    def test_refuses_a_file_with_nothing_to_store(self, street):
        refused("meter,read_on,register\n")

    def test_loads_a_file_once_whatever_its_name(self, street):
        text = "meter,read_on,register\nM-1,2026-03-01,105\n"
        record(text)

        with pytest.raises(ReadsRefused, match=r"was loaded on Mar 02, 2026 at 09:30 by the system as reads.csv"):
            record(text, name="other.csv")

        assert Read.objects.count() == 1

    @pytest.mark.parametrize("day", ["2026-03-01", "2026-02-20"])
    def test_refuses_a_day_that_is_read_already_or_lies_before(self, street, day):
        record("meter,read_on,register\nM-1,2026-03-01,105\n")

        with pytest.raises(ReadsRefused, match="was read on 2026-03-01 already"):
            record(f"meter,read_on,register\nM-2,{day},101\nM-1,{day},105.5\n")

        assert Read.objects.count() == 1

    def test_leaves_a_stored_read_as_it_is(self, street):
        record("meter,read_on,register\nM-1,2026-03-01,105\n")
        read = Read.objects.get()
        read.register = Decimal(1)

        with pytest.raises(DatabaseError):
            read.save()
