"""Posting: what balances and ties is written; everything else is refused and leaves no row."""

from datetime import date

import polars as pl
import pytest
from django.db import connection

from curbstop.foundation.database.transactions import transaction
from curbstop.ledger import operations, queries
from curbstop.ledger.models import Entry, OpenItem, Posting
from curbstop.ledger.operations import EntryBatch, Line, NewAllocation, NewItem, PostingRefused
from tests.ledger.conftest import DAY, NOON, Books

pytestmark = pytest.mark.django_db


class TestPostEntry:
    def test_writes_a_bill_with_its_open_item(self, books: Books) -> None:
        item = books.bill(3_000)

        assert books.balance(item) == 3_000
        assert queries.balances_of(books.debtors) == {books.debtors[0]: 3_000, books.debtors[1]: 0}

    def test_settles_the_item_with_a_payment(self, books: Books) -> None:
        item = books.bill(3_000)

        books.pay((item, 3_000))

        assert books.balance(item) == 0
        assert queries.open_items_of(books.debtors[0]) == ()

    def test_returns_the_entry_as_it_is_stored(self, books: Books) -> None:
        entry = books.post(lines=books.cash_lines(), memo="a \\x41 memo | with “quotes”")

        assert Entry.objects.values().get(pk=entry.pk) == {
            field.attname: getattr(entry, field.attname) for field in Entry._meta.concrete_fields
        }

    def test_needs_a_transaction(self, books: Books) -> None:
        with pytest.raises(RuntimeError):
            operations.post_entry(
                kind="test",
                lines=books.cash_lines(),
                source="x:1",
                business_date=DAY,
                actor=books.clerk,
                posted_at=NOON,
            )

    @pytest.mark.parametrize("day", [date(2026, 6, 30), date(2026, 8, 1)])
    def test_refuses_a_day_without_open_period(self, books: Books, no_row_changes: None, day: date) -> None:
        with pytest.raises(PostingRefused, match="period"):
            books.post(lines=books.cash_lines(), business_date=day)

    def test_refuses_a_closed_period(self, books: Books, no_row_changes: None) -> None:
        operations.close_period(starts_on=DAY, by=books.clerk, at=NOON)

        with pytest.raises(PostingRefused, match="period"):
            books.post(lines=books.cash_lines())

    def test_refuses_lines_that_do_not_balance(self, books: Books, no_row_changes: None) -> None:
        first, _ = books.cash_lines(100)
        _, second = books.cash_lines(99)

        with pytest.raises(PostingRefused, match="balance"):
            books.post(lines=[first, second])

    def test_refuses_an_entry_without_lines(self, books: Books, no_row_changes: None) -> None:
        with pytest.raises(PostingRefused, match="no lines"), transaction(), operations.posting.refusals_named():
            operations.post_entries(_batch(books, lines=[]))
            connection.check_constraints()

    @pytest.mark.parametrize(("debit", "credit"), [(0, 0), (5, 5), (-5, 0), (10**13 + 1, 0)])
    def test_refuses_a_line_without_one_side(self, books: Books, no_row_changes: None, debit: int, credit: int) -> None:
        cash, water = books.accounts["501-000-1010"], books.accounts["501-400-4010"]

        with pytest.raises(PostingRefused):
            books.post(lines=[Line(cash, debit, credit), Line(water, credit, debit)])

    def test_refuses_a_receivable_that_ties_to_no_item(self, books: Books, no_row_changes: None) -> None:
        receivable = books.accounts["501-000-1150"]

        with pytest.raises(PostingRefused, match="differ"):
            books.post(
                lines=[
                    Line.debit(receivable, 100, debtor_id=books.debtors[0]),
                    Line.credit(books.accounts["501-400-4010"], 100),
                ]
            )

    def test_refuses_an_item_that_ties_to_no_receivable(self, books: Books, no_row_changes: None) -> None:
        item = NewItem(books.debtors[0], books.services["water"], DAY, 100, source="x:1", label="x")

        with pytest.raises(PostingRefused, match="differ"):
            books.post(lines=books.cash_lines(), items=[item])

    def test_refuses_a_receivable_of_another_debtor(self, books: Books, no_row_changes: None) -> None:
        item = NewItem(books.debtors[0], books.services["water"], DAY, 100, source="x:1", label="x")

        with pytest.raises(PostingRefused, match="differ"):
            books.post(
                lines=[
                    Line.debit(books.accounts["501-000-1150"], 100, debtor_id=books.debtors[1]),
                    Line.credit(books.accounts["501-400-4010"], 100),
                ],
                items=[item],
            )

    def test_refuses_to_pay_more_than_is_owed(self, books: Books) -> None:
        item = books.bill(1_000)
        books.pay((item, 600))

        with pytest.raises(PostingRefused, match="does not owe"):
            books.pay((item, 500))

        assert books.balance(item) == 400

    def test_names_an_unknown_account(self, books: Books, no_row_changes: None) -> None:
        with pytest.raises(Exception, match="ledger_glaccount"):
            books.post(lines=[Line.debit(10**9, 1), Line.credit(10**9, 1)])


