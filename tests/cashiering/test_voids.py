"""A void takes two: one person asks, another approves or turns it down, and the money goes back exactly."""

import pytest
from django.urls import reverse

from curbstop.cashiering.domain.tenders import TenderedAmount, TenderKind
from curbstop.cashiering.models import Void, VoidRequest
from curbstop.cashiering.operations import (
    VoidRefused,
    close_drawer,
    count_drawer,
    open_drawer,
    request_void,
    take_payment,
    turn_down_void,
    void_receipt,
)
from curbstop.cashiering.proofs import PROOFS
from curbstop.foundation.access.roles import Role
from curbstop.foundation.audit.models import AuditEvent
from curbstop.ledger.queries import balances_of
from tests.cashiering.conftest import AT, money_rows

pytestmark = pytest.mark.django_db

CASH = (TenderedAmount(TenderKind.CASH, 3_000),)
REASON = "Paid the wrong account"


@pytest.fixture
def receipt(owe, cart_of, drawer, cashier):
    return take_payment(cart=cart_of({owe(water=3_000)["water"]: 3_000}), tenders=CASH, cashier=cashier, at=AT)


@pytest.fixture
def asked(receipt, cashier):
    return request_void(receipt=receipt, requested_by=cashier, reason=REASON, at=AT)


@pytest.fixture
def close(drawer, cashier):
    def closed():
        count_drawer(drawer=drawer, pieces={100: 230}, check_cents=0, counted_by=cashier, at=AT)
        close_drawer(drawer=drawer, by=cashier, at=AT)

    return closed


class TestRequestVoid:
    def test_leaves_the_money_where_it_is(self, asked, debtor, cashier):
        assert balances_of([debtor]).get(debtor, 0) == 0
        assert AuditEvent.objects.filter(event="cashiering.void.requested", actor=cashier).count() == 1

    @pytest.mark.parametrize(
        ("reason", "why"),
        [("oops", "10 letters"), (" " * 20, "10 letters"), ("Card 4111 1111 1111 1111 was wrong", "never stored")],
    )
    def test_refuses_a_short_reason_and_a_card_number(self, receipt, cashier, reason, why):
        before = money_rows()

        with pytest.raises(VoidRefused, match=why) as refusal:
            request_void(receipt=receipt, requested_by=cashier, reason=reason, at=AT)

        assert "1111" not in str(refusal.value)
        assert money_rows() == before

    def test_refuses_a_second_request_while_one_waits(self, asked, receipt, city):
        before = money_rows()

        with pytest.raises(VoidRefused, match="waits for a second person"):
            request_void(receipt=receipt, requested_by=city["supervisor"], reason=REASON, at=AT)

        assert money_rows() == before

    def test_refuses_after_the_void_and_after_the_close(self, asked, receipt, cashier, city, drawer):
        void_receipt(request=asked, approved_by=city["supervisor"], at=AT)
        before = money_rows()
        with pytest.raises(VoidRefused, match="void already"):
            request_void(receipt=receipt, requested_by=cashier, reason=REASON, at=AT)
        assert money_rows() == before

        count_drawer(drawer=drawer, pieces={100: 200}, check_cents=0, counted_by=cashier, at=AT)
        close_drawer(drawer=drawer, by=cashier, at=AT)
        before = money_rows()
        with pytest.raises(VoidRefused, match="is closed"):
            request_void(receipt=receipt, requested_by=cashier, reason=REASON, at=AT)
        assert money_rows() == before


class TestVoidReceipt:
    def test_owes_again_what_was_paid(self, asked, cashier, city, debtor):
        void = void_receipt(request=asked, approved_by=city["supervisor"], at=AT)

        assert (void.requested_by, void.approved_by, void.reason) == (cashier, city["supervisor"], REASON)
        assert balances_of([debtor]) == {debtor: 3_000}
        assert all(proof.check().holds for proof in PROOFS)

    def test_refuses_the_cashier_and_whoever_asked(self, receipt, cashier, city):
        asked = request_void(receipt=receipt, requested_by=city["manager"], reason=REASON, at=AT)
        before = money_rows()

        for approver in (cashier, city["manager"]):
            with pytest.raises(VoidRefused, match="must approve"):
                void_receipt(request=asked, approved_by=approver, at=AT)

        assert money_rows() == before

    def test_refuses_a_second_void(self, asked, city):
        void_receipt(request=asked, approved_by=city["supervisor"], at=AT)
        before = money_rows()

        with pytest.raises(VoidRefused, match="already"):
            void_receipt(request=asked, approved_by=city["supervisor"], at=AT)

        assert money_rows() == before

    def test_refuses_after_the_drawer_is_closed(self, asked, close, city):
        close()
        before = money_rows()

        with pytest.raises(VoidRefused, match="is closed"):
            void_receipt(request=asked, approved_by=city["supervisor"], at=AT)

        assert money_rows() == before


