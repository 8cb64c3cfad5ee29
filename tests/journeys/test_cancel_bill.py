"""A cancelled bill takes its penalty along, and the bill in its place is charged on what is right (WX-3.3)."""

from datetime import date
from typing import Any

import pytest

from curbstop.billing.models import Bill
from curbstop.billing.operations import CancellationRefused, approve_cancellation, request_cancellation
from curbstop.collections.models import LateCharge
from curbstop.journeys.operations.cancel_bill import cancel_bill_and_charges, charge_bill_in_place
from curbstop.journeys.proofs import PROOFS
from tests.collections.conftest import Office, account, office, people, town

__all__ = ["account", "office", "people", "town"]

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "The meter was misread: 1,248 and not 1,284"


@pytest.fixture
def late(office: Office, account: Any) -> Bill:
    """A bill of $620.48 with its penalty of $62.05."""
    # 10 units at $3.00 and the rest at $5.00, base $20.00, sewer $2.50 a unit, stormwater $6.00.
    office.town.use(account, "81.9307")
    office.town.release()
    bill = Bill.objects.get()
    assert bill.total_cents == 62_048
    office.go_to(date(2026, 7, 22))
    office.charge()
    return bill


def cancel(office: Office, bill: Bill) -> None:
    asked = request_cancellation(bill=bill, reason=WHY, by=office.lead, at=office.at)
    cancel_bill_and_charges(request=asked, by=office.manager, at=office.at)


class TestCancelBillAndCharges:
    def test_reverses_the_penalty_with_the_bill(self, office: Office, account: Any, late: Bill) -> None:
        from curbstop.ledger.queries import balances_of

        assert LateCharge.objects.get().amount_cents == 6_205
        cancel(office, late)
        assert balances_of([account.debtor_id]) == {account.debtor_id: 0}
        assert LateCharge.objects.filter(reversal=None).count() == 0
        assert all(proof.check().holds for proof in PROOFS)

    def test_is_the_only_way_to_cancel_a_bill_that_bears_a_penalty(
        self, office: Office, account: Any, late: Bill
    ) -> None:
        asked = request_cancellation(bill=late, reason=WHY, by=office.lead, at=office.at)
        with pytest.raises(CancellationRefused, match="bears a penalty"):
            approve_cancellation(request=asked, by=office.manager, at=office.at)
        late.refresh_from_db()
        assert late.cancelled_at is None
        assert office.owed(account, "penalty") != []

    def test_refuses_who_asked(self, office: Office, account: Any, late: Bill) -> None:
        asked = request_cancellation(bill=late, reason=WHY, by=office.lead, at=office.at)
        with pytest.raises(CancellationRefused, match="second person"):
            cancel_bill_and_charges(request=asked, by=office.lead, at=office.at)
        assert LateCharge.objects.filter(reversal=None).count() == 1


class TestChargeBillInPlace:
    def test_charges_what_the_right_bill_would_have_borne(self, office: Office, account: Any, late: Bill) -> None:
        cancel(office, late)
        source, _ = office.bill(account, due_on=date(2026, 8, 20), water=11_498, sewer=4_770, stormwater=3_624)
        right = Bill.objects.get(pk=late.pk)
        right.number, right.cancelled_at = int(source.removeprefix("billing.bill:")), None
        late.refresh_from_db()
        (charge,) = charge_bill_in_place(cancelled=late, rebilled=right, by=office.manager, at=office.at)
        # 62.05 became 19.89: 42.16 less.
        assert charge.amount_cents == 1_989
        assert sum(office.owed(account, "penalty")) == 6_205 - 4_216

    def test_charges_it_once(self, office: Office, account: Any, late: Bill) -> None:
        cancel(office, late)
        source, _ = office.bill(account, due_on=date(2026, 8, 20), water=19_892)
        right = Bill.objects.get(pk=late.pk)
        right.number, right.cancelled_at = int(source.removeprefix("billing.bill:")), None
        late.refresh_from_db()
        for _ in range(2):
            charge_bill_in_place(cancelled=late, rebilled=right, by=office.manager, at=office.at)
        assert office.owed(account, "penalty") == [1_989]
