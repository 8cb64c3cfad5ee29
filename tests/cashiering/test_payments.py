"""Taking payments: into an open drawer, once, in the city's order, and voided by a second person."""

from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection

from curbstop.cashiering.domain.tenders import Confirmed, TenderedAmount, TenderKind
from curbstop.cashiering.models import Cart, Receipt, Tender, Void
from curbstop.cashiering.operations import (
    CartRefused,
    ConfirmationWanted,
    PaymentRefused,
    fill_cart,
    open_cart,
    take_payment,
)
from curbstop.foundation.access.roles import Role
from curbstop.foundation.idempotency import IdempotentRequest
from curbstop.foundation.numbering import last_number_of
from curbstop.ledger.models import Allocation, Entry
from curbstop.ledger.queries import balances_of, balances_of_items, unapplied_credit_of
from tests.cashiering.conftest import AT, money_rows, set_rule

CASH = TenderedAmount(TenderKind.CASH, 5_000)
REASON = "Entered on the wrong account"


def rows():
    return {model: model.objects.count() for model in (Receipt, Tender, Void, Entry, Allocation, IdempotentRequest)}


class TestOpenCart:
    def test_refuses_more_than_is_owed(self, owe, cart_of):
        items = owe(water=3_000)

        with pytest.raises(CartRefused, match="More than is owed"):
            cart_of({items["water"]: 3_001})

        assert not Cart.objects.exists()

    def test_opens_one_cart_for_a_double_click(self, owe, cart_of):
        items, key = owe(water=3_000), uuid4()

        first, second = (cart_of({items["water"]: 3_000}, key=key) for _ in range(2))

        assert first == second
        assert first.items.count() == 1

    def test_refuses_to_change_a_paid_cart(self, owe, cart_of, drawer, cashier):
        items = owe(water=3_000)
        cart = cart_of({items["water"]: 3_000})
        take_payment(cart=cart, tenders=[CASH], cashier=cashier, at=AT)

        with pytest.raises(CartRefused, match="already paid"):
            fill_cart(cart=cart, amounts={items["water"]: 1})


