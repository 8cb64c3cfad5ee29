"""Two people, or two workers, at the same moment: one is first, the other is told so, and no cent moves twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from curbstop.billing import operations
from curbstop.billing.domain.adjustments import Asked, AskedLine
from curbstop.billing.models import (
    Adjustment,
    Bill,
    BillingRun,
    Cancellation,
    CreditApplication,
    DraftBill,
    Exemption,
    Refund,
)
from curbstop.billing.operations.rebilling import RebillRefused, approve_rebill, draft_rebill, run_rebill
from curbstop.billing.proofs import PROOFS
from curbstop.customers.models import ServiceAgreement
from curbstop.ledger.proofs import PROOFS as LEDGER_PROOFS
from curbstop.ledger.queries import open_items_of, unapplied_credit_of
from tests.billing.conftest import NOON, TODAY, Town
from tests.billing.test_rebilling import CHESAPEAKE, RATE, REASON, corrected_water

pytestmark = pytest.mark.django_db(transaction=True)
REFUSED = (
    operations.AdjustmentRefused,
    operations.ApprovalRefused,
    operations.CancellationRefused,
    operations.DraftRefused,
    operations.ExemptionRefused,
    operations.RefundRefused,
    operations.ReleaseRefused,
    operations.ReviewRefused,
    RebillRefused,
)


def at_once(*verbs: Callable[[], Any]) -> int:
    """Begin all verbs together, and return how many went through; a refusal that is not named fails the test."""
    together = Barrier(len(verbs))

    def run(verb: Callable[[], Any]) -> bool:
        together.wait()
        try:
            verb()
        except REFUSED:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(verbs)) as threads:
        return sum(threads.map(run, verbs))


def failures() -> list[str]:
    return [failure for proof in (*PROOFS, *LEDGER_PROOFS) for failure in proof.check().failures]


@pytest.fixture
def drafted(town: Town) -> BillingRun:
    for number in ("100001", "100002", "100003"):
        town.use(town.account(number), "8")
    run: BillingRun = town.draft()
    return run


@pytest.fixture
def account(town: Town) -> Any:
    shown = town.account()
    town.use(shown, "8")
    town.release()
    return shown


class TestRun:
    def test_is_approved_by_one(self, town: Town, drafted: BillingRun) -> None:
        manager, supervisor = town.people["manager"], town.people["supervisor"]
        done = at_once(
            *(lambda by=by: operations.approve_run(run=drafted, by=by, at=NOON) for by in (manager, supervisor) * 2)
        )
        assert done == 1
        drafted.refresh_from_db()
        assert (drafted.state, drafted.bills) == ("approved", 3)

    @pytest.mark.parametrize("other", ["redraft", "hold", "discard"])
    def test_is_approved_before_or_after_it_changes(self, town: Town, drafted: BillingRun, other: str) -> None:
        lead = town.people["lead"]
        account_id = DraftBill.objects.filter(run=drafted).order_by("account_id")[0].account_id
        change = {
            "redraft": lambda: operations.redraft_account(run=drafted, account_id=account_id, by=lead, at=NOON),
            "hold": lambda: operations.hold_bill(
                run=drafted, account_id=account_id, reason="Look at it again", by=lead, at=NOON
            ),
            "discard": lambda: operations.discard_run(run=drafted, reason="Wrong day", by=lead, at=NOON),
        }[other]
        at_once(change, lambda: operations.approve_run(run=drafted, by=town.people["manager"], at=NOON))
        drafted.refresh_from_db()
        if drafted.state == "approved":
            operations.release_bills(run=drafted, by=town.people["manager"], at=NOON)
            assert Bill.objects.count() == drafted.bills == DraftBill.objects.filter(run=drafted, held=False).count()
        assert not [each for each in failures() if "held" not in each and "neither" not in each]

    def test_is_released_once_by_many_workers(self, town: Town, drafted: BillingRun) -> None:
        run = town.approve(drafted)
        at_once(*(lambda: operations.release_bills(run=run, by=town.people["manager"], at=NOON) for _ in range(4)))
        run.refresh_from_db()
        assert (run.state, Bill.objects.count()) == ("released", 3)
        assert failures() == []


class TestBill:
    def test_is_cancelled_once(self, town: Town, account: Any) -> None:
        bill = Bill.objects.get()
        lead, manager, supervisor = (town.people[who] for who in ("lead", "manager", "supervisor"))
        request = operations.request_cancellation(bill=bill, reason=REASON, by=lead, at=NOON)
        done = at_once(
            *(
                lambda by=by: operations.approve_cancellation(request=request, by=by, at=NOON)
                for by in (manager, supervisor)
            )
        )
        assert (done, Cancellation.objects.count()) == (1, 1)

    def test_is_adjusted_or_cancelled_and_never_both(self, town: Town, account: Any) -> None:
        bill, lead, manager = Bill.objects.get(), town.people["lead"], town.people["manager"]
        request = self.asked(town, account)
        cancels = operations.request_cancellation(bill=bill, reason=REASON, by=lead, at=NOON)
        done = at_once(
            lambda: operations.post_adjustment(request=request, by=town.people["supervisor"], at=NOON),
            lambda: operations.approve_cancellation(request=cancels, by=manager, at=NOON),
        )
        assert done == 1
        assert Adjustment.objects.count() + Cancellation.objects.count() == 1
        assert unapplied_credit_of([account.debtor_id])[account.debtor_id] == 0

    def test_is_credited_once(self, town: Town, account: Any) -> None:
        request = self.asked(town, account)
        done = at_once(
            *(
                lambda by=by: operations.post_adjustment(request=request, by=town.people[by], at=NOON)
                for by in ("supervisor", "manager")
            )
        )
        assert (done, Adjustment.objects.count()) == (1, 1)

    def test_is_replaced_once(self, town: Town, account: Any) -> None:
        corrected_water(town.people, CHESAPEAKE)
        manager, supervisor = town.people["manager"], town.people["supervisor"]
        batch = draft_rebill(correction=RATE, reason=REASON, by=town.people["lead"], at=NOON)
        assert (
            at_once(*(lambda by=by: approve_rebill(batch=batch, by=by, at=NOON) for by in (manager, supervisor))) == 1
        )
        batch.refresh_from_db()
        at_once(*(lambda: run_rebill(batch=batch, by=manager, at=NOON) for _ in range(3)))
        assert (Bill.objects.count(), Bill.objects.filter(cancelled_at=None).count()) == (2, 1)
        assert failures() == []

    @staticmethod
    def asked(town: Town, account: Any) -> Any:
        item = open_items_of(account.debtor_id)[0]
        line = AskedLine(town.services[item.service_code], 2_000, item.id)
        asked = Asked(kind="credit", reason="courtesy", note="The notice came late.", lines=(line,))
        return operations.request_adjustment(account=account, asked=asked, by=town.people["lead"], at=NOON)


class TestCredit:
    def test_is_refunded_once(self, town: Town, account: Any) -> None:
        """Two requests for the same credit, both approved, are released at the same moment."""
        town.pay(account, sum(item.balance_cents for item in open_items_of(account.debtor_id)) + 3_000)
        wanted = operations.Wanted(amount_cents=3_000, reason="Moved away for good", payee="The customer")
        requests = [self.approved(town, account, wanted) for _ in range(2)]
        done = at_once(
            *(lambda each=each: operations.release_refund(request=each, by=town.people["manager"], at=NOON) for each in
              requests * 2)
        )  # fmt: skip
        assert (done, Refund.objects.count()) == (1, 1)
        assert unapplied_credit_of([account.debtor_id])[account.debtor_id] == 0

    def test_is_applied_by_one_worker(self, town: Town, account: Any) -> None:
        from curbstop.ordinances.models import CodeSection, RuleValue

        RuleValue.objects.create(
            code="billing.apply_credit_on_release", starts_on="2026-01-01", value="yes", unit="choice",
            section=CodeSection.objects.get(citation="13.1"), proposed_by=town.people["lead"],
            adopted_by=town.people["manager"],
        )  # fmt: skip
        run = BillingRun.objects.get()
        other = town.account("100009", services=("stormwater",))
        town.pay(account, 1_000)
        before = sum(item.balance_cents for item in open_items_of(account.debtor_id))
        self.give_credit(town, account, 1_500)
        at_once(*(lambda: operations.apply_credits(run=run, by=town.people["lead"], at=NOON) for _ in range(3)))
        assert CreditApplication.objects.count() == 1
        assert sum(item.balance_cents for item in open_items_of(account.debtor_id)) == before - 1_500
        assert unapplied_credit_of([account.debtor_id, other.debtor_id])[account.debtor_id] == 0

    @staticmethod
    def give_credit(town: Town, account: Any, cents: int) -> None:
        from curbstop.foundation.database.transactions import transaction
        from curbstop.ledger.operations import Line, post_entry
        from curbstop.ledger.queries import gl_account

        with transaction():
            post_entry(
                kind="payment",
                lines=(
                    Line.debit(gl_account("cash_drawer").pk, cents),
                    Line.credit(gl_account("unapplied_credit").pk, cents, debtor_id=account.debtor_id),
                ),
                source="test.payment:2", business_date=TODAY, actor=town.people["lead"], posted_at=NOON,
            )  # fmt: skip

    @staticmethod
    def approved(town: Town, account: Any, wanted: Any) -> Any:
        from curbstop.billing.models import RefundRequest

        lead, supervisor = town.people["lead"], town.people["supervisor"]
        if RefundRequest.objects.exists():
            first = RefundRequest.objects.get()
            request = RefundRequest.objects.create(
                account=account, kind="refund", amount_cents=3_000, payee="A friend", reason="Moved away for good",
                requested_by=lead, requested_on=first.requested_on, at=NOON,
            )  # fmt: skip
        else:
            request = operations.request_refund(account=account, wanted=wanted, by=lead, at=NOON)
        operations.approve_refund(request=request, by=supervisor, at=NOON)
        operations.approve_refund(request=request, by=town.people["auditor"], at=NOON)
        return request


class TestExemption:
    def test_is_approved_by_one(self, town: Town, account: Any) -> None:
        agreement = ServiceAgreement.objects.filter(account=account).earliest("pk")
        exemption = operations.request_exemption(
            reason="Nobody lives there", starts_on=TODAY, by=town.people["lead"], at=NOON, agreement_id=agreement.pk
        )
        done = at_once(
            *(
                lambda by=by: operations.approve_exemption(exemption=exemption, by=town.people[by], at=NOON)
                for by in ("manager", "supervisor")
            )
        )
        assert done == 1
        assert Exemption.objects.get().approved_by is not None
