"""What a dishonest clerk or a hostile user of the database tries with credits, cancellations, runs and settlements."""

from datetime import date
from typing import Any

import pytest

from curbstop.billing.domain.adjustments import Asked, AskedLine
from curbstop.billing.models import (
    Adjustment,
    Bill,
    BilledPeriod,
    BillingRun,
    Cancellation,
    DraftBill,
    Exemption,
    Finding,
    Settlement,
)
from curbstop.billing.operations import (
    AdjustmentRefused,
    CancellationRefused,
    cancel_bill,
    post_adjustment,
    request_adjustment,
    request_exemption,
    request_reversal,
)
from curbstop.customers.operations import declare_tie
from curbstop.ledger.models import Entry, OpenItem
from curbstop.ledger.queries import open_items_of, unapplied_credit_of
from tests.billing.conftest import NOON, TODAY, Town
from tests.refusals import refusing

pytestmark = pytest.mark.django_db
REASON = "The read was the neighbor's"


def rows() -> list[Any]:
    models = (Adjustment, Bill, BilledPeriod, BillingRun, Cancellation, DraftBill, Entry, Exemption, Finding, OpenItem)
    return [list(model.objects.order_by("pk").values()) for model in (*models, Settlement)]


def cancel(town: Town, bill: Bill, by: str = "manager") -> Cancellation:
    people = town.people
    return cancel_bill(bill=bill, reason=REASON, requested_by=people["lead"], approved_by=people[by], at=NOON)


def credit_of(account: Any) -> int:
    return unapplied_credit_of([account.debtor_id])[account.debtor_id]


def request(town: Town, account: Any, cents: int, **facts: Any) -> Any:
    item = facts.pop("open_item_id", None)
    given = {"kind": "credit", "reason": "courtesy", "note": "The notice came late."} | facts
    asked = Asked(lines=(AskedLine(town.services["water"], cents, item),), **given)
    return request_adjustment(account=account, asked=asked, by=town.people["supervisor"], at=NOON)


def post(town: Town, asked: Any, by: str = "supervisor") -> Adjustment:
    return post_adjustment(request=asked, by=town.people[by], at=NOON)


@pytest.fixture
def account(town: Town) -> Any:
    shown = town.account()
    town.use(shown, "8")
    town.release()
    return shown


class TestCreditOnABillThatIsCancelled:
    """A credit for what was wrong with a bill and a corrected bill in its place would be the same money twice."""

    @pytest.mark.parametrize("names", ["bill", "item"])
    def test_is_taken_back_before(self, town: Town, account: Any, names: str) -> None:
        bill = Bill.objects.get()
        item = open_items_of(account.debtor_id)[0].id
        facts = {"bill_number": bill.number} if names == "bill" else {"open_item_id": item}
        adjustment = post(town, request(town, account, 3_000, **facts))
        before = rows()

        with pytest.raises(CancellationRefused, match="adjust"):
            cancel(town, bill)

        assert rows() == before
        asked = request_reversal(adjustment=adjustment, note="The bill is corrected", by=town.people["lead"], at=NOON)
        post(town, asked, "manager")
        cancel(town, bill)
        assert credit_of(account) == 0

    @pytest.mark.parametrize("names", ["bill", "item"])
    def test_is_not_posted_after(self, town: Town, account: Any, names: str) -> None:
        bill = Bill.objects.get()
        item = open_items_of(account.debtor_id)[0].id
        facts = {"bill_number": bill.number} if names == "bill" else {"open_item_id": item}
        asked = request(town, account, 3_000, **facts)
        cancel(town, bill)
        before = rows()

        with pytest.raises(AdjustmentRefused, match="cancelled"):
            post(town, asked)

        assert rows() == before
        assert credit_of(account) == 0

    def test_stays_when_it_was_for_something_else(self, town: Town, account: Any) -> None:
        post(town, request(town, account, 3_000))
        cancel(town, Bill.objects.get())
        assert credit_of(account) == 3_000


class TestOwnBill:
    @pytest.mark.parametrize("who", ["lead", "manager"])
    def test_is_not_cancelled_by_its_customer(self, town: Town, account: Any, who: str) -> None:
        person = town.people[who]
        declare_tie(user=person, customer=account.customer, kind="own", by=person, at=NOON)
        before = rows()

        with pytest.raises(CancellationRefused, match="your own"):
            cancel(town, Bill.objects.get())

        assert rows() == before

    @pytest.mark.parametrize("who", ["lead", "manager"])
    def test_is_not_exempted_by_its_customer(self, town: Town, account: Any, who: str) -> None:
        from curbstop.billing.operations import ExemptionRefused, approve_exemption
        from curbstop.customers.models import ServiceAgreement

        person = town.people[who]
        declare_tie(user=person, customer=account.customer, kind="own", by=person, at=NOON)
        agreement = ServiceAgreement.objects.filter(account=account).earliest("pk")

        with pytest.raises(ExemptionRefused, match="your own"):
            approve_exemption(
                exemption=request_exemption(
                    reason="Nobody lives there", starts_on=TODAY, by=town.people["lead"], at=NOON,
                    agreement_id=agreement.pk,
                ),
                by=town.people["manager"],
                at=NOON,
            )  # fmt: skip
        assert not Exemption.objects.filter(approved_at__isnull=False).exists()


