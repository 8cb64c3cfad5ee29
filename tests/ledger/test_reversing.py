"""Reversing: what was paid is owed again, row by row, and money that others paid is never lost."""

import pytest

from curbstop.ledger import queries
from curbstop.ledger.models import Allocation, Entry, Posting
from curbstop.ledger.operations import PostingRefused
from tests.ledger.conftest import Books, row_counts

pytestmark = pytest.mark.django_db


def credit_of(books: Books, debtor: int = 0) -> int:
    debtor_id = books.debtors[debtor]
    return queries.unapplied_credit_of([debtor_id])[debtor_id]


class TestReverseEntry:
    def test_restores_exactly_the_allocations_of_a_payment(self, books: Books) -> None:
        water, sewer = books.bill(1_000), books.bill(2_000, service="sewer")
        payment = books.pay((water, 700), (sewer, 1_300))

        reversal = books.reverse(payment)

        assert (books.balance(water), books.balance(sewer)) == (1_000, 2_000)
        forward = Allocation.objects.filter(entry=payment).values_list("pk", "open_item", "amount_cents")
        back = Allocation.objects.filter(entry=reversal).values_list("reverses", "open_item", "amount_cents")
        assert list(back) == list(forward)

    def test_mirrors_every_line(self, books: Books) -> None:
        payment = books.pay((books.bill(1_000), 1_000), credit=50)

        reversal = books.reverse(payment)

        lines = ("line_number", "gl_account", "debtor")
        posted = Posting.objects.filter(entry=payment).values_list(*lines, "debit_cents", "credit_cents")
        mirrored = Posting.objects.filter(entry=reversal).values_list(*lines, "credit_cents", "debit_cents")
        assert list(mirrored.order_by("line_number")) == list(posted.order_by("line_number"))

    def test_cancels_the_items_of_a_bill(self, books: Books) -> None:
        item = books.bill(1_000)

        books.reverse(item.entry)

        assert books.balance(item) == 0
        assert queries.balances_of(books.debtors) == dict.fromkeys(books.debtors, 0)

    def test_turns_payments_on_a_cancelled_bill_into_credit(self, books: Books) -> None:
        item = books.bill(1_000)
        books.pay((item, 400))

        books.reverse(item.entry)

        assert books.balance(item) == 0
        assert credit_of(books) == 400

    def test_takes_the_credit_back_when_that_payment_bounces(self, books: Books) -> None:
        item = books.bill(1_000)
        payment = books.pay((item, 400))
        books.reverse(item.entry)

        books.reverse(payment)

        assert credit_of(books) == 0
        assert queries.balances_of(books.debtors[:1]) == {books.debtors[0]: 0}

    def test_refuses_when_that_credit_was_used_since(self, books: Books) -> None:
        item = books.bill(1_000)
        payment = books.pay((item, 400))
        books.reverse(item.entry)
        books.apply_credit(books.bill(500), 400)
        before = row_counts()

        with pytest.raises(PostingRefused, match="credit"):
            books.reverse(payment)

        assert row_counts() == before

    def test_refuses_a_second_reversal(self, books: Books) -> None:
        entry = books.post(lines=books.cash_lines())
        books.reverse(entry)
        before = row_counts()

        with pytest.raises(PostingRefused, match="reversed before"):
            books.reverse(entry)

        assert row_counts() == before

    def test_refuses_to_reverse_a_reversal(self, books: Books) -> None:
        reversal = books.reverse(books.post(lines=books.cash_lines()))
        before = row_counts()

        with pytest.raises(PostingRefused, match="cannot be reversed"):
            books.reverse(reversal)

        assert row_counts() == before

    def test_refuses_to_reverse_a_release(self, books: Books) -> None:
        item = books.bill(1_000)
        books.pay((item, 400))
        books.reverse(item.entry)
        before = row_counts()

        with pytest.raises(PostingRefused, match="cannot be reversed"):
            books.reverse(Entry.objects.get(kind="release"))

        assert row_counts() == before

    def test_lets_an_applied_credit_be_taken_back(self, books: Books) -> None:
        books.pay(credit=300)
        item = books.bill(1_000)
        applied = books.apply_credit(item, 300)

        books.reverse(applied)

        assert books.balance(item) == 1_000
        assert credit_of(books) == 300


class TestStatementOf:
    def test_shows_every_step_with_its_balance(self, books: Books) -> None:
        item = books.bill(1_000)
        payment = books.pay((item, 400))
        books.reverse(payment)

        rows = queries.statement_of(books.debtors[0])

        assert [(row.kind, row.amount_cents, row.balance_cents) for row in rows] == [
            ("bill", 1_000, 1_000),
            ("payment", -400, 600),
            ("reversal", 400, 1_000),
        ]

    @pytest.mark.parametrize("count", [1, 3])
    def test_takes_one_query_for_any_number_of_rows(
        self, books: Books, django_assert_num_queries: object, count: int
    ) -> None:
        for _ in range(count):
            books.bill(100)

        with django_assert_num_queries(1):  # type: ignore[operator]  # pytest-django gives a plain fixture
            assert len(queries.statement_of(books.debtors[0])) == count
