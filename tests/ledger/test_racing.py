"""Two at once: an item is paid once, ids are drawn once, and a period is closed before or after an entry."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

import psycopg
import pytest
from django.db import connection

from curbstop.foundation.database.transactions import transaction
from curbstop.ledger import operations
from curbstop.ledger.operations import PostingRefused
from tests.ledger.conftest import DAY, NOON, Books

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")


def all_at_once(tries: int, attempt: Callable[[], T]) -> list[T | Exception]:
    """Run the attempt in threads that start together, and return what each returned or raised."""
    barrier = Barrier(tries)

    def run(_: int) -> T | Exception:
        try:
            barrier.wait()
            return attempt()
        except Exception as error:  # noqa: BLE001 - the refusal is what is looked at
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(tries) as pool:
        return list(pool.map(run, range(tries)))


class TestPayOneItem:
    def test_lets_one_of_many_payers_through(self, make_books: Callable[[], Books]) -> None:
        books = make_books()
        item = books.bill(1_000)

        results = all_at_once(6, lambda: books.pay((item, 1_000)))

        refused = [result for result in results if isinstance(result, PostingRefused)]
        assert len(refused) == 5
        assert books.balance(item) == 0

    def test_lets_credit_be_used_once(self, make_books: Callable[[], Books]) -> None:
        books = make_books()
        books.pay(credit=100)
        item = books.bill(1_000)

        results = all_at_once(4, lambda: books.apply_credit(item, 100))

        assert sum(isinstance(result, PostingRefused) for result in results) == 3
        assert books.balance(item) == 900

    def test_lets_one_of_two_reverse_a_payment(self, make_books: Callable[[], Books]) -> None:
        books = make_books()
        item = books.bill(1_000)
        payment = books.pay((item, 1_000))

        results = all_at_once(2, lambda: books.reverse(payment))

        assert sum(isinstance(result, PostingRefused) for result in results) == 1
        assert books.balance(item) == 1_000


class TestReserveIds:
    def test_hands_out_blocks_that_never_overlap(self, make_books: Callable[[], Books]) -> None:
        make_books()

        def reserve() -> list[int]:
            taken: list[int] = []
            for size in (1, 7, 1, 30, 2):
                with transaction(), connection.cursor() as cursor:
                    cursor.execute("select first_entry_id from ledger_reserve_entry_ids(%s, 0)", [size])
                    (first,) = cursor.fetchone()
                    taken += range(first, first + size)
            return taken

        results = all_at_once(5, reserve)

        ids = [one for result in results if isinstance(result, list) for one in result]
        assert len(ids) == 5 * 41
        assert len(set(ids)) == len(ids)


class TestClosePeriod:
    def test_waits_for_an_entry_that_is_being_posted(
        self, make_books: Callable[[], Books], connect_as: Callable[[str], psycopg.Connection[tuple[Any, ...]]]
    ) -> None:
        books = make_books()
        closer = connect_as("app_batch")
        closer.execute("set lock_timeout = '200ms'")
        with transaction():
            operations.post_entry(
                kind="test",
                lines=books.cash_lines(),
                source="x:1",
                business_date=DAY,
                actor=books.clerk,
                posted_at=NOON,
            )

            with pytest.raises(psycopg.errors.LockNotAvailable):
                closer.execute("select from ledger_fiscalperiod for update")

    def test_refuses_an_entry_that_waited_for_the_close(
        self, make_books: Callable[[], Books], connect_as: Callable[[str], psycopg.Connection[tuple[Any, ...]]]
    ) -> None:
        books = make_books()
        closer = connect_as("app_batch")
        closer.autocommit = False
        closer.execute("update ledger_fiscalperiod set closed_at = %s, closed_by_id = %s", [NOON, books.clerk.pk])

        def post() -> None:
            try:
                books.post(lines=books.cash_lines())
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(post)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)
            closer.commit()

            with pytest.raises(PostingRefused, match="period"):
                waiting.result(timeout=10)