class TestPostEntries:
    def test_writes_a_batch_with_contiguous_ids(self, books: Books) -> None:
        with transaction():
            ids = operations.post_entries(_bills(books, count=3))

        assert list(Entry.objects.values_list("pk", flat=True)) == [ids.first_entry_id + n for n in range(3)]
        assert list(OpenItem.objects.order_by("pk").values_list("pk", "entry")) == [
            (ids.first_item_id + n, ids.first_entry_id + n) for n in range(3)
        ]
        assert Posting.objects.count() == 6

    def test_refuses_the_whole_batch_for_one_bad_entry(self, books: Books, no_row_changes: None) -> None:
        batch = _bills(books, count=3)
        wrong = batch.postings.with_columns(
            pl.when(pl.int_range(pl.len()) == 3).then(1).otherwise("credit_cents").alias("credit_cents")
        )

        with pytest.raises(PostingRefused, match="balance"), transaction():
            operations.post_entries(EntryBatch(entries=batch.entries, postings=wrong, items=batch.items))

    def test_takes_the_same_number_of_queries_for_one_and_many(
        self, books: Books, django_assert_num_queries: object
    ) -> None:
        for count in (1, 3):
            with transaction(), django_assert_num_queries(1):  # type: ignore[operator]  # COPY is not counted
                operations.post_entries(_bills(books, count=count))


class TestApplyCredit:
    def test_moves_an_overpayment_to_the_next_bill(self, books: Books) -> None:
        first = books.bill(1_000)
        books.pay((first, 1_000), credit=250)
        second = books.bill(2_000)

        books.apply_credit(second, 250)

        assert books.balance(second) == 1_750
        assert queries.unapplied_credit_of(books.debtors[:1]) == {books.debtors[0]: 0}

    def test_refuses_more_credit_than_there_is(self, books: Books) -> None:
        first = books.bill(1_000)
        books.pay((first, 1_000), credit=250)
        second = books.bill(2_000)

        with pytest.raises(PostingRefused, match="credit"):
            books.apply_credit(second, 251)

        assert books.balance(second) == 2_000

    def test_refuses_items_of_two_debtors(self, books: Books) -> None:
        mine, theirs = books.bill(100), books.bill(100, debtor=1)

        with pytest.raises(PostingRefused, match="debtor"), transaction():
            operations.apply_credit(
                allocations=[NewAllocation(mine.pk, 1), NewAllocation(theirs.pk, 1)],
                source="x:1",
                business_date=DAY,
                actor=books.clerk,
                posted_at=NOON,
            )


def _batch(books: Books, *, lines: list[Line]) -> EntryBatch:
    return EntryBatch(
        entries=pl.DataFrame(
            {
                "kind": ["test"],
                "business_date": [DAY],
                "actor_id": [books.clerk.pk],
                "source": ["x:1"],
                "posted_at": [NOON],
            }
        ),
        postings=pl.DataFrame(
            [
                {
                    "entry_index": 0,
                    "gl_account_id": line.gl_account_id,
                    "debit_cents": line.debit_cents,
                    "credit_cents": line.credit_cents,
                }
                for line in lines
            ],
            schema={
                "entry_index": pl.Int64,
                "gl_account_id": pl.Int64,
                "debit_cents": pl.Int64,
                "credit_cents": pl.Int64,
            },
        ),
    )


def _bills(books: Books, *, count: int) -> EntryBatch:
    index = pl.DataFrame({"entry_index": range(count)})
    debtor = pl.lit(books.debtors[0]).alias("debtor_id")
    receivable = index.with_columns(
        gl_account_id=pl.lit(books.accounts["501-000-1150"]), debtor_id=debtor, debit_cents=500, credit_cents=0
    )
    revenue = index.with_columns(
        gl_account_id=pl.lit(books.accounts["501-400-4010"]),
        debtor_id=pl.lit(None, dtype=pl.Int32),
        debit_cents=0,
        credit_cents=500,
    )
    return EntryBatch(
        entries=index.select(
            kind=pl.lit("bill"),
            business_date=pl.lit(DAY),
            actor_id=pl.lit(books.clerk.pk),
            source=pl.format("test.bill:{}", "entry_index"),
            posted_at=pl.lit(NOON),
        ),
        postings=pl.concat([receivable, revenue]),
        items=index.with_columns(
            debtor,
            service_id=pl.lit(books.services["water"]),
            due_on=pl.lit(DAY),
            amount_cents=500,
            source=pl.lit("x"),
            label=pl.lit("Water"),
        ),
    )
