"""Accounts that change their cycle: billed by one of the two, and never by both."""

from datetime import date

import pytest
from django.test import Client

from curbstop.billing import operations, queries
from curbstop.billing.models import Bill, CycleAssignment
from curbstop.foundation.database.transactions import transaction
from tests.billing.conftest import JULY, MAY, NOON, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def even(town):
    with transaction():
        return operations.declare_cycles([("EVEN", "South side", 2)])["EVEN"]


def move(town, account, cycle, on=TODAY):
    return operations.move_account(account=account, cycle=cycle, on=on, by=town.people["lead"], at=NOON)


class TestMoveAccount:
    def test_leaves_the_days_before_to_the_new_cycle(self, town, even):
        account = town.account()
        town.use(account, "14")
        move(town, account, even, date(2026, 6, 15))

        run = town.draft(cycles=[even])
        run = operations.release_bills(run=town.approve(run), by=town.people["manager"], at=NOON)

        assert (Bill.objects.get().starts_on, Bill.objects.get().ends_on) == (MAY, JULY)
        assert [(row.code, row.accounts, row.billed_through) for row in queries.cycle_counts()] == [
            ("EVEN", 1, TODAY),
            ("ODD", 0, None),
        ]

    def test_waits_while_one_of_the_two_is_being_billed(self, town, even):
        account = town.account()
        town.use(account, "14")
        town.draft()
        with pytest.raises(operations.MoveRefused, match="Cycle ODD is being billed"):
            move(town, account, even)
        assert CycleAssignment.objects.get().ends_on is None

    @pytest.mark.parametrize(
        ("to", "on", "why"), [("ODD", TODAY, "in cycle ODD already"), ("EVEN", MAY, "choose a later")]
    )
    def test_refuses_what_makes_no_sense(self, town, even, to, on, why):
        account = town.account()
        cycle = {"ODD": town.cycle, "EVEN": even}[to]
        with pytest.raises(operations.MoveRefused, match=why):
            move(town, account, cycle, on)
        assert CycleAssignment.objects.get().cycle == town.cycle


class TestCyclesPage:
    def test_moves_an_account(self, town, even, client: Client):
        account = town.account()
        client.force_login(town.people["lead"])
        facts = {"account": account.number, "cycle": even.pk, "on": date(2026, 7, 1).isoformat()}
        assert client.post("/billing/cycles/", facts).status_code == 302
        again = client.post("/billing/cycles/", facts)
        assert "in cycle EVEN already" in again.content.decode()

    def test_moves_nothing_for_who_may_not(self, town, even, client: Client):
        account = town.account()
        client.force_login(town.people["auditor"])
        client.post("/billing/cycles/", {"account": account.number, "cycle": even.pk, "on": "2026-07-01"})
        assert CycleAssignment.objects.get().cycle == town.cycle
