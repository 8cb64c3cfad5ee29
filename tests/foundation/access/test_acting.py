"""Who acts: told to the database in each transaction, and forgotten with it."""

import pytest
from django.db import connection
from django.http import HttpResponse

from curbstop.foundation.access.acting import Acting, ActingMiddleware, acting, current_acting
from curbstop.foundation.database.transactions import transaction


def told():
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('curbstop.actor', true), current_setting('curbstop.request_id', true)")
        return tuple(value or "" for value in cursor.fetchone())


class TestActing:
    def test_ends_with_its_block(self):
        with acting(actor_id=7, request_id="abc"):
            assert current_acting() == Acting(7, "abc")
        assert current_acting() == Acting()

    @pytest.mark.django_db(transaction=True)
    def test_is_told_to_the_database_and_forgotten_by_the_pooled_connection(self):
        with acting(actor_id=7, request_id="abc"), transaction():
            assert told() == ("7", "abc")
        assert told() == ("", "")
        with transaction():
            assert told() == ("", "")


class TestActingMiddleware:
    @pytest.mark.django_db
    def test_acts_for_the_signed_in_person(self, rf, person):
        seen = []
        request = rf.get("/")
        request.user = person("cashier")
        ActingMiddleware(lambda _: seen.append(current_acting()) or HttpResponse())(request)
        assert seen[0].actor_id == request.user.pk
        assert seen[0].request_id
        assert current_acting() == Acting()
