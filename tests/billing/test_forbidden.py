"""What plain SQL cannot do to a run that was drafted, approved and released, nor to the bills of it."""

from typing import Any

import pytest
from django.db import ProgrammingError

from curbstop.billing.models import Bill, BillingRun, Cancellation, DraftBill, DraftLine, RunPartition
from curbstop.billing.operations import CancellationRefused, cancel_bill, request_cancellation
from tests.billing.conftest import NOON, TODAY, Town
from tests.refusals import refusing

pytestmark = pytest.mark.django_db


def rows() -> list[Any]:
    return [list(model.objects.values()) for model in (BillingRun, RunPartition, DraftBill, DraftLine, Cancellation)]


@pytest.fixture
def billed(town: Town) -> Town:
    """Two accounts with usage, one of them to be held."""
    for number in ("100001", "100002"):
        town.use(town.account(number), "8")
    return town


class TestDraftedRun:
    def test_keeps_its_drafter_and_its_days(self, billed: Town) -> None:
        billed.draft()
        before = rows()

        for change in ("drafted_by_id = drafted_by_id + 1", "due_on = due_on + 30", "bill_on = bill_on - 1"):
            assert refusing(f"update billing_billingrun set {change}") == "run_stays_as_approved"
        assert refusing("delete from billing_runpartition") == "partition_goes_forward"

        assert rows() == before


class TestApprovedRun:
    @pytest.mark.parametrize(
        ("statement", "constraint"),
        [
            ("update billing_billingrun set state = 'drafted'", "run_goes_forward"),
            ("update billing_billingrun set state = 'discarded'", "run_goes_forward"),
            ("update billing_billingrun set total_cents = 1", "run_stays_as_approved"),
            ("update billing_billingrun set approved_by_id = drafted_by_id", "run_stays_as_approved"),
            ("update billing_runpartition set bills = bills - 1", "partition_goes_forward"),
            ("update billing_runpartition set first_bill_number = 99", "partition_goes_forward"),
            ("update billing_draftbill set total_cents = 1", "billing_draftbill_as_approved"),
            ("update billing_draftbill set held = true", "billing_draftbill_as_approved"),
            ("delete from billing_draftbill", "billing_draftbill_as_approved"),
            ("update billing_draftline set amount_cents = 1", "billing_draftline_as_approved"),
            ("delete from billing_draftline", "billing_draftline_as_approved"),
            ("delete from billing_disposition", "billing_disposition_as_approved"),
            ("update billing_disposition set reason = 'x'", "billing_disposition_as_approved"),
            ("delete from billing_finding", "billing_finding_as_approved"),
        ],
    )
    def test_is_released_as_it_was_approved(self, billed: Town, statement: str, constraint: str) -> None:
        billed.account("100003")  # without a read: held by name
        billed.approve(billed.draft())
        before = rows()

        assert refusing(statement) == constraint

        assert rows() == before


class TestReleasedRun:
    @pytest.mark.parametrize(
        ("statement", "constraint"),
        [
            ("update billing_billingrun set state = 'drafted'", "run_goes_forward"),
            ("update billing_billingrun set state = 'approved'", "run_goes_forward"),
            ("update billing_billingrun set released_by_id = drafted_by_id", "run_goes_forward"),
            ("update billing_runpartition set state = 'drafted'", "partition_goes_forward"),
            ("delete from billing_runpartition", "partition_goes_forward"),
            ("delete from billing_disposition", "billing_disposition_as_approved"),
        ],
    )
    def test_stays_released(self, billed: Town, statement: str, constraint: str) -> None:
        billed.account("100003")
        billed.release()
        before = rows()

        assert refusing(statement) == constraint

        assert rows() == before

    def test_makes_room_for_the_next_draft(self, billed: Town) -> None:
        billed.release()

        billed.draft()

        assert BillingRun.objects.count() == 2


class TestCancellation:
    CANCEL = (
        "insert into billing_cancellation (bill_id, entry_id, reason, requested_by_id, approved_by_id, at)"
        " select b.id, {entry}, 'because I say so', %s, %s, now() from billing_bill b order by b.id limit 1"
    )

    @pytest.mark.parametrize("entry", ["null::bigint", "b.entry_id", "b.entry_id + 1"])
    def test_needs_the_entry_that_reverses_its_bill(self, billed: Town, entry: str) -> None:
        billed.release()
        before = rows()

        people = (billed.people["lead"].pk, billed.people["manager"].pk)
        assert refusing(self.CANCEL.format(entry=entry), *people) == "cancellation_reverses_its_bill"

        assert rows() == before

    def test_is_asked_for_once_and_for_all(self, billed: Town) -> None:
        billed.release()
        bill = Bill.objects.earliest("number")
        request_cancellation(bill=bill, reason="Read of the neighbor", by=billed.people["lead"], at=NOON)

        with pytest.raises(ProgrammingError, match="permission denied"):
            refusing("update billing_cancellationrequest set by_id = by_id + 1")

    def test_is_still_done_by_the_operation(self, billed: Town) -> None:
        billed.release()
        bill = Bill.objects.earliest("number")
        asks, approves = billed.people["lead"], billed.people["manager"]

        cancel_bill(bill=bill, reason="Read of the neighbor", requested_by=asks, approved_by=approves, at=NOON)

        assert Bill.objects.filter(cancelled_at__isnull=False).count() == 1

    def test_says_why_it_is_not_done_on_a_closed_day(self, billed: Town) -> None:
        from curbstop.ledger.operations import close_business_day

        billed.release()
        bill = Bill.objects.earliest("number")
        asks, approves = billed.people["lead"], billed.people["manager"]
        close_business_day(day=TODAY, by=approves, at=NOON)
        before = rows()

        with pytest.raises(CancellationRefused, match="business day"):
            cancel_bill(bill=bill, reason="Read of the neighbor", requested_by=asks, approved_by=approves, at=NOON)

        assert rows() == before
