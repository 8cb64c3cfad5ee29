"""Two at once, with real commits: a payment, a void and another till against the close of a drawer."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from curbstop.cashiering.domain.tenders import TenderedAmount, TenderKind
from curbstop.cashiering.models import Drawer, Receipt, Till, Void
from curbstop.cashiering.operations import (
    DrawerRefused,
    PaymentRefused,
    VoidRefused,
    close_drawer,
    count_drawer,
    open_drawer,
    request_void,
    take_payment,
    void_receipt,
)
from curbstop.cashiering.proofs import PROOFS
from curbstop.foundation.access.roles import Role
from curbstop.ledger.queries import balances_of_items
from tests.cashiering.conftest import AT

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6
CASH = (TenderedAmount(TenderKind.CASH, 100),)
REFUSED = (PaymentRefused, VoidRefused, DrawerRefused)


def at_once(*verbs):
    """Begin all verbs together and return what each gave, or how it was refused."""
    together = Barrier(len(verbs))

    def run(verb):
        together.wait()
        try:
            return verb()
        except REFUSED as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(verbs)) as threads:
        return list(threads.map(run, verbs))


def failures():
    return [failure for proof in PROOFS for failure in proof.check().failures]


def recounted(drawer, cashier):
    """Close a drawer whose count went stale in the race by another count; return it closed."""
    now = Drawer.objects.get(pk=drawer.pk)
    if now.is_open:
        found = {100: 0 if Void.objects.filter(receipt__drawer=now).exists() else 1}
        count_drawer(drawer=now, pieces=found, check_cents=0, counted_by=cashier, at=AT)
        now = close_drawer(drawer=now, by=cashier, at=AT)
    return now


class TestClose:
    def test_counts_every_receipt_or_lets_none_follow(self, owe, cart_of, till, cashier):
        item = owe(water=ROUNDS * 100)["water"]
        for _ in range(ROUNDS):
            drawer = open_drawer(till=till, cashier=cashier, float_cents=0, at=AT)
            count_drawer(drawer=drawer, pieces={100: 1}, check_cents=0, counted_by=cashier, at=AT)
            cart = cart_of({item: 100})
            at_once(
                lambda cart=cart: take_payment(cart=cart, tenders=CASH, cashier=cashier, at=AT),
                lambda drawer=drawer: close_drawer(drawer=drawer, by=cashier, at=AT),
            )

            closed = recounted(drawer, cashier)
            taken = Receipt.objects.filter(drawer=drawer).count()
            assert (closed.expected_cash_cents, closed.over_cents) == (taken * 100, 100 * (not taken))

        assert failures() == []

    def test_leaves_out_what_was_voided_before_and_refuses_a_void_after(self, owe, cart_of, till, cashier, city):
        item = owe(water=ROUNDS * 100)["water"]
        for _ in range(ROUNDS):
            drawer = open_drawer(till=till, cashier=cashier, float_cents=0, at=AT)
            receipt = take_payment(cart=cart_of({item: 100}), tenders=CASH, cashier=cashier, at=AT)
            count_drawer(drawer=drawer, pieces={100: 1}, check_cents=0, counted_by=cashier, at=AT)
            request = request_void(receipt=receipt, requested_by=cashier, reason="typed the wrong account", at=AT)
            voided, _ = at_once(
                lambda request=request: void_receipt(request=request, approved_by=city["supervisor"], at=AT),
                lambda drawer=drawer: close_drawer(drawer=drawer, by=cashier, at=AT),
            )

            expected = 100 if isinstance(voided, VoidRefused) else 0
            assert recounted(drawer, cashier).expected_cash_cents == expected

        assert failures() == []

    def test_happens_once(self, till, cashier):
        drawer = open_drawer(till=till, cashier=cashier, float_cents=0, at=AT)
        count_drawer(drawer=drawer, pieces={100: 1}, check_cents=0, counted_by=cashier, at=AT)

        closes = at_once(*[lambda: close_drawer(drawer=drawer, by=cashier, at=AT)] * 4)

        assert sum(isinstance(each, Drawer) for each in closes) == 1
        assert failures() == []


class TestTwoTills:
    def test_never_take_more_than_is_owed(self, owe, cart_of, drawer, cashier, person):
        other = person("second", Role.CASHIER)
        open_drawer(till=Till.objects.get(code="H2"), cashier=other, float_cents=0, at=AT)
        for _ in range(ROUNDS):
            item = owe(water=100)["water"]
            paying = [(who, cart_of({item: 100}, by=who)) for who in (cashier, other)]
            taken = at_once(
                *[
                    lambda who=who, cart=cart: take_payment(cart=cart, tenders=CASH, cashier=who, at=AT)
                    for who, cart in paying
                ]
            )

            assert sum(isinstance(each, Receipt) for each in taken) == 1
            assert balances_of_items([item]) == {item: 0}

        assert failures() == []