class TestTurnDownVoid:
    def test_lets_the_receipt_stand_until_it_is_asked_for_again(self, asked, receipt, cashier, city):
        turn_down_void(request=asked, by=city["supervisor"], at=AT)
        before = money_rows()

        with pytest.raises(VoidRefused, match="turned down"):
            void_receipt(request=asked, approved_by=city["supervisor"], at=AT)
        with pytest.raises(VoidRefused, match="turned down"):
            turn_down_void(request=asked, by=city["manager"], at=AT)
        assert money_rows() == before

        again = request_void(receipt=receipt, requested_by=cashier, reason=REASON, at=AT)
        void_receipt(request=again, approved_by=city["supervisor"], at=AT)
        assert Void.objects.count() == 1

    def test_refuses_after_the_void(self, asked, city):
        void_receipt(request=asked, approved_by=city["supervisor"], at=AT)
        before = money_rows()

        with pytest.raises(VoidRefused, match="void already"):
            turn_down_void(request=asked, by=city["supervisor"], at=AT)

        assert money_rows() == before


class TestPages:
    def test_lead_from_the_cashier_to_the_supervisor(self, receipt, city, signed_in, cashier):
        ask = reverse("cashiering:request_void", args=[receipt.pk])
        page = signed_in(cashier).post(ask, {"reason": REASON}, follow=True).content.decode()
        assert "waits for a second person" in page
        assert VoidRequest.objects.get().requested_by == cashier

        boss = signed_in(city["supervisor"])
        assert REASON in boss.get(reverse("cashiering:void_requests")).content.decode()
        decide = reverse("cashiering:void_receipt", args=[receipt.pk])
        assert REASON in boss.get(decide).content.decode()
        page = boss.post(decide, follow=True).content.decode()
        assert "VOID" in page
        assert str(receipt) in page
        assert "Nothing waits" in boss.get(reverse("cashiering:void_requests")).content.decode()

    def test_void_once_whoever_clicks_twice(self, asked, receipt, city, signed_in):
        boss, decide = signed_in(city["supervisor"]), reverse("cashiering:void_receipt", args=[receipt.pk])
        boss.post(decide)

        assert "VOID" in boss.post(decide, follow=True).content.decode()
        refusal = boss.post(reverse("cashiering:turn_down_void", args=[receipt.pk]), follow=True)
        assert "VOID" in refusal.content.decode()
        assert Void.objects.count() == 1

    def test_turn_down(self, asked, receipt, city, signed_in):
        boss = signed_in(city["supervisor"])
        page = boss.post(reverse("cashiering:turn_down_void", args=[receipt.pk]), follow=True).content.decode()

        assert "Ask for void" in page
        assert VoidRequest.objects.get().turned_down_by == city["supervisor"]
        assert Void.objects.count() == 0

    def test_let_nobody_approve_who_only_asks(self, asked, receipt, signed_in, cashier, person):
        for who in (cashier, person("rep", Role.REPRESENTATIVE)):
            for name in ("void_receipt", "turn_down_void"):
                answer = signed_in(who).post(reverse(f"cashiering:{name}", args=[receipt.pk]))
                assert answer.status_code == 403
        assert Void.objects.count() == 0

    @pytest.mark.parametrize("reason", ["", "short", "x" * 501, " " * 20, "Card 4111 1111 1111 1111 was wrong"])
    def test_want_a_reason_without_a_card_number(self, receipt, signed_in, cashier, reason):
        before = money_rows()

        answer = signed_in(cashier).post(reverse("cashiering:request_void", args=[receipt.pk]), {"reason": reason})

        assert answer.status_code == 200
        assert "4111" not in answer.content.decode()
        assert money_rows() == before

    def test_refuse_after_the_close(self, asked, receipt, close, city, signed_in):
        close()

        answer = signed_in(city["supervisor"]).post(reverse("cashiering:void_receipt", args=[receipt.pk]))

        assert "is closed" in answer.content.decode()
        assert Void.objects.count() == 0

    def test_refuse_the_supervisor_who_took_the_money(self, till, owe, cart_of, city, signed_in, account):
        boss = city["supervisor"]
        open_drawer(till=till, cashier=boss, float_cents=0, at=AT)
        cart = cart_of({owe(water=3_000)["water"]: 3_000}, by=boss)
        own = take_payment(cart=cart, tenders=CASH, cashier=boss, at=AT)
        request_void(receipt=own, requested_by=city["manager"], reason=REASON, at=AT)
        before = money_rows()

        client = signed_in(boss)
        assert "Nothing waits" in client.get(reverse("cashiering:void_requests")).content.decode()
        answer = client.post(reverse("cashiering:void_receipt", args=[own.pk]))

        assert "Somebody who did not take the money" in answer.content.decode()
        assert money_rows() == before

    @pytest.mark.parametrize("rows", [1, 3])
    def test_ask_as_often_for_three_rows_as_for_one(
        self, owe, cart_of, drawer, cashier, city, signed_in, rows, django_assert_num_queries
    ):
        for _ in range(rows):
            cart = cart_of({owe(water=3_000)["water"]: 3_000})
            receipt = take_payment(cart=cart, tenders=CASH, cashier=cashier, at=AT)
            request_void(receipt=receipt, requested_by=cashier, reason=REASON, at=AT)
        boss = signed_in(city["supervisor"])

        with django_assert_num_queries(8):
            page = boss.get(reverse("cashiering:void_requests")).content.decode()

        assert page.count(REASON) == rows
