"""Waiving a late charge: a reason, evidence, a sum that one person may not split, and what the law gives once."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from curbstop.collections.models import ChargeReversal, LateCharge, Waiver
from curbstop.collections.operations import Ground, WaiverRefused, approve_waiver, turn_down_waiver, waive_charge
from curbstop.foundation.database.transactions import constraint_of
from tests.collections.conftest import DUE, Office

pytestmark = pytest.mark.django_db
NEXT = DUE + timedelta(days=1)
NOTE = "The letter came back from the post office"
NO_FAULT = Ground("no_fault", NOTE, "Envelope, scanned")
COURTESY = Ground("courtesy", NOTE)


@pytest.fixture
def charged(office: Office, account: Any) -> Any:
    """Return a function that charges a bill of so many cents and returns the charge."""

    def charge(cents: int = 20_000) -> LateCharge:
        if office.day < NEXT:
            office.bill(account, water=cents)
            office.go_to(NEXT)
        else:
            office.bill(account, water=cents, due_on=DUE)
        office.charge()
        return LateCharge.objects.latest("pk")

    return charge


class TestWaiveCharge:
    def test_reverses_a_charge_within_the_limit(self, office: Office, account: Any, charged: Any) -> None:
        waiver = waive_charge(charge=charged(), ground=NO_FAULT, by=office.representative, at=office.at)
        assert (waiver.needs_second, waiver.reversal is not None) == (False, True)
        assert office.owed(account, "penalty") == []

    def test_gives_back_what_was_paid_on_it_as_credit(self, office: Office, account: Any, charged: Any) -> None:
        from curbstop.ledger.queries import unapplied_credit_of

        charge = charged()
        office.pay(account, 2_000)
        waive_charge(charge=charge, ground=NO_FAULT, by=office.representative, at=office.at)
        assert unapplied_credit_of([account.debtor_id]) == {account.debtor_id: 2_000}

    def test_waits_for_a_second_person_over_the_limit(self, office: Office, account: Any, charged: Any) -> None:
        waiver = waive_charge(charge=charged(40_000), ground=NO_FAULT, by=office.lead, at=office.at)
        assert waiver.needs_second
        assert office.owed(account, "penalty") == [4_000]
        with pytest.raises(WaiverRefused, match="second person"):
            approve_waiver(waiver=waiver, by=office.lead, at=office.at)
        assert office.owed(account, "penalty") == [4_000]
        approve_waiver(waiver=waiver, by=office.supervisor, at=office.at)
        assert office.owed(account, "penalty") == []

    def test_adds_up_waivers_in_pieces(self, office: Office, charged: Any) -> None:
        waivers = [
            waive_charge(charge=charged(10_000), ground=COURTESY, by=office.representative, at=office.at)
            for _ in range(4)
        ]
        assert [waiver.needs_second for waiver in waivers] == [False, False, True, True]

    @pytest.mark.parametrize("reason", ["no_fault", "received_in_time", "city_error"])
    def test_refuses_without_evidence(self, office: Office, charged: Any, reason: str) -> None:
        charge = charged()
        with pytest.raises(WaiverRefused, match="evidence"):
            waive_charge(charge=charge, ground=Ground(reason, NOTE), by=office.lead, at=office.at)
        assert not ChargeReversal.objects.exists()

    def test_refuses_without_a_note(self, office: Office, charged: Any) -> None:
        with pytest.raises(WaiverRefused, match="10 letters"):
            waive_charge(charge=charged(), ground=Ground("courtesy", "nice"), by=office.lead, at=office.at)

    def test_refuses_a_second_waiver(self, office: Office, charged: Any) -> None:
        charge = charged(40_000)
        waive_charge(charge=charge, ground=NO_FAULT, by=office.lead, at=office.at)
        with pytest.raises(WaiverRefused, match="asked for already"):
            waive_charge(charge=charge, ground=COURTESY, by=office.lead, at=office.at)

    def test_does_not_charge_the_bill_again(self, office: Office, charged: Any) -> None:
        from curbstop.collections.operations import RunRefused

        waive_charge(charge=charged(), ground=NO_FAULT, by=office.lead, at=office.at)
        with pytest.raises(RunRefused, match="No bill is late"):
            office.propose()


class TestTurnDownWaiver:
    def test_leaves_the_charge(self, office: Office, account: Any, charged: Any) -> None:
        waiver = waive_charge(charge=charged(40_000), ground=COURTESY, by=office.lead, at=office.at)
        turn_down_waiver(waiver=waiver, by=office.supervisor, at=office.at)
        assert office.owed(account, "penalty") == [4_000]

    def test_refuses_what_was_no_fault(self, office: Office, charged: Any) -> None:
        waiver = waive_charge(charge=charged(40_000), ground=NO_FAULT, by=office.lead, at=office.at)
        with pytest.raises(WaiverRefused, match="always waived"):
            turn_down_waiver(waiver=waiver, by=office.supervisor, at=office.at)
        with pytest.raises(IntegrityError) as refused:
            Waiver.objects.filter(pk=waiver.pk).update(turned_down_by=office.supervisor, turned_down_at=office.at)
        assert constraint_of(refused.value) == "no_fault_is_always_granted"


class TestLowIncome:
    GROUND = Ground("low_income", NOTE, "CalFresh card, seen")

    def interest(self, office: Office) -> LateCharge:
        office.charge("interest")
        return LateCharge.objects.filter(kind="interest").latest("pk")

    def test_waives_interest_once_in_twelve_months(self, office: Office, account: Any) -> None:
        office.bill(account, water=73_000)
        office.go_to(DUE + timedelta(days=10))
        waive_charge(charge=self.interest(office), ground=self.GROUND, by=office.lead, at=office.at)
        office.go_to(DUE + timedelta(days=40))
        again = self.interest(office)
        with pytest.raises(WaiverRefused, match="within 12 months"):
            waive_charge(charge=again, ground=self.GROUND, by=office.lead, at=office.at)
        assert office.owed(account, "interest") == [600]

    def test_refuses_a_penalty(self, office: Office, charged: Any) -> None:
        with pytest.raises(WaiverRefused, match="no such charge"):
            waive_charge(charge=charged(), ground=self.GROUND, by=office.lead, at=office.at)
