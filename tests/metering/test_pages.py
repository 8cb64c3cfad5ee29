"""The pages of reads: the list of what waits, and a decision made from the keyboard."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from curbstop.foundation.access.models import User
from curbstop.foundation.access.roles import Role
from curbstop.metering.imports import read_meter_file
from curbstop.metering.models import Read, ReadException
from curbstop.metering.operations import import_volumes, record_reads

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(users):
    def sign_in(role):
        client = Client()
        client.force_login(users[role])
        return client

    return sign_in


@pytest.fixture
def held(street):
    """Three meters of ten units a month, two of them read far too high."""
    rows = street.select(
        "agreement_id",
        starts_on=pl.lit(date(2026, 1, 5) - timedelta(days=30)),
        ends_on=pl.lit(date(2026, 1, 5)),
        volume=pl.lit(Decimal(10)),
        unit=pl.lit("ccf"),
        meter_size=pl.lit('5/8"'),
    )
    import_volumes(rows=rows, source="file:past", by=None, at=AT)
    text = "meter,read_on,register\nM-1,2026-02-04,155\nM-2,2026-02-04,166\nM-3,2026-02-04,111\n"
    record_reads(file=read_meter_file(text.encode()), on=date(2026, 3, 2), by=None, at=AT)
    return list(ReadException.objects.filter(code="HIGH").order_by("pk"))


class TestExceptions:
    def test_lists_what_waits_beside_what_is_usual(self, held, signed_in):
        page = signed_in(Role.LEAD).get("/reads/exceptions/").content.decode()

        assert "55 in 30 days; 10.0 would be usual (in the last three periods)." in page
        assert "M-2" in page
        assert "M-3" not in page

    def test_asks_the_database_as_often_for_many_as_for_one(self, held, signed_in, django_assert_num_queries):
        client = signed_in(Role.LEAD)
        with CaptureQueriesContext(connection) as many:
            client.get("/reads/exceptions/")
        ReadException.objects.exclude(pk=held[0].pk).update(
            disposition="accept", disposed_by=User.objects.first(), disposed_at=AT, note="Seen"
        )

        with django_assert_num_queries(len(many)):
            client.get("/reads/exceptions/")

    def test_is_a_file_too(self, held, signed_in):
        file = signed_in(Role.LEAD).get("/reads/exceptions/?as=csv")

        assert "HIGH" in file.content.decode()

    def test_lists_one_code(self, held, signed_in):
        assert "M-1" not in signed_in(Role.LEAD).get("/reads/exceptions/?code=ZERO").content.decode()

    def test_is_closed_to_a_cashier(self, signed_in, street):
        assert signed_in(Role.CASHIER).get("/reads/exceptions/").status_code == 403


class TestDecide:
    def decide(self, client, pk, **typed):
        return client.post(f"/reads/exceptions/{pk}/decision/", typed)

    def test_goes_on_to_the_next_read(self, held, signed_in):
        first, second = held

        answer = self.decide(signed_in(Role.LEAD), first.pk, decision="accept", note="Filled a pool")

        assert answer.url == f"/reads/exceptions/{second.pk}/"
        first.refresh_from_db()
        assert (first.disposition, first.disposed_by.username) == ("accept", "lead")

    def test_corrects_with_the_register(self, held, signed_in):
        self.decide(signed_in(Role.LEAD), held[0].pk, decision="correct", register="115", note="The photo says so")

        assert Read.objects.get(installation=held[0].installation, superseded_at=None).register == 115

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"decision": "correct", "note": "The photo says so"}, "Enter what the register shows."),
            ({"decision": "reread", "register": "1", "note": "Again", "read_on": ""}, "day of the second reading"),
            ({"decision": "accept", "note": ""}, "required"),
            ({"decision": "clear_all", "note": "All of them"}, "valid choice"),
            ({"decision": "correct", "register": "9999999", "note": "Wrong"}, "does not fit"),
            ({"decision": "true_up", "note": "Too high before"}, "No estimate lies before"),
        ],
    )
    def test_asks_for_what_is_missing(self, held, signed_in, typed, said):
        page = self.decide(signed_in(Role.LEAD), held[0].pk, **typed)

        assert said in page.content.decode()
        assert ReadException.objects.get(pk=held[0].pk).disposed_at is None

    def test_is_for_those_who_may(self, held, signed_in):
        assert self.decide(signed_in(Role.REPRESENTATIVE), held[0].pk, decision="accept", note="Why").status_code == 403
        shown = signed_in(Role.REPRESENTATIVE).get(f"/reads/exceptions/{held[0].pk}/").content.decode()
        assert "Decide and go on" not in shown
        assert ReadException.objects.get(pk=held[0].pk).disposed_at is None
