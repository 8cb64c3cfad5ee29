"""A round of reading closes by counts, and the run holds by name whatever the file that came back left out."""

from decimal import Decimal

import pytest
from django.test import Client

from curbstop.billing.models import Bill, Disposition
from curbstop.billing.operations import release_bills
from curbstop.billing.queries.rounds import round_of_run
from curbstop.metering.imports import read_meter_file
from curbstop.metering.models import Installation, Meter
from curbstop.metering.operations import record_reads
from tests.billing.conftest import JULY, MAY, NOON, TODAY

pytestmark = pytest.mark.django_db


def load(text):
    record_reads(file=read_meter_file(text.encode()), on=TODAY, by=None, at=NOON)


@pytest.fixture
def sent(town):
    """Three accounts whose meters go out on the list: M-1 to M-3."""
    accounts = [town.account(f"10000{number}", services=("water",)) for number in (1, 2, 3)]
    for number, account in enumerate(accounts, start=1):
        meter = Meter.objects.create(serial=f"M-{number}", size_inches='5/8"', dials=6, unit="ccf")
        point = account.agreements.get().service_point
        Installation.objects.create(meter=meter, service_point=point, starts_on=MAY, first_register=Decimal(100))
    return accounts


class TestRound:
    def test_names_the_meter_that_the_file_left_out(self, town, sent):
        """Three went out; the file has one read and one dog."""
        load(f"meter,read_on,register,skip_code\nM-1,{JULY},112,\nM-2,{JULY},,dog\n")

        run = town.draft()
        found = round_of_run(run)

        assert (found.sent, found.read, found.skips, found.missing) == (3, 1, (("dog", 1),), ("M-3",))
        assert found.sent == found.read + found.estimated + found.skipped + len(found.missing)
        assert str(found) == "3 meters sent out = 1 read + 0 estimated + 1 skipped (dog) + 1 missing."
        held = set(Disposition.objects.filter(run=run, kind="held").values_list("account__number", flat=True))
        assert held == {"100002", "100003"}

    def test_releases_nothing_of_what_is_missing(self, town, sent):
        load(f"meter,read_on,register\nM-1,{JULY},112\n")
        run = town.draft()
        from curbstop.billing.operations import approve_run

        approve_run(run=run, by=town.people["manager"], at=NOON, accepts_holds=True)
        release_bills(run=run, by=town.people["manager"], at=NOON)

        assert list(Bill.objects.values_list("account__number", flat=True)) == ["100001"]
        run.refresh_from_db()
        assert round_of_run(run).missing == ("M-2", "M-3")

    def test_closes_once_the_missing_are_estimated(self, town, sent):
        load(f"meter,read_on,register,kind\nM-1,{JULY},112,actual\nM-2,{JULY},108,estimated\nM-3,{JULY},109,actual\n")

        found = round_of_run(town.draft())

        assert (found.read, found.estimated, found.missing) == (2, 1, ())

    def test_is_shown_beside_what_is_not_billed(self, town, sent):
        load(f"meter,read_on,register\nM-1,{JULY},112\n")
        run = town.draft()
        client = Client()
        client.force_login(town.people["lead"])

        page = client.get(f"/billing/runs/{run.pk}/unbilled/").content.decode()

        assert "3 meters sent out = 1 read + 0 estimated + 2 missing." in page
        assert "M-2, M-3" in page
