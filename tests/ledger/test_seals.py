"""Sealing: what was posted is hashed in blocks, and whoever changes it behind our back is found out."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from curbstop.ledger import queries
from curbstop.ledger.models import Seal
from curbstop.ledger.operations import seal_now
from curbstop.ledger.proofs import PROOFS
from tests.ledger.conftest import DAY, NOON, Books, seal

pytestmark = pytest.mark.django_db(transaction=True)
Connect = Callable[[str], psycopg.Connection[tuple[Any, ...]]]

# What a superuser can do with triggers switched off. `row_hash` follows the values, so each shows.
TAMPERINGS = {
    "memo": "update ledger_entry set memo = 'nothing to see' where kind = 'payment'",
    "date": "update ledger_entry set business_date = business_date + 1",
    "actor": "update ledger_entry set actor_id = actor_id + 1",
    "amount": "update ledger_posting set debit_cents = debit_cents + 1 where debit_cents > 0",
    "account": "update ledger_posting set gl_account_id = gl_account_id + 1 where credit_cents > 0",
    "line deleted": "delete from ledger_posting where line_number = 2",
    "entry deleted": "delete from ledger_entry where kind = 'payment'",
    "item": "update ledger_openitem set due_on = due_on + 30",
    "allocation": "update ledger_allocation set amount_cents = amount_cents - 1",
    "allocation deleted": "delete from ledger_allocation",
    "back-dated insert": "insert into ledger_entry (id, kind, business_date, memo, actor_id, source, posted_at, xact)"
    " select 10000000, kind, business_date, memo, actor_id, source, posted_at, xact from ledger_entry limit 1",
    "seal": "update ledger_seal set hash = sha256('x') where number = 1",
    "seal deleted": "delete from ledger_seal where number = 1",
}


@pytest.fixture
def sealed(make_books: Callable[[], Books]) -> Books:
    books = make_books()
    item = books.bill(1_000)
    seal()
    books.pay((item, 400))
    seal()
    return books


class TestSealNow:
    def test_chains_one_seal_to_the_next(self, sealed: Books) -> None:
        first, second = Seal.objects.order_by("number")

        assert (first.entries, second.entries) == (1, 1)
        assert bytes(second.previous_hash) == bytes(first.hash)
        assert queries.head_hash() == bytes(second.hash).hex()
        assert queries.seal_problems() == ()
        assert queries.oldest_unsealed_at() is None

    def test_makes_no_seal_for_nothing(self, sealed: Books) -> None:
        assert seal() == 0

    def test_waits_for_a_transaction_that_is_still_running(self, sealed: Books, connect_as: Connect) -> None:
        running = connect_as("app_staff")
        running.execute("begin")
        running.execute("select pg_current_xact_id()")
        sealed.post(lines=sealed.cash_lines())

        assert seal_now() == 0
        assert queries.oldest_unsealed_at() is not None

        running.execute("commit")
        assert seal() == 1

    def test_seals_what_follows_a_restore(self, sealed: Books, connect_as: Connect) -> None:
        sealed.post(lines=sealed.cash_lines())
        connect_as("curbstop_owner").execute("select ledger_begin_seal_epoch('restored')")
        sealed.post(lines=sealed.cash_lines())

        assert seal() == 2
        assert queries.oldest_unsealed_at() is None
        assert queries.seal_problems() == ()
        assert list(Seal.objects.order_by("number").values_list("epoch", flat=True)) == [1, 1, 1, 2]

    def test_takes_any_text(self, sealed: Books) -> None:
        sealed.post(lines=sealed.cash_lines(), memo="\\x41 \\ שלום 🚰 | ' \"")

        assert seal() == 1
        assert queries.seal_problems() == ()


class TestVerifySeals:
    @pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS.keys())
    def test_names_the_block_that_was_changed(self, sealed: Books, connect_as: Connect, tampering: str) -> None:
        superuser = connect_as("postgres")
        superuser.execute("set session_replication_role = replica")

        superuser.execute(tampering)

        problems = queries.seal_problems()
        assert problems
        assert all(number in {1, 2} and text for number, text in problems)

    def test_finds_a_rewritten_row_whose_marks_were_kept(self, sealed: Books, connect_as: Connect) -> None:
        superuser = connect_as("postgres")
        superuser.execute("set session_replication_role = replica")
        superuser.execute("create temp table kept as select xact, created_at from ledger_entry where kind = 'payment'")
        superuser.execute("delete from ledger_entry where kind = 'payment'")
        superuser.execute(
            "insert into ledger_entry (id, kind, business_date, memo, actor_id, source, posted_at, xact, created_at)"
            " select 2, 'payment', %s, 'other', %s, 'test.entry:1', %s, xact, created_at from kept",
            [DAY, sealed.clerk.pk, NOON],
        )

        assert [number for number, _ in queries.seal_problems()] == [2]


class TestProofs:
    def test_hold_over_ordinary_work(self, sealed: Books) -> None:
        item = sealed.bill(500, service="sewer")
        payment = sealed.pay((item, 500), credit=70)
        sealed.reverse(item.entry)
        sealed.reverse(payment)
        seal()

        assert {proof.name: proof.check().failures for proof in PROOFS} == {proof.name: [] for proof in PROOFS}

    @pytest.mark.parametrize(
        ("name", "tampering"),
        [
            ("entries-balance", TAMPERINGS["amount"]),
            ("entries-balance", TAMPERINGS["line deleted"]),
            ("sub-ledger", TAMPERINGS["allocation"]),
            ("allocations-equal-payments", TAMPERINGS["allocation deleted"]),
            ("allocations-within-items", "update ledger_allocation set amount_cents = 1001"),
            (
                "unapplied-credit",
                (
                    "update ledger_posting set gl_account_id = (select id from ledger_glaccount"
                    " where role = 'unapplied_credit') where debit_cents > 0"
                ),
            ),
            ("seals-verify", TAMPERINGS["memo"]),
            (
                "seals-current",
                (
                    "insert into ledger_entry (id, kind, business_date, memo, actor_id, source, posted_at, created_at)"
                    " select 77, kind, business_date, memo, actor_id, source, posted_at, created_at - interval '1 hour'"
                    " from ledger_entry limit 1"
                ),
            ),
            (
                "closed-periods",
                (
                    "update ledger_fiscalperiod set closed_at = now(), closed_by_id = (select min(id) from"
                    " foundation_user), closed_epoch = 1, closed_xact = '3'"
                ),
            ),
        ],
    )
    def test_name_what_was_changed(self, sealed: Books, connect_as: Connect, name: str, tampering: str) -> None:
        superuser = connect_as("postgres")
        superuser.execute("set session_replication_role = replica")
        superuser.execute(tampering)

        outcome = next(proof for proof in PROOFS if proof.name == name).check()

        assert not outcome.holds
        assert outcome.failures

    def test_can_be_read_by_the_auditor(self, sealed: Books, connect_as: Connect) -> None:
        assert connect_as("app_auditor").execute("select * from ledger_verify_seals()").fetchall() == []
