"""Interval data comes in whole or not at all, and tells of leaks, reverse flow, spikes and gaps."""

from datetime import UTC, date, datetime

import polars as pl
import pytest
from django.db import connection
from django.db.utils import DatabaseError, IntegrityError

from curbstop.foundation.database.transactions import transaction
from curbstop.foundation.imports import FileRefused
from curbstop.foundation.proofs import Outcome
from curbstop.metering.imports import opened_interval_file
from curbstop.metering.imports.intervals import BYTES_AN_INTERVAL, MIB
from curbstop.metering.models import IntervalAlert, IntervalDay, IntervalImport
from curbstop.metering.operations import AnswerRefused, answer_alert, record_intervals
from curbstop.metering.proofs import interval_days_add_up
from tests.metering.interval_files import clocks, csv_of, day, hours, other_rules, parquet_of

__all__ = ["clocks", "other_rules"]
AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ON = date(2026, 11, 20)
QUIET = {"use": "0.0000"}
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clocks", "street")]


def load(path, *, on=ON, memory_mib=64, **options):
    with opened_interval_file(path, memory_mib=memory_mib) as file:
        return record_intervals(file=file, on=on, by=None, at=AT, **options)


def uses(meter, on):
    row = IntervalDay.objects.get(installation__meter__serial=meter, day=day(on), superseded_at=None)
    return row.uses


def alerts(code=None):
    found = IntervalAlert.objects.exclude(code="SILENT").order_by("pk")
    return [(each.installation.meter.serial, each.code, each.starts_on.isoformat(), each.ends_on.isoformat())
            for each in found if code in {None, each.code}]  # fmt: skip


def refused(path, **options):
    with pytest.raises(FileRefused) as refusal:
        load(path, **options)
    assert not IntervalDay.objects.exists()
    assert not IntervalImport.objects.exists()
    return [(error.line, error.field, error.message) for error in refusal.value.errors]


