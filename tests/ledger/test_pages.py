"""The pages of the books: who may open and close the day, and what they are told when they may not."""

from datetime import date

import pytest
from django.urls import reverse

from curbstop.foundation.access.roles import Role
from curbstop.ledger.models import BusinessDay
from curbstop.ledger.operations import close_business_day, open_business_day, open_period
from tests.ledger.conftest import DAY, NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def supervisor(person):
    return person("supervisor", Role.SUPERVISOR)


@pytest.fixture
def month(supervisor):
    return open_period(starts_on=DAY, ends_on=date(2026, 8, 1), by=supervisor, at=NOON)


class TestOpenDay:
    def test_opens_it(self, client, supervisor, month):
        client.force_login(supervisor)

        assert client.post(reverse("treasury:open_day"), {"day": "2026-07-01"}).status_code == 302
        assert BusinessDay.objects.get().day == DAY

    @pytest.mark.parametrize(("day", "told"), [("2026-07-04", "closed on Saturday"), ("2026-07-06", "Friday, July 3")])
    def test_asks_before_a_day_that_nobody_expects(self, client, supervisor, month, day, told):
        day_before = open_business_day(day=date(2026, 7, 2), by=supervisor, at=NOON).day
        close_business_day(day=day_before, by=supervisor, at=NOON)
        client.force_login(supervisor)

        asked = client.post(reverse("treasury:open_day"), {"day": day}).content.decode()
        assert told in asked
        assert "all the same?" in asked
        assert BusinessDay.objects.get().day == day_before

        client.post(reverse("treasury:open_day"), {"day": day, "confirmed": "on"})
        assert BusinessDay.objects.latest("day").day == date.fromisoformat(day)

    def test_offers_the_next_day(self, client, supervisor, month):
        open_business_day(day=date(2026, 7, 3), by=supervisor, at=NOON)
        client.force_login(supervisor)

        assert 'value="2026-07-06"' in client.get(reverse("treasury:open_day")).content.decode()

    @pytest.mark.parametrize(("typed", "told"), [("2030-01-01", "no open fiscal period"), ("soon", "valid date")])
    def test_says_why_not(self, client, supervisor, month, typed, told):
        client.force_login(supervisor)

        assert told in client.post(reverse("treasury:open_day"), {"day": typed}).content.decode()
        assert not BusinessDay.objects.exists()

    def test_is_not_for_everybody(self, client, person, month):
        client.force_login(person("auditor", Role.AUDITOR))

        assert client.post(reverse("treasury:open_day"), {"day": "2026-07-01"}).status_code == 403
        assert not BusinessDay.objects.exists()


class TestCloseDay:
    def test_closes_it_once(self, client, supervisor, month):
        open_business_day(day=DAY, by=supervisor, at=NOON)
        client.force_login(supervisor)

        assert client.post(reverse("treasury:close_day")).status_code == 302
        assert BusinessDay.objects.get().closed_at is not None
        assert "No business day is open" in client.post(reverse("treasury:close_day")).content.decode()


class TestDays:
    @pytest.mark.parametrize("days", [1, 3])
    def test_are_listed_with_the_same_queries(self, client, supervisor, month, days, django_assert_num_queries):
        BusinessDay.objects.bulk_create(
            BusinessDay(day=date(2026, 7, number + 1), opened_at=NOON, opened_by=supervisor, closed_at=NOON)
            for number in range(days)
        )
        client.force_login(supervisor)
        client.get(reverse("ledger:days"))

        with django_assert_num_queries(8):
            page = client.get(reverse("ledger:days")).content.decode()
        assert page.count("July") == days

    def test_show_the_periods_too(self, client, supervisor, month):
        client.force_login(supervisor)

        assert "Jul 1, 2026" in client.get(reverse("ledger:periods")).content.decode()
