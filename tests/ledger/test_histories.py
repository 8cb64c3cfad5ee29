"""Any history of bills, payments, credits and reversals keeps every promise (P1, P2).

Hypothesis plays histories against the real tables and asks the proofs after each; `make test-long` plays
ten thousand.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db.transaction import Atomic
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from curbstop.ledger import queries
from curbstop.ledger.models import Entry, OpenItem
from curbstop.ledger.operations import PostingRefused
from curbstop.ledger.proofs import PROOFS
from tests.ledger.conftest import Books

pytestmark = pytest.mark.django_db
IS_LONG = os.environ.get("CURBSTOP_LONG") == "1" or os.environ.get("CURBSTOP_LONG_TESTS") == "1"
# Seals need commits; they are proved in test_seals.
CHECKED = [proof for proof in PROOFS if not proof.name.startswith("seals")]
CENTS = st.integers(1, 50_000)


class Histories(RuleBasedStateMachine):
    """Acts on the books as the office does, and keeps a plain model of what each debtor owes."""

    make_books: Callable[[], Books]

    def __init__(self) -> None:
        super().__init__()
        self.block = Atomic(using=None, savepoint=True, durable=False)
        # As pytest-django marks its own: operations may open theirs inside.
        self.block._from_testcase = True  # type: ignore[attr-defined]
        self.block.__enter__()
        self.books = type(self).make_books()
        self.items: list[OpenItem] = []
        self.entries: list[Entry] = []
        self.owed = dict.fromkeys(self.books.debtors, 0)

    def teardown(self) -> None:
        failures = {proof.name: proof.check().failures for proof in CHECKED}
        error = RuntimeError("every history is rolled back")
        self.block.__exit__(RuntimeError, error, None)
        assert not any(failures.values()), failures

    @contextmanager
    def moving(self, debtor_id: int, cents: int) -> Iterator[None]:
        """Expect the balance to move by the cents, or not at all if the ledger refuses."""
        try:
            yield
        except PostingRefused:
            return
        self.owed[debtor_id] += cents

    @rule(cents=CENTS, debtor=st.integers(0, 1), service=st.sampled_from(["water", "sewer"]))
    def bill(self, cents: int, debtor: int, service: str) -> None:
        item = self.books.bill(cents, debtor=debtor, service=service)
        self.items.append(item)
        self.entries.append(item.entry)
        self.owed[item.debtor_id] += cents

    @precondition(lambda self: self.items)
    @rule(data=st.data(), cents=CENTS, credit=st.integers(0, 500))
    def pay(self, data: st.DataObject, cents: int, credit: int) -> None:
        item = data.draw(st.sampled_from(self.items))
        with self.moving(item.debtor_id, -cents - credit):
            self.entries.append(self.books.pay((item, cents), credit=credit))

    @precondition(lambda self: self.items)
    @rule(data=st.data(), cents=st.integers(1, 1_000))
    def apply_credit(self, data: st.DataObject, cents: int) -> None:
        item = data.draw(st.sampled_from(self.items))
        with self.moving(item.debtor_id, 0):
            self.entries.append(self.books.apply_credit(item, cents))

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        entry = data.draw(st.sampled_from(self.entries))
        before = queries.balances_of(self.owed)
        try:
            self.books.reverse(entry)
        except PostingRefused:
            assert queries.balances_of(self.owed) == before, "a refusal moves no money"
            return
        for row in (row for debtor in self.owed for row in self.rows_of(debtor, entry)):
            self.owed[row[0]] -= row[1]

    def rows_of(self, debtor: int, entry: Entry) -> list[tuple[int, int]]:
        return [(debtor, row.amount_cents) for row in queries.statement_of(debtor) if row.entry_id == entry.pk]

    @invariant()
    def balances_follow_the_model(self) -> None:
        assert queries.balances_of(self.owed) == self.owed

    @invariant()
    def open_items_and_credit_make_up_the_balance(self) -> None:
        credit = queries.unapplied_credit_of(self.owed)
        for debtor, cents in self.owed.items():
            assert sum(item.balance_cents for item in queries.open_items_of(debtor)) - credit[debtor] == cents


class TestHistories:
    def test_keep_every_promise(self, db: None, make_books: Callable[[], Books]) -> None:
        Histories.make_books = staticmethod(make_books)  # type: ignore[assignment]
        run_state_machine_as_test(
            Histories,
            settings=settings(
                max_examples=10_000 if IS_LONG else 12,
                stateful_step_count=50 if IS_LONG else 20,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )
