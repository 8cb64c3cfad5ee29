"""Holds on open items: within what is owed, one of a kind, released once by somebody."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from curbstop.foundation.database.transactions import transaction
from curbstop.ledger import operations, proofs, queries
from curbstop.ledger.models import ItemHold, OpenItem
from curbstop.ledger.operations import HoldRefused
from tests.ledger.conftest import NOON, Books
from tests.refusals import refusing

REASON = "The customer says that the meter was misread"
LATER = NOON + timedelta(hours=1)


def hold(books: Books, item: OpenItem, cents: int | None = None, **parts: Any) -> ItemHold:
    usual = {"kind": "dispute", "reason": REASON, "by": books.clerk, "at": NOON}
    with transaction():
        return operations.place_hold(open_item_id=item.pk, amount_cents=cents, **(usual | parts))


def release(books: Books, placed: ItemHold) -> None:
    with transaction():
        operations.release_hold(hold=placed, by=books.clerk, at=LATER)


class TestPlaceHold:
    def test_holds_some_cents_of_an_item(self, books: Books) -> None:
        item, other = books.bill(10_000), books.bill(500)
        hold(books, item, 4_000)
        assert queries.held_on([item.pk, other.pk]) == {item.pk: 4_000}
        assert queries.holds_frame([item.pk]).rows() == [(item.pk, "dispute", 4_000, REASON)]

    def test_without_an_amount_holds_whatever_is_owed(self, books: Books) -> None:
        item = books.bill(10_000)
        hold(books, item)
        books.pay((item, 2_500))
        assert queries.held_on([item.pk]) == {item.pk: 7_500}

    def test_never_holds_more_than_is_owed_any_more(self, books: Books) -> None:
        item = books.bill(10_000)
        hold(books, item, 4_000)
        hold(books, item, 3_000, kind="adjustment")
        assert queries.held_on([item.pk]) == {item.pk: 7_000}
        books.pay((item, 8_000))
        assert queries.held_on([item.pk]) == {item.pk: 2_000}

    @pytest.mark.parametrize("cents", [10_001, 0, -1])
    def test_refuses_more_than_the_item_owes(self, books: Books, cents: int) -> None:
        item = books.bill(10_000)
        with pytest.raises(HoldRefused, match="No more can be held"):
            hold(books, item, cents)
        assert not ItemHold.objects.exists()

    def test_refuses_an_item_that_is_paid(self, books: Books) -> None:
        item = books.bill(10_000)
        books.pay((item, 10_000))
        with pytest.raises(HoldRefused, match="No more can be held"):
            hold(books, item)

    def test_refuses_a_second_hold_of_one_kind(self, books: Books) -> None:
        item = books.bill(10_000)
        first = hold(books, item, 4_000)
        with pytest.raises(HoldRefused, match="of this kind already"):
            hold(books, item, 1_000)
        release(books, first)
        hold(books, item, 1_000)
        assert queries.held_on([item.pk]) == {item.pk: 1_000}

    def test_refuses_a_reason_of_no_words(self, books: Books) -> None:
        item = books.bill(10_000)
        with pytest.raises(HoldRefused, match="at least 10 letters"):
            hold(books, item, reason="because")

    def test_is_part_of_an_operation(self, books: Books) -> None:
        item = books.bill(10_000)
        with pytest.raises(RuntimeError, match="part of an operation"):
            operations.place_hold(open_item_id=item.pk, kind="plan", reason=REASON, by=books.clerk, at=NOON)


class TestReleaseHold:
    def test_frees_the_cents_and_says_who(self, books: Books) -> None:
        item = books.bill(10_000)
        placed = hold(books, item)
        assert list(queries.live_holds_of(item.debtor_id)) == [placed]
        release(books, placed)
        assert queries.held_on([item.pk]) == {}
        placed.refresh_from_db()
        assert (placed.released_by, placed.released_at) == (books.clerk, LATER)
        assert not queries.live_holds_of(item.debtor_id).exists()

    def test_refuses_a_second_release(self, books: Books) -> None:
        placed = hold(books, books.bill(10_000))
        release(books, placed)
        with pytest.raises(HoldRefused, match="released before"):
            release(books, placed)


@pytest.mark.django_db(transaction=True)
class TestTheDatabase:
    INSERT = (
        "insert into ledger_itemhold (open_item_id, kind, amount_cents, reason, placed_by_id, placed_at,"
        " released_by_id, released_at) values (%s, %s, %s, %s, %s, now(), %s, now() + make_interval(secs => %s))"
    )

    @pytest.mark.parametrize(
        ("values", "constraint"),
        [
            ({"cents": 10_001}, "item_hold_within_balance"),
            ({"cents": -5}, "item_hold_amount_above_zero"),
            ({"kind": "whim"}, "item_hold_kind_known"),
            ({"reason": "          "}, "item_hold_has_a_reason"),
            ({"item": 999_999_999}, "item_hold_within_balance"),
            ({"released_in": 1}, "item_hold_begins_live"),
        ],
    )
    def test_refuses_what_goes_round_the_operation(self, books: Books, values: dict[str, Any], constraint: str) -> None:
        item = books.bill(10_000)
        given = {"item": item.pk, "kind": "plan", "cents": 100, "reason": REASON, "released_in": None} | values
        released_by = books.clerk.pk if given["released_in"] else None
        refusal = refusing(
            self.INSERT,
            *(given["item"], given["kind"], given["cents"], given["reason"], books.clerk.pk),
            *(released_by, given["released_in"]),
        )
        assert refusal in {constraint, "ledger_itemhold_open_item_id_exists" if "item" in values else constraint}
        assert not ItemHold.objects.exists()

    def test_keeps_a_hold_as_it_was_placed(self, books: Books, connect_as: Callable[[str], Any]) -> None:
        placed = hold(books, books.bill(10_000), 100)
        owner = connect_as("curbstop_owner")
        for statement in (
            "update ledger_itemhold set amount_cents = 1",
            "delete from ledger_itemhold",
            "update ledger_itemhold set released_at = now()",  # by nobody
        ):
            with pytest.raises(Exception, match=r"rows are written once|item_hold_released_by_someone"):
                owner.execute(statement)
        release(books, placed)
        with pytest.raises(Exception, match="set once"):
            owner.execute("update ledger_itemhold set released_at = null, released_by_id = null")


class TestProof:
    @pytest.mark.django_db(transaction=True)
    def test_finds_a_hold_above_its_item(self, books: Books, connect_as: Callable[[str], Any]) -> None:
        item = books.bill(10_000)
        hold(books, item, 10_000)
        proof = next(each for each in proofs.PROOFS if each.name == "holds-within-items")
        assert proof.check().holds
        root = connect_as("postgres")
        root.execute("set session_replication_role = replica")
        root.execute("update ledger_itemhold set amount_cents = 10001")
        (failure,) = proof.check().failures
        assert failure.endswith(f"10001 cents of open item {item.pk}, which was 10000")
