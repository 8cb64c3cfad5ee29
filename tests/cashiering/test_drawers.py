"""A drawer's day: opened once, counted blind, closed with its difference."""

from datetime import timedelta

import pytest

from curbstop.cashiering.domain.tenders import TenderedAmount, TenderKind
from curbstop.cashiering.models import Drawer, DrawerCount, Till
from curbstop.cashiering.operations import (
    CountRefused,
    DrawerRefused,
    PaymentRefused,
    close_drawer,
    count_drawer,
    open_drawer,
    request_void,
    take_payment,
    void_receipt,
)
from curbstop.cashiering.proofs import PROOFS
from curbstop.cashiering.queries import counts_of
from curbstop.foundation.access.roles import Role
from curbstop.ledger.models import Entry
from curbstop.ledger.operations import DayRefused, close_business_day
from curbstop.ledger.queries import current_business_day, trial_balance
from tests.cashiering.conftest import AT, DAY, money_rows


def balance(role):
    from curbstop.ledger.queries import gl_account

    rows = trial_balance(starts_on=DAY, ends_on=DAY + timedelta(days=1))
    return sum(row.closing_cents for row in rows if row.code == gl_account(role).code)


class TestOpenDrawer:
    def test_refuses_a_second_drawer_of_a_cashier(self, drawer, cashier):
        with pytest.raises(DrawerRefused, match="already have an open drawer"):
            open_drawer(till=Till.objects.get(code="H2"), cashier=cashier, float_cents=0, at=AT)

        assert Drawer.objects.count() == 1

    def test_refuses_a_till_that_is_taken(self, drawer, till, person):
        with pytest.raises(DrawerRefused, match="another cashier"):
            open_drawer(till=till, cashier=person("cashier2", Role.CASHIER), float_cents=0, at=AT)

        assert Drawer.objects.count() == 1

    def test_refuses_a_negative_float(self, till, cashier):
        with pytest.raises(DrawerRefused, match="negative"):
            open_drawer(till=till, cashier=cashier, float_cents=-1, at=AT)

    def test_refuses_without_a_business_day(self, till, cashier, city):
        close_business_day(day=DAY, by=city["manager"], at=AT)

        with pytest.raises(DrawerRefused, match="No business day"):
            open_drawer(till=till, cashier=cashier, float_cents=0, at=AT)

        assert not Drawer.objects.exists()


class TestCloseBusinessDay:
    def test_refuses_while_a_drawer_is_open(self, drawer, city):
        with pytest.raises(DayRefused, match="still open"):
            close_business_day(day=DAY, by=city["manager"], at=AT)

        assert current_business_day() == DAY

    def test_closes_after_the_last_drawer(self, drawer, cashier, city):
        count_drawer(drawer=drawer, pieces={1: 20_000}, check_cents=0, counted_by=cashier, at=AT)
        close_drawer(drawer=drawer, by=cashier, at=AT)

        assert close_business_day(day=DAY, by=city["manager"], at=AT).closed_at == AT


class TestCountDrawer:
    def test_allows_one_recount_and_keeps_both(self, drawer, cashier):
        for pieces in ({100: 199}, {100: 200}):
            count_drawer(drawer=drawer, pieces=pieces, check_cents=0, counted_by=cashier, at=AT)
        with pytest.raises(CountRefused, match="recounted"):
            count_drawer(drawer=drawer, pieces={100: 201}, check_cents=0, counted_by=cashier, at=AT)

        assert list(DrawerCount.objects.order_by("attempt").values_list("cash_cents", flat=True)) == [19_900, 20_000]

    def test_refuses_negative_pieces(self, drawer, cashier):
        with pytest.raises(CountRefused, match="negative"):
            count_drawer(drawer=drawer, pieces={100: -1}, check_cents=0, counted_by=cashier, at=AT)

        assert not DrawerCount.objects.exists()