class TestHeldBill:
    """A bill that a test holds is let go by somebody's clearance, and by no update."""

    @pytest.fixture
    def held(self, town: Town) -> BillingRun:
        for number, ccf in (("100001", "8"), ("100002", "3000")):
            town.use(town.account(number), ccf)
        run = town.draft()
        assert DraftBill.objects.filter(held=True).count() == 1
        return run

    LET_GO = (
        "with gone as (delete from billing_disposition where run_id = {0}), held as (update billing_draftbill set held"
        " = false where run_id = {0}) update billing_runpartition set bills = bills + 1 where run_id = {0}"
    )
    APPROVE = (
        "update billing_billingrun set state = 'approved', approved_by_id = %s, approved_at = now(),"
        " first_bill_number = 1, bills = 2, total_cents = 5 where id = %s"
    )

    def test_is_not_approved_with_an_open_exception(self, town: Town, held: BillingRun) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(self.LET_GO.format(held.pk))
        before = rows()

        assert refusing(self.APPROVE, town.people["manager"].pk, held.pk) == "run_has_no_open_exception"

        assert rows() == before

    def test_that_does_not_recompute_is_never_cleared(self, town: Town, held: BillingRun) -> None:
        Finding.objects.filter(run=held, blocking=True).update(code="PROOF")
        before = rows()

        statement = (
            "update billing_finding set disposition = 'cleared', reason = 'It looks right to me', decided_at = now(),"
            " decided_by_id = %s where code = 'PROOF'"
        )
        assert refusing(statement, town.people["manager"].pk) == "finding_may_be_cleared"

        assert rows() == before


class TestPlainSql:
    @pytest.fixture
    def bill(self, account: Any) -> Bill:
        return Bill.objects.get()

    def test_does_not_write_a_period_that_is_cancelled_from_birth(self, bill: Bill) -> None:
        before = rows()
        statement = (
            "insert into billing_billedperiod (bill_id, agreement_id, usage_id, period, cancelled)"
            " select bill_id, agreement_id, usage_id, daterange(upper(period), upper(period) + 60), true"
            " from billing_billedperiod limit 1"
        )
        assert refusing(statement) == "billed_period_begins_standing"
        assert rows() == before

    def test_does_not_take_back_what_took_back(self, town: Town, account: Any) -> None:
        """Else a credit would stand that no limit counts."""
        from curbstop.billing.models import AdjustmentRequest

        first = post(town, request(town, account, 3_000))
        asked = request_reversal(adjustment=first, note="It was not for them", by=town.people["lead"], at=NOON)
        second = post(town, asked, "manager")
        before = rows()

        statement = (
            "insert into billing_adjustmentrequest (account_id, kind, amount_cents, reason, note, evidence, reference,"
            " unit, reverses_id, requested_by_id, requested_on, at) select account_id, 'credit', amount_cents, reason,"
            " note, '', '', '', %s, requested_by_id, requested_on, at from billing_adjustmentrequest where id = %s"
        )
        assert refusing(statement, second.pk, asked.pk) == "adjustment_reverses_no_reversal"

        assert rows() == before
        assert AdjustmentRequest.objects.count() == 2

    @pytest.mark.parametrize("change", ["approved_at = now()", "approved_by_id = %s"])
    def test_does_not_approve_an_exemption_without_an_approver(self, town: Town, account: Any, change: str) -> None:
        from curbstop.customers.models import ServiceAgreement

        agreement = ServiceAgreement.objects.filter(account=account).earliest("pk")
        request_exemption(
            reason="Nobody lives there", starts_on=TODAY, by=town.people["lead"], at=NOON, agreement_id=agreement.pk
        )
        before = rows()

        values = [town.people["manager"].pk] if "%s" in change else []
        assert refusing(f"update billing_exemption set {change}", *values) == "exemption_approved_by_somebody"

        assert rows() == before


class TestMailing:
    def test_has_the_bills_of_its_run_and_no_other(self, town: Town, account: Any) -> None:
        """A bill on another run's list would be marked as mailed and never reach its customer."""
        from curbstop.billing.models import Piece, Printing

        first = BillingRun.objects.get()
        town.use(account, "8", starts_on=date(2026, 6, 30), ends_on=TODAY)
        lead = town.people["lead"]
        own = Printing.objects.create(run=first, pieces=1, total_cents=1, planned_by=lead, planned_at=NOON)
        other = BillingRun.objects.create(
            title="other", through_on=TODAY, bill_on=TODAY, due_on=TODAY, drafted_by=lead, drafted_at=NOON
        )
        wrong = Printing.objects.create(run=other, pieces=1, total_cents=1, planned_by=lead, planned_at=NOON)
        statement = (
            "insert into billing_piece (printing_id, position, bill_id, zip, tray_kind, tray)"
            " select %s, 1, id, '23300', 'x', 'x' from billing_bill"
        )

        assert refusing(statement, wrong.pk) == "piece_of_its_own_run"
        assert not Piece.objects.exists()
        assert refusing(statement, own.pk) is None
