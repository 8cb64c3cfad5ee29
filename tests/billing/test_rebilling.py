"""Cancel and rebill: the original period's everything and one correction; reviewed, resumable, nothing half done."""

from datetime import date
from decimal import Decimal

import pytest

from curbstop.billing.models import Bill, BilledPeriod, RebillItem
from curbstop.billing.operations import clear_bill, release_bills
from curbstop.billing.operations.rebilling import (
    RebillRefused,
    approve_rebill,
    discard_rebill,
    draft_read_rebill,
    draft_rebill,
    run_rebill,
)
from curbstop.billing.queries.rebilling import Correction, touched_by
from curbstop.ledger.queries import balances_of
from curbstop.metering.models import Read
from tests.billing.conftest import JULY, MAY, NOON, TODAY
from tests.refusals import refusing

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
    corrected_rate(people, "water", document)


def corrected_rate(people, schedule, document):
    """Put another document in force from the first day of a rate, as if it had always been so."""
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ordinances.models import CodeSection
    from curbstop.rates.operations import adopt_version

    with transaction():
        adopt_version(
            schedule=schedule, service=schedule, document=document, format="tariff",
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


SEWER = """
tariff: sewer
unit: ccf
section: "13.2"
period: {standard_days: 60, months: 2}
components:
  - {key: sewer_service, service: sewer, label: {en: Sewer service, es: Servicio}, base: 14.78}
  - {key: sewer_use, service: sewer, label: {en: Sewer use, es: Uso de alcantarillado}, price: 2.65}
"""


class TestCorrectedRead:
    """WX-3.3: read 1,284 instead of 1,248; the bill falls from $620.48 to $198.92."""

    @pytest.fixture
    def misread(self, town):
        from curbstop.metering.models import Installation, Meter
        from tests.billing.test_read_corrections import load

        corrected_rate(town.people, "water", CHESAPEAKE)
        corrected_rate(town.people, "sewer", SEWER)
        account = town.account(services=("water", "sewer"))
        water = account.agreements.get(service_point__service_id=town.services["water"])
        meter = Meter.objects.create(serial="M-1", size_inches='5/8"', dials=6, unit="ccf")
        Installation.objects.create(
            meter=meter, service_point=water.service_point, starts_on=MAY, first_register=Decimal(1230)
        )
        load((str(JULY), "1284", "actual"))
        run = town.draft()
        for draft in run.draft_bills.filter(held=True):
            clear_bill(
                run=run, account_id=draft.account_id, reason="Planted by the test.", by=town.people["lead"], at=NOON
            )
        release_bills(run=town.approve(run), by=town.people["manager"], at=NOON)
        return account

    def replace(self, town):
        read = Read.objects.get(superseded_at=None, read_on=JULY)
        batch = draft_read_rebill(read=read, register=Decimal(1248), reason=REASON, by=town.people["lead"], at=NOON)
        assert Read.objects.get(pk=read.pk).superseded_at is None
        approve_rebill(batch=batch, by=town.people["manager"], at=NOON)
        return batch, run_rebill(batch=batch, by=town.people["manager"], at=NOON)

    def test_credits_the_difference_to_the_cent(self, town, misread):
        assert Bill.objects.get().total_cents == 62_048

        batch, (new,) = self.replace(town)

        assert (new.total_cents, sum(item.was_cents - item.now_cents for item in batch.items.all())) == (19_892, 42_156)
        cents = {
            component: sum(new.lines.filter(component=component).values_list("amount_cents", flat=True))
            for component in ("water_use", "sewer_use", "water_service", "sewer_service")
        }
        assert cents == {"water_use": 11_498, "sewer_use": 4_770, "water_service": 2_146, "sewer_service": 1_478}
        assert balances_of([misread.debtor_id]) == {misread.debtor_id: 19_892}
        assert Read.objects.get(superseded_at=None, read_on=JULY).register == 1248

    def test_leaves_what_was_paid_on_the_account(self, town, misread):
        from curbstop.ledger.queries import open_items_of, unapplied_credit_of

        pay(town, misread, 62_048)

        self.replace(town)

        assert balances_of([misread.debtor_id]) == {misread.debtor_id: -42_156}
        assert unapplied_credit_of([misread.debtor_id]) == {misread.debtor_id: 42_156}
        assert open_items_of(misread.debtor_id) == ()

    def test_says_so_on_paper(self, town, misread):
        from curbstop.billing.queries.comparing import changes_of

        self.replace(town)

        assert changes_of([2]) == {}
        assert RebillItem.objects.get().replacement_id == 2


def pay(town, account, cents):
    """Pay the account's open items as the ledger posts it."""
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ledger.models import GlAccount
    from curbstop.ledger.operations import AccountRow, Line, NewAllocation, declare_accounts, post_entry, settling_lines
    from curbstop.ledger.queries import open_items_of

    allocations = [NewAllocation(item.id, item.balance_cents) for item in open_items_of(account.debtor_id)]
    assert sum(each.amount_cents for each in allocations) == cents
    with transaction():
        declare_accounts([AccountRow("501-000-1010", "501", "000", "1010", "Cash", "asset")])
    cash = GlAccount.objects.get(code="501-000-1010")
    with transaction():
        post_entry(
            kind="payment",
            lines=(Line.debit(cash.pk, cents), *settling_lines(allocations)),
            source="test:1", business_date=TODAY, actor=town.people["lead"], posted_at=NOON, memo="Paid",
            allocations=allocations,
        )  # fmt: skip


class TestPages:
    def test_draft_by_one_and_replace_by_another(self, town, one_bill, client):
        corrected_water(town.people, CHESAPEAKE)
        client.force_login(town.people["lead"])
        given = {"kind": "rate", "schedule": "water", "on": "2026-01-01", "reason": REASON}

        drafted = client.post("/billing/rebills/draft/", given)
        page = client.get(drafted.url).content.decode()
        assert "$141.20" in page
        assert "Approve and replace" not in page

        client.force_login(town.people["manager"])
        assert "Approve and replace" in client.get(drafted.url).content.decode()
        client.post(f"{drafted.url}approval/")

        assert Bill.objects.filter(cancelled_at=None).get().total_cents == 14_120
        assert "Batch" in client.get("/billing/rebills/").content.decode()

    def test_say_what_is_missing(self, town, client):
        client.force_login(town.people["lead"])

        page = client.post("/billing/rebills/draft/", {"kind": "read", "on": "2026-06-30", "reason": REASON})

        assert "This belongs to what was wrong." in page.content.decode()
        assert not RebillItem.objects.exists()


class TestForbidden:
    """Whoever goes round the operations meets the database; nothing moves."""

    def drafted(self, town):
        corrected_water(town.people, CHESAPEAKE)
        return draft_rebill(correction=RATE, reason=REASON, by=town.people["lead"], at=NOON)

    def test_a_batch_stays_as_it_was_drafted_and_needs_a_second_person(self, town, one_bill):
        batch = self.drafted(town)
        approve = "update billing_rebillbatch set approved_by_id = %s, approved_at = now()"

        assert refusing(approve, batch.drafted_by_id) == "rebill_batch_by_second_person"
        batch.refresh_from_db()
        assert (batch.reason, batch.approved_at) == (REASON, None)

    def test_an_item_goes_nowhere_before_the_approval_and_never_to_a_standing_bill(self, town, one_bill):
        batch = self.drafted(town)
        run = Bill.objects.get().run_id
        to_run = "update billing_rebillitem set run_id = %s"

        assert refusing(to_run, run) == "rebill_item_of_an_approved_batch"
        approve_rebill(batch=batch, by=town.people["manager"], at=NOON)
        done = "update billing_rebillitem set run_id = %s, replacement_id = 1, done_at = now()"
        assert refusing(done, run) == "replaced_bill_is_cancelled"
        item = RebillItem.objects.get()
        assert (item.run_id, item.replacement_id) == (None, None)


class TestAdjustedBill:
    def test_is_named_and_left_out_of_the_batch(self, town, one_bill):
        """Its credit and a right bill beside it would be the same money twice."""
        from curbstop.billing.domain.adjustments import Asked, AskedLine
        from curbstop.billing.operations import post_adjustment, request_adjustment
        from curbstop.ledger.queries import open_items_of

        item = open_items_of(one_bill.debtor_id)[0]
        line = AskedLine(town.services[item.service_code], 2_000, item.id)
        asked = Asked(kind="credit", reason="courtesy", note="The rate was wrong.", lines=(line,))
        lead = town.people["lead"]
        request = request_adjustment(account=one_bill, asked=asked, by=lead, at=NOON)
        post_adjustment(request=request, by=lead, at=NOON)
        corrected_water(town.people, CHESAPEAKE)

        (found,) = touched_by(RATE)

        assert "adjustment of this bill stands" in found.problem
