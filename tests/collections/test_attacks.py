"""What a dishonest clerk or a hostile user of the database tries with penalties, waivers, deposits and disputes."""

from datetime import timedelta
from typing import Any

import pytest

from curbstop.collections.models import (
    ChargeReversal,
    DepositRelease,
    Dispute,
    LateCharge,
    PaymentPlan,
    ReleaseRequest,
    SecurityDeposit,
    Waiver,
)
from curbstop.collections.operations import (
    DepositRefused,
    DisputeRefused,
    Giving,
    Ground,
    PlanRefused,
    Terms,
    WaiverRefused,
    approve_waiver,
    ask_deposit,
    open_dispute,
    release_deposit,
    request_release,
    resolve_dispute,
    sign_plan,
    waive_charge,
)
from curbstop.customers.operations import declare_tie
from curbstop.ledger.models import Entry, ItemHold
from curbstop.ledger.queries import open_items_of, unapplied_credit_of
from tests.collections.conftest import DUE, Office
from tests.refusals import refusing

pytestmark = pytest.mark.django_db
REASON = "The customer asked for it"
NO_FAULT = Ground("no_fault", "The letter came back from the post office", "Envelope, scanned")
OWN = "your own"


def rows() -> list[Any]:
    models = (ChargeReversal, DepositRelease, Dispute, Entry, ItemHold, LateCharge, PaymentPlan, ReleaseRequest, Waiver)
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.fixture
def charge(office: Office, account: Any) -> LateCharge:
    office.bill(account, water=40_000)
    office.go_to(DUE + timedelta(days=1))
    office.charge()
    return LateCharge.objects.get()


def tie(office: Office, account: Any, who: str) -> None:
    person = getattr(office, who)
    declare_tie(user=person, customer=account.customer, kind="household", by=person, at=office.at)


class TestWaiver:
    FORGED = (
        "insert into collections_waiver (charge_id, reason, note, evidence, amount_cents, asked_by_id, at,"
        " needs_second) values (%s, 'courtesy', 'A good customer', '', {cents}, %s, now(), false)"
    )

    def test_over_the_limit_is_not_declared_small(self, office: Office, charge: LateCharge) -> None:
        before = rows()

        clerk = office.representative.pk
        assert refusing(self.FORGED.format(cents=4_000), charge.pk, clerk) == "waiver_within_limits"
        assert refusing(self.FORGED.format(cents=1), charge.pk, clerk) == "waiver_is_of_its_charge"

        assert rows() == before

    @pytest.mark.parametrize("who", ["lead", "supervisor"])
    def test_is_not_for_the_own_household(self, office: Office, account: Any, charge: LateCharge, who: str) -> None:
        tie(office, account, who)
        money = Entry.objects.count()

        with pytest.raises(WaiverRefused, match=OWN):
            approve_waiver(
                waiver=waive_charge(charge=charge, ground=NO_FAULT, by=office.lead, at=office.at),
                by=office.supervisor,
                at=office.at,
            )

        assert Entry.objects.count() == money
        assert office.owed(account, "penalty") == [4_000]


class TestLateCharge:
    def test_is_not_made_without_a_run_or_a_reversed_one(self, office: Office, account: Any) -> None:
        from curbstop.collections.models import ChargeRun
        from curbstop.collections.operations import RunRefused
        from curbstop.collections.operations.posting import post_late_charges
        from curbstop.collections.queries.late import late_bills
        from curbstop.foundation.database.transactions import transaction

        office.bill(account, water=40_000)
        office.go_to(DUE + timedelta(days=1))
        bills = late_bills("penalty", on=office.day)
        assert bills[0].amount_cents
        before = rows()

        @transaction(refusals={"late_charge_has_a_ground": lambda: RunRefused("no ground")})
        def forge() -> None:
            post_late_charges(bills, run=None, kind="penalty", day=office.day, by=office.lead, at=office.at)

        with pytest.raises(RunRefused, match="no ground"):
            forge()

        assert rows() == before
        assert not ChargeRun.objects.exists()


