"""What plain SQL cannot do to a deposit: forge one, leave a drawer's money out, or verify it with another entry."""

import pytest
from django.db import IntegrityError, connection

from curbstop.cashiering.operations import close_drawer, count_drawer
from curbstop.foundation.access.roles import Role
from curbstop.foundation.database.transactions import transaction
from curbstop.ledger.models import Entry
from curbstop.ledger.operations import Line, post_entry
from curbstop.ledger.queries import gl_account
from curbstop.treasury.models import Deposit, DepositDrawer, DepositVerification
from curbstop.treasury.operations import make_deposit
from tests.cashiering.conftest import AT
from tests.refusals import refusing


def rows():
    return [list(model.objects.values()) for model in (Deposit, DepositDrawer, DepositVerification)]


@pytest.fixture
def closed(drawer, cashier):
    """Close a drawer $5.00 over."""
    count_drawer(drawer=drawer, pieces={100: 205}, check_cents=0, counted_by=cashier, at=AT)
    return close_drawer(drawer=drawer, by=cashier, at=AT)


@pytest.fixture
def lead(person):
    return person("lead", Role.LEAD)


@pytest.fixture
def in_transit(closed):
    """Return a function that posts $5.00 from the drawers into transit and returns the entry's id."""

    def post(actor):
        roles = {"deposit_in_transit": Line.debit, "cash_drawer": Line.credit}
        lines = [line(gl_account(role).pk, 500) for role, line in roles.items()]
        day = closed.business_day
        return post_entry(kind="deposit", lines=lines, source="x", business_date=day, actor=actor, posted_at=AT).pk

    return post


class TestDeposit:
    FORGED = (
        "insert into treasury_deposit (number, business_day, bag_number, prepared_by_id, entry_id, cash_cents,"
        " check_cents, at) values (2, '2026-07-01', 'B-2', %s, %s, 500, 0, now())"
    )
    DRAWER = (
        "insert into treasury_depositdrawer (deposit_id, drawer_id, cash_cents, check_cents)"
        " select id, %s, 500, 0 from treasury_deposit"
    )

    def test_is_not_forged_on_an_entry_of_another_kind(self, closed, lead):
        before = rows()

        forged = refusing(self.FORGED, lead.pk, Entry.objects.latest("pk").pk)
        assert forged == "deposit_equals_its_entry"

        assert rows() == before

    def test_is_not_made_without_its_drawers(self, closed, lead, in_transit):
        with transaction():
            assert refusing(self.FORGED, lead.pk, in_transit(lead)) == "deposit_equals_its_drawers"

    def test_is_not_made_of_an_own_drawer(self, closed, cashier, in_transit):
        before = rows()

        with pytest.raises(IntegrityError, match="somebody else than the cashier"), transaction():
            entry_id = in_transit(cashier)
            with connection.cursor() as cursor:
                cursor.execute(self.FORGED, [cashier.pk, entry_id])
                cursor.execute(self.DRAWER, [closed.pk])

        assert rows() == before

    def test_takes_the_whole_of_a_drawer(self, closed, lead, cashier):
        make_deposit(drawers=[closed], bag_number="B-1", prepared_by=lead, at=AT)
        before = rows()

        for cents in (499, 501):
            part = (
                "insert into treasury_depositdrawer (deposit_id, drawer_id, cash_cents, check_cents)"
                f" select deposit_id, drawer_id, {cents}, 0 from treasury_depositdrawer"
            )
            assert refusing(part) == "deposit_drawer_intact"

        assert rows() == before


class TestVerification:
    def test_needs_an_entry_that_reaches_the_bank(self, closed, lead, city):
        deposit = make_deposit(drawers=[closed], bag_number="B-1", prepared_by=lead, at=AT)
        before = rows()

        verified = (
            "insert into treasury_depositverification (deposit_id, prepared_by_id, verified_by_id, validated_on,"
            " entry_id, at) values (%s, %s, %s, '2026-07-01', %s, now())"
        )
        refused = refusing(verified, deposit.pk, lead.pk, city["supervisor"].pk, deposit.entry_id)
        assert refused == "verification_reaches_the_bank"

        assert rows() == before