class TestCloseDrawer:
    @pytest.fixture
    def paid(self, owe, cart_of, drawer, cashier):
        items = owe(water=3_000)
        cash = TenderedAmount(TenderKind.CASH, 5_000)
        return take_payment(cart=cart_of({items["water"]: 3_000}), tenders=[cash], cashier=cashier, at=AT)

    @pytest.mark.parametrize(("counted", "over", "short"), [(23_000, 0, 0), (22_500, 0, 500), (23_100, 100, 0)])
    def test_posts_what_is_over_or_short(self, paid, drawer, cashier, counted, over, short):
        entries = Entry.objects.count()
        count_drawer(drawer=drawer, pieces={1: counted}, check_cents=0, counted_by=cashier, at=AT)

        closed = close_drawer(drawer=drawer, by=cashier, at=AT)

        assert (closed.over_cents, closed.short_cents) == (over, short)
        assert Entry.objects.count() == entries + (over + short > 0)
        assert balance("cash_drawer") == counted - 20_000
        assert balance("over_short") == short - over
        assert all(proof.check().holds for proof in PROOFS)

    @pytest.mark.parametrize(
        ("counted", "refusal"),
        [
            (19_499, r"why this drawer is \$5.01 short: it is above \$5.00"),
            (22_001, r"A supervisor closes this drawer: it is \$20.01 over, which is above \$20.00"),
            (9_999, r"A manager closes this drawer: it is \$100.01 short, which is above \$100.00"),
        ],
    )
    def test_refuses_a_difference_that_wants_more(self, drawer, cashier, counted, refusal):
        count_drawer(drawer=drawer, pieces={1: counted}, check_cents=0, counted_by=cashier, at=AT)
        before = money_rows()

        with pytest.raises(DrawerRefused, match=refusal):
            close_drawer(drawer=drawer, by=cashier, at=AT, note="  " if counted == 19_499 else "a note")

        assert money_rows() == before

    def test_wants_a_manager_above_what_a_supervisor_may(self, drawer, cashier, city):
        count_drawer(drawer=drawer, pieces={1: 9_999}, check_cents=0, counted_by=cashier, at=AT)
        with pytest.raises(DrawerRefused, match="A manager closes"):
            close_drawer(drawer=drawer, by=city["supervisor"], at=AT, note="robbed")

        closed = close_drawer(drawer=drawer, by=city["manager"], at=AT, note=" robbed ")

        assert (closed.closed_by, closed.difference_note, closed.short_cents) == (city["manager"], "robbed", 10_001)

    def test_refuses_the_supervisor_whose_drawer_it_is(self, till, city):
        boss = city["supervisor"]
        own = open_drawer(till=till, cashier=boss, float_cents=20_000, at=AT)
        count_drawer(drawer=own, pieces={1: 15_000}, check_cents=0, counted_by=boss, at=AT)

        with pytest.raises(DrawerRefused, match="never the cashier"):
            close_drawer(drawer=own, by=boss, at=AT, note="a fifty is missing")

        assert Drawer.objects.get().is_open

    def test_refuses_a_count_that_a_payment_made_stale(self, drawer, cashier, owe, cart_of):
        for _ in range(2):
            count_drawer(drawer=drawer, pieces={1: 20_000}, check_cents=0, counted_by=cashier, at=AT)
        item = owe(water=3_000)["water"]
        card = TenderedAmount(TenderKind.CARD, 3_000, "A1")
        take_payment(cart=cart_of({item: 3_000}), tenders=[card], cashier=cashier, at=AT)

        with pytest.raises(DrawerRefused, match="Money moved after the count: count again"):
            close_drawer(drawer=drawer, by=cashier, at=AT)
        assert Drawer.objects.get().is_open

        # The recounts were used up, but money moved since: another round of counts begins.
        count_drawer(drawer=drawer, pieces={1: 20_000}, check_cents=0, counted_by=cashier, at=AT)
        assert not close_drawer(drawer=drawer, by=cashier, at=AT).is_open

    def test_refuses_a_count_that_a_void_made_stale(self, paid, drawer, cashier, city):
        count_drawer(drawer=drawer, pieces={1: 23_000}, check_cents=0, counted_by=cashier, at=AT)
        request = request_void(receipt=paid, requested_by=cashier, reason="wrong account", at=AT)
        void_receipt(request=request, approved_by=city["supervisor"], at=AT)

        with pytest.raises(DrawerRefused, match="Money moved"):
            close_drawer(drawer=drawer, by=cashier, at=AT)

        assert [row.expected_cents for row in counts_of(drawer)] == [23_000]
        assert Drawer.objects.get().is_open

    def test_refuses_before_a_count(self, drawer, cashier):
        with pytest.raises(DrawerRefused, match="Count the drawer"):
            close_drawer(drawer=drawer, by=cashier, at=AT)

        assert Drawer.objects.get().is_open

    def test_refuses_twice(self, drawer, cashier):
        count_drawer(drawer=drawer, pieces={1: 20_000}, check_cents=0, counted_by=cashier, at=AT)
        close_drawer(drawer=drawer, by=cashier, at=AT)

        with pytest.raises(DrawerRefused, match="already closed"):
            close_drawer(drawer=drawer, by=cashier, at=AT)

    def test_ends_payments(self, paid, owe, cart_of, drawer, cashier):
        count_drawer(drawer=drawer, pieces={1: 23_000}, check_cents=0, counted_by=cashier, at=AT)
        close_drawer(drawer=drawer, by=cashier, at=AT)
        items = owe(water=100)
        cart = cart_of({items["water"]: 100})

        with pytest.raises(PaymentRefused, match="Open your drawer"):
            take_payment(cart=cart, tenders=[TenderedAmount(TenderKind.CASH, 100)], cashier=cashier, at=AT)