class TestDeposit:
    @pytest.fixture
    def deposit(self, office: Office, account: Any) -> SecurityDeposit:
        deposit = ask_deposit(account=account, reason=REASON, by=office.lead, at=office.at, amount_cents=15_000)
        office.pay(account, 15_000)
        account.closed_on = office.day
        account.save()
        return deposit

    def test_is_given_back_once(self, office: Office, account: Any, deposit: SecurityDeposit) -> None:
        giving = Giving("closure", REASON)
        people = {"prepared_by": office.lead, "approved_by": office.manager}
        release_deposit(deposit=deposit, giving=giving, **people, at=office.at)
        credit = unapplied_credit_of([account.debtor_id])
        before = rows()

        with pytest.raises(DepositRefused, match="given back before"):
            release_deposit(deposit=deposit, giving=giving, **people, at=office.at)

        assert rows() == before
        assert credit == {account.debtor_id: 15_000}

    def test_is_owed_again_when_its_payment_bounces(self, office: Office, account: Any) -> None:
        """The check comes back after the deposit became credit: what was given back is owed, and nothing is lost."""
        from curbstop.foundation.database.transactions import transaction
        from curbstop.ledger.operations import reverse_entry
        from curbstop.ledger.queries import balances_of

        deposit = ask_deposit(account=account, reason=REASON, by=office.lead, at=office.at, amount_cents=15_000)
        payment = office.pay(account, 15_000)
        account.closed_on = office.day
        account.save()
        release_deposit(
            deposit=deposit, giving=Giving("closure", REASON), prepared_by=office.lead, approved_by=office.manager,
            at=office.at,
        )  # fmt: skip
        with transaction():
            reverse_entry(
                entry=payment, actor=office.manager, business_date=office.day, posted_at=office.at, source="x:1",
                memo="Returned",
            )  # fmt: skip
        assert [item.balance_cents for item in open_items_of(account.debtor_id)] == [15_000]
        assert unapplied_credit_of([account.debtor_id]) == {account.debtor_id: 15_000}
        assert balances_of([account.debtor_id])[account.debtor_id] == 0

    @pytest.mark.parametrize("who", ["lead", "manager"])
    def test_is_not_given_back_to_oneself(
        self, office: Office, account: Any, deposit: SecurityDeposit, who: str
    ) -> None:
        tie(office, account, who)
        giving = Giving("closure", REASON)
        before = rows()

        with pytest.raises(DepositRefused, match=OWN):
            release_deposit(
                deposit=deposit, giving=giving, prepared_by=office.lead, approved_by=office.manager, at=office.at
            )
        if who == "lead":
            with pytest.raises(DepositRefused, match=OWN):
                request_release(deposit=deposit, giving=giving, by=office.lead, at=office.at)

        assert rows() == before


class TestOwnDebt:
    def test_is_not_disputed_at_the_own_desk(self, office: Office, account: Any) -> None:
        source, _ = office.bill(account, water=40_000)
        tie(office, account, "lead")
        before = rows()

        with pytest.raises(DisputeRefused, match=OWN):
            open_dispute(account=account, bill_source=source, reason=REASON, by=office.lead, at=office.at)

        assert rows() == before
        dispute = open_dispute(account=account, bill_source=source, reason=REASON, by=office.supervisor, at=office.at)
        with pytest.raises(DisputeRefused, match=OWN):
            resolve_dispute(dispute=dispute, outcome="upheld", answer=REASON, by=office.lead, at=office.at)
        assert ItemHold.objects.filter(released_at=None).exists()

    def test_is_not_put_on_a_plan_by_oneself(self, office: Office, account: Any) -> None:
        office.bill(account, water=40_000)
        office.go_to(DUE + timedelta(days=1))
        tie(office, account, "lead")
        before = rows()

        with pytest.raises(PlanRefused, match=OWN):
            terms = Terms(installments=4, first_due_on=office.day + timedelta(days=7))
            sign_plan(account=account, terms=terms, by=office.lead, at=office.at)

        assert rows() == before