class TestRecordIntervals:
    @pytest.mark.parametrize("written", [csv_of, parquet_of])
    @pytest.mark.parametrize(("minutes", "an_hour"), [(60, 1), (30, 2), (15, 4)])
    def test_keeps_a_row_a_day_with_the_hours_of_its_clock(self, tmp_path, written, minutes, an_hour):
        rows = hours("M-1", day("2026-03-07"), day("2026-03-09"), minutes=minutes, **QUIET)
        rows += hours("M-1", day("2026-10-31"), day("2026-11-02"), minutes=minutes, **QUIET)

        assert load(written(tmp_path / "file", rows)).intervals == len(rows)

        lengths = [len(each.uses) for each in IntervalDay.objects.order_by("day")]
        assert lengths == [hours * an_hour for hours in (24, 23, 24, 24, 25, 24)]
        assert not any(IntervalDay.objects.values_list("missing", flat=True))

    def test_tells_the_two_hours_of_the_night_apart(self, tmp_path):
        changed = {"2026-11-01T01:00:00-04:00": "0.0001", "2026-11-01T01:00:00-05:00": "0.0002"}
        load(csv_of(tmp_path / "file", hours("M-1", day("2026-11-01"), day("2026-11-01"), changed=changed)))

        assert uses("M-1", "2026-11-01")[:4] == [100, 1, 2, 100]

    def test_takes_a_leap_day(self, tmp_path, street):
        from curbstop.metering.models import Installation

        Installation.objects.update(starts_on=date(2024, 1, 1))
        load(csv_of(tmp_path / "file", hours("M-1", day("2024-02-28"), day("2024-03-01"), **QUIET)))

        assert [each.day.isoformat() for each in IntervalDay.objects.order_by("day")][1] == "2024-02-29"

    def test_takes_rows_in_any_order_and_in_parts(self, tmp_path):
        rows = [row for meter in ("M-1", "M-2", "M-3") for row in hours(meter, day("2026-06-01"), day("2026-06-20"))]
        shuffled = pl.Series(range(len(rows))).shuffle(seed=4).to_list()

        load(csv_of(tmp_path / "file", [rows[each] for each in shuffled]), memory_mib=0.05)

        assert IntervalDay.objects.count() == 60
        assert set(IntervalDay.objects.values_list("used_e4", flat=True)) == {2_400}

    @pytest.mark.parametrize("written", [csv_of, parquet_of])
    def test_holds_no_more_of_a_file_than_the_memory_it_is_given(self, tmp_path, written):
        rows = [row for meter in range(40) for row in hours(f"X-{meter}", day("2026-06-01"), day("2026-06-30"))]
        path = written(tmp_path / "file", rows)

        with opened_interval_file(path, memory_mib=0.5) as file:
            parts = [part.size for part in file.readings()]

        assert sum(parts) == len(rows)
        # A part is of whole meters, so it may be one meter above its share.
        assert max(parts) * BYTES_AN_INTERVAL <= 0.5 * MIB + 720 * BYTES_AN_INTERVAL
        assert not any(part.exists() for part in file.parts)

    def test_adds_up(self, tmp_path):
        load(csv_of(tmp_path / "a", hours("M-1", day("2026-06-01"), day("2026-06-03"))[3:-3]))

        assert interval_days_add_up() == Outcome(checked=3, failures=[])

    def test_is_loaded_once_by_its_content(self, tmp_path):
        path = csv_of(tmp_path / "a", hours("M-1", day("2026-06-01"), day("2026-06-01")))
        load(path)

        with pytest.raises(FileRefused, match="was loaded on Nov 20, 2026 as a"):
            load(path.rename(tmp_path / "b"))

    def test_fills_a_gap_later_and_keeps_what_came_before(self, tmp_path):
        rows = hours("M-1", day("2026-06-01"), day("2026-06-01"))
        load(csv_of(tmp_path / "a", rows[:10]))
        load(csv_of(tmp_path / "b", rows[10:]))

        assert uses("M-1", "2026-06-01") == [100] * 24
        assert IntervalDay.objects.exclude(superseded_at=None).get().missing == 14

    def test_refuses_another_use_unless_it_corrects(self, tmp_path):
        load(csv_of(tmp_path / "a", hours("M-1", day("2026-06-01"), day("2026-06-02"))))
        other = csv_of(tmp_path / "b", hours("M-1", day("2026-06-02"), day("2026-06-02"), use="0.0200"))

        with pytest.raises(FileRefused, match="has other uses for 2026-06-02 already"):
            load(other)
        assert uses("M-1", "2026-06-02") == [100] * 24

        load(other, is_correction=True)

        assert uses("M-1", "2026-06-02") == [200] * 24
        assert IntervalDay.objects.count() == 3

    def test_leaves_what_a_flag_calls_unmeasured_missing(self, tmp_path):
        path = tmp_path / "file"
        path.write_text(
            "meter,start,use,unit,flag\nM-1,2026-06-01T00:00:00-04:00,0.5,ccf,estimated\n"
            "M-1,2026-06-01T01:00:00-04:00,,ccf,missing\nM-1,2026-06-01T02:00Z,-0.25,ccf,\n"
        )
        load(path)

        assert uses("M-1", "2026-06-01")[:2] == [None, None]
        assert uses("M-1", "2026-05-31")[22] == -2_500


