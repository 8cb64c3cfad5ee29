"""Intervals become midnight reads, are held against registers, and are seen on pages and by commands."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from typer.testing import CliRunner

from curbstop.cli import imports as import_commands
from curbstop.cli import reads as read_commands
from curbstop.metering.imports import read_meter_file
from curbstop.metering.models import IntervalAlert, IntervalDay, Read, ReadException
from curbstop.metering.operations import RollRefused, record_reads, roll_reads
from curbstop.metering.operations.estimates import EVERY_ACCOUNT, estimate_missing
from curbstop.ordinances.models import RuleValue
from tests.metering.interval_files import clocks, csv_of, day, hours, other_rules
from tests.metering.test_intervals import load

__all__ = ["clocks", "other_rules"]
AT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
JANUARY, ON = day("2026-01-05"), date(2026, 3, 6)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clocks", "street")]


def use(tmp_path, meter, last, *, first="2026-01-05", **facts):
    load(csv_of(tmp_path / f"{meter}-{first}", hours(meter, day(first), day(last), **facts)), on=date(2026, 3, 10))


def roll(on=ON):
    return roll_reads(accounts=EVERY_ACCOUNT, on=on, by=None, at=AT)


def read_by_hand(text, on=ON):
    record_reads(file=read_meter_file(f"meter,read_on,register\n{text}\n".encode()), on=on, by=None, at=AT)


class TestRollReads:
    def test_takes_the_midnight_of_the_day_and_adds_to_the_register(self, tmp_path):
        use(tmp_path, "M-1", "2026-03-09")

        assert roll().reads == 1

        read = Read.objects.get()
        assert (read.read_on, read.kind, read.register) == (ON, "ami", Decimal(100) + Decimal("0.24") * 60)

    @pytest.mark.parametrize(("last", "on"), [("2026-03-04", date(2026, 3, 5)), ("2026-03-03", date(2026, 3, 4))])
    def test_takes_the_nearest_within_two_days(self, tmp_path, last, on):
        use(tmp_path, "M-1", last)

        assert roll().reads == 1
        assert Read.objects.get().read_on == on

    def test_leaves_a_meter_without_one_for_an_estimate(self, tmp_path, users):
        use(tmp_path, "M-1", "2026-03-02")
        use(tmp_path, "M-2", "2026-03-09", changed={"2026-02-01T05:00:00-05:00": None})

        assert roll().missing == ("M-1", "M-2")

        assert not Read.objects.exists()
        assert estimate_missing(accounts=EVERY_ACCOUNT, on=ON, by=users["lead"], at=AT).reads == 0

    def test_takes_the_read_that_somebody_took_near_the_day(self, tmp_path):
        use(tmp_path, "M-1", "2026-03-09")
        read_by_hand("M-1,2026-03-05,114.5")

        assert roll() == type(roll())(0, ())
        assert Read.objects.get().kind == "actual"

    def test_goes_on_from_the_last_read_that_is_no_estimate(self, tmp_path):
        use(tmp_path, "M-1", "2026-03-09")
        roll(date(2026, 2, 4))
        Read.objects.create(
            installation=Read.objects.get().installation, read_on=date(2026, 2, 20), register=110, kind="estimated"
        )

        roll()

        assert Read.objects.get(read_on=ON).register == Decimal("114.4")

    def test_rolls_over_with_the_dials(self, tmp_path, street):
        from curbstop.metering.models import Installation

        Installation.objects.filter(meter__serial="M-1").update(first_register=Decimal(999995))
        use(tmp_path, "M-1", "2026-03-09")
        roll()

        assert Read.objects.get().register == Decimal("9.4")

    def test_says_beside_the_read_what_the_intervals_showed(self, tmp_path):
        use(tmp_path, "M-1", "2026-03-09")
        roll()

        noted = ReadException.objects.get(code="LEAK")
        assert noted.values == {"starts_on": "2026-01-05", "times": 1}
        assert not noted.holds

    def test_asks_the_city_how_near(self, tmp_path):
        use(tmp_path, "M-1", "2026-03-09")
        RuleValue.objects.filter(code="metering.interval_read_window").update(ends_on=date(2026, 1, 1))

        with pytest.raises(RollRefused):
            roll()
        assert not Read.objects.exists()


class TestOffsets:
    @pytest.mark.parametrize(("register", "codes"), [("114.5", []), ("114.8", ["OFFSET"]), ("109", ["OFFSET"])])
    def test_holds_the_register_against_the_intervals(self, tmp_path, register, codes):
        use(tmp_path, "M-1", "2026-03-09")
        read_by_hand(f"M-1,2026-03-06,{register}")

        noted = ReadException.objects.filter(code="OFFSET")
        assert [each.code for each in noted] == codes
        assert all(each.values["interval_e4"] == 144_000 for each in noted)

    def test_a_new_endpoint_goes_on_from_the_same_register(self, tmp_path):
        use(tmp_path, "M-1", "2026-02-03", use="0.0100")
        use(tmp_path, "M-1", "2026-03-09", first="2026-02-04", use="0.0200")
        roll()

        assert Read.objects.get().register == Decimal(100) + Decimal("0.24") * 30 + Decimal("0.48") * 30


@pytest.fixture
def signed_in(users):
    client = Client()
    client.force_login(users["lead"])
    return client


class TestPages:
    def test_lists_what_waits_and_shows_its_days(self, tmp_path, signed_in):
        use(tmp_path, "M-1", "2026-02-09", changed={"2026-02-01T05:00:00-05:00": None})
        listed = signed_in.get("/reads/alerts/").content.decode()
        alert = IntervalAlert.objects.filter(code="LEAK").first()
        page = signed_in.get(f"/reads/alerts/{alert.pk}/?day=2026-02-01").content.decode()

        assert "hours without a rest" in listed
        assert "<svg" in page
        assert "Feb 1, 2026" in page
        assert "1 interval is missing" in page

    def test_answers_once(self, tmp_path, signed_in):
        use(tmp_path, "M-1", "2026-01-09")
        alert = IntervalAlert.objects.get(code="LEAK")

        for expected in (302, 200):
            assert signed_in.post(f"/reads/alerts/{alert.pk}/answer/", {"note": "Toilet ran"}).status_code == expected

        alert.refresh_from_db()
        assert alert.note == "Toilet ran"

    def test_asks_the_database_as_often_for_many_as_for_one(self, tmp_path, signed_in, django_assert_num_queries):
        for meter in ("M-1", "M-2", "M-3"):
            use(tmp_path, meter, "2026-01-09")
        with CaptureQueriesContext(connection) as many:
            signed_in.get("/reads/alerts/")
        from curbstop.metering.operations import answer_alert

        for alert in IntervalAlert.objects.order_by("pk")[1:]:
            answer_alert(alert=alert, note="Seen", by=signed_in_user(), at=AT)
        with django_assert_num_queries(len(many)):
            signed_in.get("/reads/alerts/")


def signed_in_user():
    from curbstop.foundation.access.models import User

    return User.objects.get(username="lead")


class TestCommands:
    def test_take_in_list_and_roll(self, tmp_path, users):
        runner = CliRunner()
        path = csv_of(tmp_path / "file.csv", hours("M-1", JANUARY, day("2026-03-09")))

        done = runner.invoke(import_commands.app, ["intervals", str(path), "--on", "2026-03-10", "--json"])
        assert json.loads(done.stdout)["intervals"] == IntervalDay.objects.count() * 24 - 1
        again = runner.invoke(import_commands.app, ["intervals", str(path), "--on", "2026-03-10", "--json"])
        assert again.exit_code == 1
        assert "was loaded" in json.loads(again.stdout)["refused"][0]["message"]

        listed = json.loads(runner.invoke(read_commands.app, ["alerts", "--json"]).stdout)["alerts"]
        assert [each["code"] for each in listed] == ["LEAK"]
        words = ["answer", str(listed[0]["number"]), "--as", "lead", "--why", "Told the customer"]
        assert runner.invoke(read_commands.app, words).exit_code == 0
        assert runner.invoke(read_commands.app, words).exit_code == 1

        rolled = runner.invoke(read_commands.app, ["roll", "--on", "2026-03-06", "--as", "lead", "--json"])
        assert json.loads(rolled.stdout) == {"reads": 1, "missing": []}
