"""The same request is done once, however often and from wherever it is sent."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection

from curbstop.foundation.database.transactions import transaction
from curbstop.foundation.idempotency import IdempotentRequest, KeyReused, replayed, request_hash, store_response
from curbstop.foundation.numbering import last_number_of, next_number

PAYMENT = {"cart": 7, "cents": 15208}


def pay(request=PAYMENT, *, client="till 1", key="abc", fails=False):
    """Take a payment the way every operation does: ask first, do, keep the answer."""
    with transaction():
        before = replayed(client=client, key=key, request=request)
        if before is not None:
            return before
        response = {"receipt": next_number("receipts")}
        if fails:
            raise ConnectionError("the printer is on fire")
        store_response(client=client, key=key, response=response)
        return response


class TestReplayed:
    @pytest.mark.django_db
    def test_gives_the_first_answer_again(self):
        assert pay() == pay() == {"receipt": 1}
        assert last_number_of("receipts") == 1

    @pytest.mark.django_db
    def test_refuses_another_request_under_the_same_key(self):
        pay()
        with pytest.raises(KeyReused, match="already sent with other contents"):
            pay({"cart": 7, "cents": 1})
        assert last_number_of("receipts") == 1
        assert IdempotentRequest.objects.count() == 1

    @pytest.mark.django_db
    def test_keeps_the_clients_apart(self):
        assert pay(client="till 1") != pay(client="till 2")

    @pytest.mark.django_db
    def test_does_the_work_again_when_the_first_try_rolled_back(self):
        with pytest.raises(ConnectionError):
            pay(fails=True)
        assert not IdempotentRequest.objects.exists()
        assert pay() == {"receipt": 1}

    @pytest.mark.django_db
    def test_refuses_outside_a_transaction(self):
        with pytest.raises(RuntimeError, match="part of an operation"):
            replayed(client="till 1", key="abc", request=PAYMENT)
        assert not IdempotentRequest.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_does_the_work_once_for_fifty_at_the_same_time(self):
        answers = all_at_once([PAYMENT] * 50)
        assert answers == [{"receipt": 1}] * 50
        assert last_number_of("receipts") == 1

    @pytest.mark.django_db(transaction=True)
    def test_lets_one_of_fifty_different_requests_through(self):
        answers = all_at_once([{"cart": cart, "cents": 1} for cart in range(50)])
        assert sorted(map(str, answers)) == ["refused"] * 49 + ["{'receipt': 1}"]
        assert last_number_of("receipts") == 1


class TestRequestHash:
    def test_does_not_depend_on_the_order_of_fields(self):
        assert request_hash({"a": 1, "b": Decimal("2.50")}) == request_hash({"b": Decimal("2.50"), "a": 1})

    def test_sees_every_difference(self):
        hashes = {request_hash(each) for each in ({"a": 1}, {"a": 2}, {"b": 1}, {"a": "1"}, {"a": [1]}, {})}
        assert len(hashes) == 6
        assert {len(each) for each in hashes} == {32}


def all_at_once(requests):
    """Send every request from a thread of its own and return what each was answered."""

    def send(request):
        try:
            return pay(request)
        except KeyReused:
            return "refused"
        finally:
            connection.close()

    # As many threads as requests, so that they really meet on the key.
    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(send, requests))
