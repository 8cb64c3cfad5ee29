"""Numbers: no gap and no double, whoever rolls back and however many ask at once."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from curbstop.foundation.database.transactions import transaction
from curbstop.foundation.numbering import NumberSeries, last_number_of, next_number, reserve_numbers


class CustomerWalkedAway(Exception):
    """The payment was not taken."""


@transaction
def take_number(*, is_walking_away):
    number = next_number("till 1")
    if is_walking_away:
        raise CustomerWalkedAway
    return number


class TestNextNumber:
    @pytest.mark.django_db
    def test_counts_each_series_from_one(self):
        with transaction():
            assert [next_number("till 1"), next_number("till 1"), next_number("till 2")] == [1, 2, 1]
        assert last_number_of("till 1") == 2
        assert last_number_of("till 3") == 0

    @pytest.mark.django_db
    def test_refuses_outside_a_transaction(self):
        with pytest.raises(RuntimeError, match="part of an operation"):
            next_number("till 1")
        assert not NumberSeries.objects.exists()

    @pytest.mark.django_db
    def test_gives_a_number_again_when_its_transaction_rolled_back(self):
        with pytest.raises(CustomerWalkedAway), transaction():
            assert next_number("till 1") == 1
            raise CustomerWalkedAway
        with transaction():
            assert next_number("till 1") == 1

    @pytest.mark.django_db(transaction=True)
    def test_leaves_no_gap_when_many_ask_and_some_roll_back(self):
        seed = random.randrange(10**6)
        chance = random.Random(seed)
        walks_away = [chance.random() < 0.3 for _ in range(200)]

        def receipt(is_walking_away):
            try:
                return take_number(is_walking_away=is_walking_away)
            except CustomerWalkedAway:
                return None
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            numbers = [number for number in pool.map(receipt, walks_away) if number]
        assert sorted(numbers) == list(range(1, walks_away.count(False) + 1)), f"seed {seed}"


class TestReserveNumbers:
    @pytest.mark.django_db
    def test_takes_a_block_and_goes_on_after_it(self):
        with transaction():
            assert reserve_numbers("bills", 500) == 1
            assert next_number("bills") == 501
            assert reserve_numbers("bills", 2) == 502

    @pytest.mark.django_db
    def test_refuses_an_empty_block(self):
        with pytest.raises(AssertionError), transaction():
            reserve_numbers("bills", 0)
        assert last_number_of("bills") == 0
