"""Two at the same moment on penalties, waivers and deposits: the sum is the sum, and a deposit goes back once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from curbstop.collections.models import ChargeReversal, DepositRelease, LateCharge, Waiver
from curbstop.collections.operations import (
    DepositRefused,
    Giving,
    Ground,
    RunRefused,
    WaiverRefused,
    approve_charges,
    ask_deposit,
    post_charges,
    release_deposit,
    waive_charge,
)
from curbstop.ledger.queries import unapplied_credit_of
from tests.collections.conftest import DUE, Office

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*verbs: Callable[[], Any]) -> int:
    """Begin all verbs together, and return how many went through; a refusal that is not named fails the test."""
    together = Barrier(len(verbs))

    def run(verb: Callable[[], Any]) -> bool:
        together.wait()
        try:
            verb()
        except (DepositRefused, RunRefused, WaiverRefused):
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(verbs)) as threads:
        return sum(threads.map(run, verbs))


def test_a_person_does_not_split_waivers_over_accounts_at_one_moment(office: Office) -> None:
    for number in ("100001", "100002"):
        office.bill(office.town.account(number), water=20_000)
    office.go_to(DUE + timedelta(days=1))
    office.charge()
    ground = Ground("courtesy", "A customer of many years")
    charges = list(LateCharge.objects.order_by("pk"))

    at_once(
        *(lambda each=each: waive_charge(charge=each, ground=ground, by=office.lead, at=office.at) for each in charges)
    )

    assert ChargeReversal.objects.count() == 1
    assert Waiver.objects.filter(needs_second=False).count() == 1


def test_a_run_is_posted_once_by_two_workers(office: Office, account: Any) -> None:
    office.bill(account, water=20_000)
    office.go_to(DUE + timedelta(days=1))
    run = approve_charges(run=office.propose(), by=office.manager, at=office.at)

    at_once(*(lambda: post_charges(run=run, by=office.manager, at=office.at) for _ in range(3)))

    assert LateCharge.objects.count() == 1
    assert office.owed(account, "penalty") == [2_000]


def test_a_deposit_goes_back_once(office: Office, account: Any) -> None:
    deposit = ask_deposit(
        account=account, reason="The customer asked for it", by=office.lead, at=office.at, amount_cents=15_000
    )
    office.pay(account, 15_000)
    account.closed_on = office.day
    account.save()
    giving = Giving("closure", "The account is closed")

    def give(approves: Any) -> None:
        release_deposit(deposit=deposit, giving=giving, prepared_by=office.lead, approved_by=approves, at=office.at)

    done = at_once(lambda: give(office.manager), lambda: give(office.supervisor))

    assert (done, DepositRelease.objects.count()) == (1, 1)
    assert unapplied_credit_of([account.debtor_id]) == {account.debtor_id: 15_000}