class TestRefusals:
    @pytest.mark.parametrize(
        ("line", "field", "said"),
        [
            ("M-9,2026-06-01T00:00:00Z,1,ccf", "meter", "No meter has the serial M-9."),
            (",2026-06-01T00:00:00Z,1,ccf", "meter", "Expected a serial"),
            ("M-1,2026-06-01T00:00:00,1,ccf", "start", "expected a day and time with its offset"),
            ("M-1,2026-02-29T00:00:00Z,1,ccf", "start", "is no instant"),
            ("M-1,2026-06-01T00:07:00Z,1,ccf", "start", "is not the start of 15, 30 or 60 minutes"),
            ("M-1,2027-06-01T00:00:00Z,1,ccf", "start", "is later than 2026-11-20"),
            ("M-1,2020-06-01T00:00:00Z,1,ccf", "start", "on which the meter was not installed"),
            ("M-1,2026-06-01T00:00:00Z,1,gallons", "unit", "Meter M-1 counts ccf, not gallons."),
            ("M-1,2026-06-01T00:00:00Z,1,barrels", "unit", "barrels is not one of"),
            ("M-1,2026-06-01T00:00:00Z,x,ccf", "use", "x is not a number"),
            ("M-1,2026-06-01T00:00:00Z,nan,ccf", "use", "nan is not a number"),
            ("M-1,2026-06-01T00:00:00Z,,ccf", "use", "is not a number"),
            ("M-1,2026-06-01T00:00:00Z,0.12345,ccf", "use", "more than the four decimals"),
            ("M-1,2026-06-01T00:00:00Z,999999,ccf", "use", "above 214,748"),
            ("M-1,2026-06-01T00:00:00Z,1", "", "Expected 4 cells"),
            ('"M-1",2026-06-01T00:00:00Z,1,ccf', "", "quotation mark"),
            ("", "", "The line is empty."),
            ("M-1,2026-06-01T00:00:00Z,1,ccf\x00", "", "NUL"),
        ],
    )
    def test_name_the_line_the_field_and_what_was_expected(self, tmp_path, line, field, said):
        path = tmp_path / "file"
        path.write_text(
            f"meter,start,use,unit\nM-2,2026-06-01T00:00:00Z,1,ccf\n{line}\nM-3,2026-06-01T00:00:00Z,1,ccf\n"
        )

        found = refused(path)

        assert found[0][:2] == (3, field)
        assert said in found[0][2]

    def test_an_instant_that_comes_twice(self, tmp_path):
        rows = hours("M-1", day("2026-06-01"), day("2026-06-01"))

        assert refused(csv_of(tmp_path / "file", [*rows, rows[3]]))[0][0] == 26

    def test_units_that_are_mixed(self, tmp_path):
        rows = hours("M-1", day("2026-06-01"), day("2026-06-01"))
        rows += hours("M-1", day("2026-06-02"), day("2026-06-02"), unit="gallons")

        assert refused(csv_of(tmp_path / "file", rows)) == [(26, "unit", "Meter M-1 counts ccf, not gallons.")]

    @pytest.mark.parametrize("kept", [0, 3, 4, 100, 0.5, 0.98])
    def test_a_parquet_file_that_is_cut_off(self, tmp_path, kept):
        rows = [row for meter in ("M-1", "M-2") for row in hours(meter, day("2026-06-01"), day("2026-07-20"))]
        path = parquet_of(tmp_path / "file", rows, row_group_size=200)
        whole = path.read_bytes()
        path.write_bytes(whole[: int(kept * len(whole)) if isinstance(kept, float) else kept])

        assert refused(path)

    def test_a_parquet_file_that_is_spoiled_inside(self, tmp_path):
        path = parquet_of(tmp_path / "file", hours("M-1", day("2026-06-01"), day("2026-07-20")), row_group_size=200)
        spoiled = bytearray(path.read_bytes())
        spoiled[200:900] = b"\xff" * 700
        path.write_bytes(spoiled)

        assert refused(path)

    def test_parquet_instants_without_a_zone(self, tmp_path):
        frame = pl.DataFrame({"meter": ["M-1"], "start": [datetime(2026, 6, 1)], "use": [1.0], "unit": ["ccf"]})  # noqa: DTZ001 - that is the mistake
        frame.write_parquet(tmp_path / "file")

        assert "with its offset" in refused(tmp_path / "file")[0][2]

    @pytest.mark.parametrize(
        "heading", ["meter,start,use", "meter,start,use,unit,color", "meter,meter,start,use,unit", ""]
    )
    def test_columns_that_are_not_these(self, tmp_path, heading):
        path = tmp_path / "file"
        path.write_text(heading + "\n")

        assert refused(path)


