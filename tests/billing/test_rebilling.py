"""Cancel and rebill: the original period's everything and one correction; reviewed, resumable, nothing half done."""

from datetime import date

import pytest

from curbstop.billing.models import Bill, BilledPeriod, RebillItem
from curbstop.billing.operations.rebilling import (
    RebillRefused,
    approve_rebill,
    discard_rebill,
    draft_rebill,
    run_rebill,
)
from curbstop.billing.queries.rebilling import Correction, touched_by
from curbstop.ledger.queries import balances_of
from tests.billing.conftest import MAY, NOON, TODAY

pytestmark = pytest.mark.django_db
REASON = "The digits of the read were transposed."
CHESAPEAKE = """
tariff: water
unit: ccf
section: "13.1"
period: {standard_days: 60, months: 2}
components:
  - key: water_service
    service: water
    label: {en: Water service, es: Servicio de agua}
    base: 21.46
  - key: water_use
    service: water
    label: {en: Water use, es: Consumo de agua}
    tiers:
      - {up_to: 10, price: 4.25}
      - {price: 9.06}
"""


@pytest.fixture
def one_bill(town):
    """One account, 14 CCF in sixty days: $111.00."""
    account = town.account()
    town.use(account, "14")
    town.release()
    return account


def corrected_water(people, document):
    """Put another document in force from the first day of the water rate, as if it had always been so."""
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ordinances.models import CodeSection
    from curbstop.rates.operations import adopt_version

    with transaction():
        adopt_version(
            schedule="water", service="water", document=document, format="tariff",
            section_id=CodeSection.objects.get(citation="13.1").pk, starts_on=date(2026, 1, 1),
            proposed_by=people["supervisor"], approved_by=people["manager"],
        )  # fmt: skip


RATE = Correction("rate", schedule="water", from_on=date(2026, 1, 1))


class TestTouchedBy:
    def test_lists_what_a_corrected_rate_changes(self, town, one_bill):
        assert touched_by(RATE) == []

        corrected_water(town.people, CHESAPEAKE)
        (found,) = touched_by(RATE)

        # 21.46 + 42.50 + 36.24 instead of 20.00 + 30.00 + 20.00
        assert (found.bill.number, found.delta_cents) == (1, 10020 - 7000)
        assert found.lines.filter(component="stormwater").height == 1


class TestDraftRebill:
    def test_refuses_where_nothing_changes_and_without_a_reason(self, town, one_bill):
        with pytest.raises(RebillRefused, match="No standing bill"):
            draft_rebill(correction=RATE, reason=REASON, by=town.people["lead"], at=NOON)
        corrected_water(town.people, CHESAPEAKE)
        with pytest.raises(RebillRefused, match="reason"):
            draft_rebill(correction=RATE, reason="so", by=town.people["lead"], at=NOON)
        assert not RebillItem.objects.exists()


class TestRunRebill:
    def replaced(self, town):
        corrected_water(town.people, CHESAPEAKE)
        batch = draft_rebill(correction=RATE, reason=REASON, by=town.people["lead"], at=NOON)
        approve_rebill(batch=batch, by=town.people["manager"], at=NOON)
        return batch, run_rebill(batch=batch, by=town.people["manager"], at=NOON)

    def test_cancels_the_bill_and_releases_another_in_its_place(self, town, one_bill):
        from curbstop.billing.proofs import PROOFS

        _, (new,) = self.replaced(town)

        old = Bill.objects.get(number=1)
        assert old.cancelled_at == NOON
        assert (new.number, new.total_cents) == (2, 11100 + 3020)
        assert (new.starts_on, new.ends_on, new.bill_on) == (old.starts_on, old.ends_on, TODAY)
        assert balances_of([one_bill.debtor_id]) == {one_bill.debtor_id: new.total_cents}
        assert BilledPeriod.objects.filter(cancelled=False, bill=new).count() == 3
        assert {proof.name: proof.check().failures for proof in PROOFS} == {proof.name: [] for proof in PROOFS}

    def test_says_on_the_new_bill_what_it_replaces(self, town, one_bill):
        from curbstop.billing.queries.rebilling import replaced_by

        self.replaced(town)

        assert replaced_by([1, 2]) == {2: (1, 11100)}

    def test_does_nothing_the_second_time(self, town, one_bill):
        batch, _ = self.replaced(town)

        assert run_rebill(batch=batch, by=town.people["manager"], at=NOON) == []
        assert Bill.objects.count() == 2

    def test_waits_for_a_second_person(self, town, one_bill):
        corrected_water(town.people, CHESAPEAKE)
        batch = draft_rebill(correction=RATE, reason=REASON, by=town.people["lead"], at=NOON)

        with pytest.raises(RebillRefused, match="second person"):
            run_rebill(batch=batch, by=town.people["lead"], at=NOON)
        with pytest.raises(RebillRefused, match="second person"):
            approve_rebill(batch=batch, by=town.people["lead"], at=NOON)

        assert Bill.objects.filter(cancelled_at=None).count() == 1
        assert Bill.objects.count() == 1

    def test_refuses_what_was_discarded(self, town, one_bill):
        corrected_water(town.people, CHESAPEAKE)
        batch = draft_rebill(correction=RATE, reason=REASON, by=town.people["lead"], at=NOON)
        discard_rebill(batch=batch, by=town.people["lead"], at=NOON)

        with pytest.raises(RebillRefused, match="discarded"):
            approve_rebill(batch=batch, by=town.people["manager"], at=NOON)

    def test_refuses_what_comes_out_otherwise_than_reviewed(self, town, one_bill):
        corrected_water(town.people, CHESAPEAKE)
        batch = draft_rebill(correction=RATE, reason=REASON, by=town.people["lead"], at=NOON)
        approve_rebill(batch=batch, by=town.people["manager"], at=NOON)
        corrected_water(town.people, CHESAPEAKE.replace("4.25", "4.26"))

        with pytest.raises(RebillRefused, match="otherwise than reviewed"):
            run_rebill(batch=batch, by=town.people["manager"], at=NOON)

        assert Bill.objects.get().cancelled_at is None

    def test_takes_several_periods_oldest_first(self, town):
        account = town.account()
        town.use(account, "14", ends_on=date(2026, 5, 31))
        town.release(date(2026, 6, 1))
        town.use(account, "20", starts_on=date(2026, 5, 31))
        town.release()

        _, bills = self.replaced(town)

        assert [bill.starts_on for bill in bills] == [MAY, date(2026, 5, 31)]
        assert bills[1].prior_balance_cents == bills[0].total_cents
        assert bills[1].payments_cents == 0
        assert balances_of([account.debtor_id]) == {account.debtor_id: sum(bill.total_cents for bill in bills)}
