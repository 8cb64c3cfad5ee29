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
    take_payment,
)
from curbstop.cashiering.proofs import PROOFS
from curbstop.foundation.access.roles import Role
from curbstop.ledger.models import Entry
from curbstop.ledger.operations import DayRefused, close_business_day
from curbstop.ledger.queries import current_business_day, trial_balance
from tests.cashiering.conftest import AT, DAY


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