class TestAlerts:
    def test_a_leak_is_flow_for_a_day_wherever_midnight_falls(self, tmp_path):
        rows = hours("M-1", day("2026-06-01"), day("2026-06-03"), use="0.0000")
        flowing = [(*row[:2], "0.0020", row[3]) if 17 <= index < 41 else row for index, row in enumerate(rows)]
        nearly = [("M-2", row[1], "0.0000" if index == 30 else row[2], row[3]) for index, row in enumerate(flowing)]
        load(csv_of(tmp_path / "file", flowing + nearly))

        assert alerts() == [("M-1", "LEAK", "2026-06-01", "2026-06-03")]
        assert IntervalAlert.objects.get(code="LEAK").values == {"hours": 24, "lowest_e4": 20, "total_e4": 480}

    def test_a_leak_is_told_across_files_once_until_it_is_answered(self, tmp_path, users):
        for number in range(1, 5):
            path = csv_of(
                tmp_path / f"{number}", hours("M-1", date(2026, 6, number), date(2026, 6, number))[12 * (number == 1) :]
            )
            load(path, on=date(2026, 6, 5))
        assert alerts() == [("M-1", "LEAK", "2026-06-01", "2026-06-03")]

        answer_alert(alert=IntervalAlert.objects.get(), note="Told the customer", by=users["lead"], at=AT)
        load(csv_of(tmp_path / "5", hours("M-1", date(2026, 6, 5), date(2026, 6, 5))), on=date(2026, 6, 5))

        assert len(alerts("LEAK")) == 2
        with pytest.raises(AnswerRefused):
            answer_alert(alert=IntervalAlert.objects.first(), note="Again", by=users["lead"], at=AT)

    def test_what_ran_back_above_capacity_and_what_is_missing(self, tmp_path):
        at = "2026-06-02T0{}:00:00-04:00"
        rows = hours("M-1", day("2026-06-01"), day("2026-06-03"), use="0.0000", changed={at.format(3): "-0.5"})
        rows += hours("M-2", day("2026-06-01"), day("2026-06-03"), use="0.0000", changed={at.format(4): "1.7"})
        rows += hours("M-3", day("2026-06-01"), day("2026-06-03"), use="0.0000", changed={at.format(5): None})[2:-2]
        load(csv_of(tmp_path / "file", rows))

        assert alerts() == [
            (meter, code, "2026-06-02", "2026-06-03")
            for meter, code in (("M-1", "REVERSE"), ("M-2", "SPIKE"), ("M-3", "GAP"))
        ]
        assert IntervalAlert.objects.get(code="GAP").values["intervals"] == 1

    def test_an_endpoint_that_fell_silent(self, tmp_path):
        load(csv_of(tmp_path / "a", hours("M-1", day("2026-06-01"), day("2026-06-01"), **QUIET)))

        assert [each.values for each in IntervalAlert.objects.filter(code="SILENT")] == [{"days": 171}]


class TestIntervalDay:
    def test_cannot_be_changed_or_deleted(self, tmp_path, refused_as):
        load(csv_of(tmp_path / "file", hours("M-1", day("2026-06-01"), day("2026-06-01"))))

        for statement in ("update metering_intervalday set used_e4 = 1", "delete from metering_intervalday"):
            refused_as(statement)
        assert uses("M-1", "2026-06-01") == [100] * 24

    def test_has_the_hours_of_its_day(self, street):
        loaded = IntervalImport.objects.create(file_name="f", sha256="0" * 64, intervals=1, at=AT)
        row = {"installation_id": street["installation_id"][0], "minutes": 60, "used_e4": 0, "interval_import": loaded}
        for on, hours_of_it, name in (
            (date(2026, 3, 8), 24, "interval_day_has_its_hours"), (date(2026, 6, 1), 22, "intervals_fill_a_day"),
        ):  # fmt: skip
            with pytest.raises(IntegrityError, match=name), transaction():
                IntervalDay.objects.create(day=on, uses=[0] * hours_of_it, missing=0, **row)
        with pytest.raises(IntegrityError, match="one_interval_day"), transaction():
            for _ in range(2):
                IntervalDay.objects.create(day=date(2026, 6, 1), uses=[0] * 24, missing=0, **row)
        assert not IntervalDay.objects.exists()

    def test_leaves_only_for_another(self, tmp_path):
        load(csv_of(tmp_path / "file", hours("M-1", day("2026-06-01"), day("2026-06-01"))))

        with pytest.raises(IntegrityError, match="no other row stands"), transaction():
            IntervalDay.objects.update(superseded_at=AT)
        assert IntervalDay.objects.get().superseded_at is None


@pytest.fixture
def refused_as():
    def attempt(statement):
        refusal = pytest.raises(DatabaseError, match=r"permission denied|rows are written once")
        with refusal, transaction(), connection.cursor() as cursor:
            cursor.execute(statement)

    return attempt