class TestTakePayment:
    def test_settles_the_items_and_numbers_the_receipt(self, owe, cart_of, drawer, cashier, debtor):
        items = owe(water=3_000, sewer=1_500)

        receipt = take_payment(
            cart=cart_of({items["water"]: 3_000, items["sewer"]: 1_500}), tenders=[CASH], cashier=cashier, at=AT
        )

        assert (receipt.number, receipt.total_cents, receipt.change_cents) == (1, 4_500, 500)
        assert balances_of([debtor]) == {debtor: 0}
        assert [tender.amount_cents for tender in receipt.tenders.all()] == [4_500]

    def test_pays_part_in_the_order_of_the_city(self, owe, cart_of, drawer, cashier):
        items = owe(water=3_000, sewer=1_500)
        tenders = [replace(CASH, tendered_cents=2_000)]

        take_payment(
            cart=cart_of({items["water"]: 3_000, items["sewer"]: 1_500}), tenders=tenders, cashier=cashier, at=AT
        )

        assert balances_of_items(items.values()) == {items["sewer"]: 0, items["water"]: 2_500}

    def test_keeps_what_is_too_much_as_credit(self, owe, cart_of, drawer, cashier, debtor):
        items = owe(water=3_000)
        check = TenderedAmount(TenderKind.CHECK, 4_000, "1001")

        cart, before = cart_of({items["water"]: 3_000}), money_rows()
        with pytest.raises(ConfirmationWanted, match=r"\$10.00 more than is due"):
            take_payment(cart=cart, tenders=[check], cashier=cashier, at=AT)
        assert money_rows() == before

        confirmed = Confirmed(credit_stays=True)
        receipt = take_payment(cart=cart, tenders=[check], cashier=cashier, at=AT, confirmed=confirmed)

        assert receipt.credit_cents == 1_000
        assert unapplied_credit_of([debtor]) == {debtor: 1_000}

    def test_rounds_cash_where_the_city_has_no_pennies(self, city, owe, cart_of, drawer, cashier, debtor):
        set_rule("cash.nearest_cents", "cents", 5, maker=city["manager"], checker=city["supervisor"])
        items = owe(water=3_043)

        receipt = take_payment(cart=cart_of({items["water"]: 3_043}), tenders=[CASH], cashier=cashier, at=AT)

        assert (receipt.total_cents, receipt.rounding_cents, receipt.change_cents) == (3_045, 2, 1_955)
        assert balances_of([debtor]) == {debtor: 0}

    def test_pays_for_two_accounts_at_once(self, owe, cart_of, drawer, cashier, debtor):
        from curbstop.foundation.database.transactions import transaction
        from curbstop.ledger.operations import new_debtors

        with transaction():
            (other,) = new_debtors(["Neighbor"])
        mine, theirs = owe(water=1_000), owe(water=2_000, to=other)

        take_payment(
            cart=cart_of({mine["water"]: 1_000, theirs["water"]: 2_000}), tenders=[CASH], cashier=cashier, at=AT
        )

        assert balances_of([debtor, other]) == {debtor: 0, other: 0}

    def test_returns_the_same_receipt_for_a_double_click(self, owe, cart_of, drawer, cashier):
        items = owe(water=3_000)
        cart = cart_of({items["water"]: 3_000})

        first = take_payment(cart=cart, tenders=[CASH], cashier=cashier, at=AT)
        before = rows()
        second = take_payment(cart=cart, tenders=[CASH], cashier=cashier, at=AT)

        assert first == second
        assert rows() == before

    def test_refuses_the_same_cart_with_other_amounts(self, owe, cart_of, drawer, cashier):
        items = owe(water=3_000)
        cart = cart_of({items["water"]: 3_000})
        take_payment(cart=cart, tenders=[CASH], cashier=cashier, at=AT)
        before = rows()

        with pytest.raises(PaymentRefused, match="already taken with other amounts"):
            take_payment(cart=cart, tenders=[replace(CASH, tendered_cents=6_000)], cashier=cashier, at=AT)

        assert rows() == before

    def test_refuses_without_an_open_drawer(self, owe, cart_of, cashier):
        items = owe(water=3_000)
        cart, before = cart_of({items["water"]: 3_000}), rows()

        with pytest.raises(PaymentRefused, match="Open your drawer"):
            take_payment(cart=cart, tenders=[CASH], cashier=cashier, at=AT)

        assert rows() == before

    def test_refuses_an_item_that_was_paid_meanwhile(self, owe, cart_of, drawer, cashier, till):
        items = owe(water=3_000)
        first, second = cart_of({items["water"]: 3_000}), cart_of({items["water"]: 3_000})
        take_payment(cart=first, tenders=[CASH], cashier=cashier, at=AT)
        before = rows()

        with pytest.raises(PaymentRefused, match="paid or changed meanwhile"):
            take_payment(cart=second, tenders=[CASH], cashier=cashier, at=AT)

        assert rows() == before
        assert last_number_of(till.number_series) == 1

    def test_refuses_a_tender_that_the_city_does_not_take(self, city, owe, cart_of, drawer, cashier):
        set_rule("payment.tenders", "choices", ["cash"], maker=city["manager"], checker=city["supervisor"])
        items = owe(water=3_000)
        cart, before = cart_of({items["water"]: 3_000}), rows()

        with pytest.raises(PaymentRefused, match="takes cash, not card"):
            take_payment(cart=cart, tenders=[TenderedAmount(TenderKind.CARD, 3_000, "A1")], cashier=cashier, at=AT)

        assert rows() == before

    def test_refuses_an_empty_cart(self, owe, cart_of, drawer, cashier):
        cart, before = cart_of({}), rows()

        with pytest.raises(PaymentRefused, match="empty"):
            take_payment(cart=cart, tenders=[CASH], cashier=cashier, at=AT)

        assert rows() == before

    def test_refuses_in_a_closed_period(self, city, owe, cart_of, drawer, cashier):
        from curbstop.ledger.models import FiscalPeriod

        items = owe(water=3_000)
        cart = cart_of({items["water"]: 3_000})
        # The office closes drawers, day and period in this order; the books must hold even if it did not.
        FiscalPeriod.objects.update(closed_at=AT, closed_by=city["manager"])
        before = rows()

        with pytest.raises(PaymentRefused, match="fiscal period"):
            take_payment(cart=cart, tenders=[CASH], cashier=cashier, at=AT)

        assert rows() == before


class TestTheDatabase:
    @pytest.mark.parametrize(
        "table", ["receipt", "tender", "void", "drawercount", "denominationcount", "importedpayment"]
    )
    @pytest.mark.parametrize("statement", ["update cashiering_{} set id = id", "delete from cashiering_{}"])
    def test_keeps_written_rows_even_from_their_owner(self, connect_as, table, statement):
        with pytest.raises(Exception, match="refused") as refusal:
            connect_as("curbstop_owner").execute(statement.format(table))

        assert refusal.value.diag.constraint_name == f"cashiering_{table}_append_only"

    def test_refuses_a_receipt_whose_tenders_differ(self, owe, cart_of, drawer, cashier):
        items = owe(water=3_000)
        receipt = take_payment(cart=cart_of({items["water"]: 3_000}), tenders=[CASH], cashier=cashier, at=AT)

        with pytest.raises(IntegrityError, match="more tenders"), connection.cursor() as cursor:
            cursor.execute(
                "insert into cashiering_tender (receipt_id, line_number, kind, amount_cents, tendered_cents, reference)"
                " values (%s, 2, 'cash', 1, 1, '')",
                [receipt.pk],
            )


def test_a_cart_belongs_to_its_cashier(owe, person, cashier):
    from curbstop.cashiering.queries import carts_visible_to

    items, other = owe(water=3_000), person("cashier2", Role.CASHIER)
    cart = open_cart(key=uuid4(), cashier=cashier, amounts={items["water"]: 3_000}, at=AT)

    assert list(carts_visible_to(cashier)) == [cart]
    assert not carts_visible_to(other).exists()
