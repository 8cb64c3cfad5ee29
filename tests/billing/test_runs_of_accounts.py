"""Runs of several cycles, of chosen accounts and of services that ended; one account drafted again; the run's total."""

from datetime import date

import pytest
from django.db import IntegrityError

from curbstop.billing import operations, queries
from curbstop.billing.models import (
    Bill,
    BilledPeriod,
    BillingRun,
    Clearance,
    Disposition,
    DraftBill,
    Finding,
    RunAccount,
    RunCycle,
    RunPartition,
)
from curbstop.foundation.database.transactions import transaction
from tests.billing.conftest import NOON, TODAY
from tests.refusals import refusing

pytestmark = pytest.mark.django_db
WHY = "Looked at the read and its photo"


def rule(town, code, value, unit):
    from curbstop.ordinances.models import CodeSection, RuleValue

    RuleValue.objects.create(
        code=code,
        starts_on=date(2026, 1, 1),
        value=value,
        unit=unit,
        section=CodeSection.objects.get(citation="13.1"),
        proposed_by=town.people["supervisor"],
        adopted_by=town.people["manager"],
    )


def another_cycle(town, code="EVEN"):
    with transaction():
        return operations.declare_cycles([(code, "South side", 2)])[code]


def move(account, cycle):
    from curbstop.billing.models import CycleAssignment

    CycleAssignment.objects.filter(account=account).update(cycle=cycle)


def off_cycle(town, *accounts):
    return operations.draft_off_cycle(
        account_ids=[each.pk for each in accounts], through=TODAY, bill_on=TODAY, by=town.people["lead"], at=NOON
    )


def release(town, run):
    return operations.release_bills(run=town.approve(run), by=town.people["manager"], at=NOON)


class TestDraftBills:
    def test_bills_several_cycles_in_one_run(self, town):
        north, south = town.account("100001"), town.account("100002")
        even = another_cycle(town)
        move(south, even)
        for account in (north, south):
            town.use(account, "14")

        run = release(town, town.draft(cycles=[town.cycle, even]))

        assert run.title == "ODD, EVEN"
        assert sorted(Bill.objects.values_list("account_id", flat=True)) == [north.pk, south.pk]
        assert not RunCycle.objects.filter(is_open=True).exists()

    def test_takes_the_place_of_the_drafts_of_each_of_its_cycles(self, town):
        town.use(town.account("100001"), "14")
        south = town.account("100002")
        even = another_cycle(town)
        move(south, even)
        both = town.draft(cycles=[town.cycle, even])

        town.draft(cycles=[even])

        both.refresh_from_db()
        assert both.state == "discarded"
        assert queries.open_run_of(town.cycle) is None

    def test_leaves_one_open_run_a_cycle_whoever_writes_it(self, town):
        town.use(town.account(), "14")
        town.draft()
        other = BillingRun.objects.create(
            title="x", through_on=TODAY, bill_on=TODAY, due_on=TODAY, drafted_by=town.people["lead"], drafted_at=NOON
        )

        with pytest.raises(IntegrityError, match="one_open_run_per_cycle"), transaction():
            RunCycle.objects.create(run=other, cycle=town.cycle)

        assert RunCycle.objects.count() == 1

    def test_bills_an_account_that_moved_from_where_it_began(self, town):
        from curbstop.billing.models import CycleAssignment

        account = town.account()
        town.use(account, "14")
        even = another_cycle(town)
        CycleAssignment.objects.filter(account=account).update(ends_on=date(2026, 6, 1))
        CycleAssignment.objects.create(account=account, cycle=even, starts_on=date(2026, 6, 1))

        release(town, town.draft(cycles=[even]))

        assert Bill.objects.get().starts_on == date(2026, 5, 1)


class TestDraftOffCycle:
    def test_bills_the_chosen_account_and_no_other(self, town):
        chosen, other = town.account("100001"), town.account("100002")
        for account in (chosen, other):
            town.use(account, "14")

        run = release(town, off_cycle(town, chosen))

        assert (run.kind, run.title) == ("off_cycle", "Off cycle of 1 account")
        assert [bill.account_id for bill in Bill.objects.all()] == [chosen.pk]

    def test_leaves_the_cycle_s_draft_and_its_next_draft_what_is_left(self, town):
        chosen, other = town.account("100001"), town.account("100002")
        for account in (chosen, other):
            town.use(account, "14")
        cycle_run = town.draft()
        release(town, off_cycle(town, chosen))

        with pytest.raises(operations.ApprovalRefused, match="Account 100001 has a bill in run"):
            town.approve(cycle_run)
        operations.redraft_account(run=cycle_run, account_id=chosen.pk, by=town.people["lead"], at=NOON)
        release(town, cycle_run)

        assert sorted(Bill.objects.values_list("account_id", flat=True)) == [chosen.pk, other.pk]
        assert BilledPeriod.objects.count() == 6

    def test_is_refused_while_the_account_waits_in_an_approved_run(self, town):
        account = town.account()
        town.use(account, "14")
        run = town.approve(town.draft())

        with pytest.raises(operations.DraftRefused, match=f"Account 100001 has a bill in run {run.pk}"):
            off_cycle(town, account)

        assert BillingRun.objects.count() == 1

    def test_is_not_approved_beside_a_run_that_bills_the_same(self, town):
        account = town.account()
        town.use(account, "14")
        chosen = off_cycle(town, account)
        town.approve(town.draft())

        with pytest.raises(operations.ApprovalRefused, match="Account 100001 has a bill in run"):
            town.approve(chosen)

        chosen.refresh_from_db()
        assert chosen.state == "drafted"

    def test_refuses_an_account_of_which_nobody_knows_since_when_it_is_billed(self, town):
        from curbstop.billing.models import CycleAssignment

        account = town.account()
        CycleAssignment.objects.all().delete()

        with pytest.raises(operations.DraftRefused, match="100001"):
            off_cycle(town, account)

        assert not BillingRun.objects.exists()

    def test_takes_no_further_account_once_it_is_approved(self, town):
        account, other = town.account("100001"), town.account("100002")
        town.use(account, "14")
        run = town.approve(off_cycle(town, account))

        with pytest.raises(IntegrityError, match="takes no further account"), transaction():
            RunAccount.objects.create(run=run, account=other)

        assert RunAccount.objects.count() == 1


class TestDraftFinalBills:
    def test_bills_what_ended_up_to_its_end_the_next_day(self, town):
        gone, stays = town.account("100001", ends_on=date(2026, 6, 30)), town.account("100002")
        for account in (gone, stays):
            town.use(account, "14")

        run = operations.draft_final_bills(through=TODAY, bill_on=TODAY, by=town.people["lead"], at=NOON)
        run = release(town, run)

        bill = Bill.objects.get()
        assert (run.kind, bill.account_id, bill.ends_on) == ("final", gone.pk, date(2026, 6, 30))
        assert not queries.accounts_with_final_bills(TODAY)

    def test_holds_by_name_what_has_no_final_read(self, town):
        town.account("100001", ends_on=date(2026, 6, 30))

        run = operations.draft_final_bills(through=TODAY, bill_on=TODAY, by=town.people["lead"], at=NOON)

        found = Disposition.objects.filter(run=run).values_list("kind", "reason", "since_on")
        assert set(found) == {("held", "FINAL_READ", date(2026, 5, 1))}

    def test_finds_who_left_the_cycle_before_the_last_bill(self, town):
        from curbstop.billing.models import CycleAssignment

        gone = town.account("100001", ends_on=date(2026, 6, 1))
        town.use(gone, "7", ends_on=date(2026, 6, 1))
        CycleAssignment.objects.filter(account=gone).update(ends_on=date(2026, 6, 1))

        with pytest.raises(operations.DraftRefused, match="no account"):
            town.draft()
        run = operations.draft_final_bills(through=TODAY, bill_on=TODAY, by=town.people["lead"], at=NOON)

        assert DraftBill.objects.get(run_id=run.pk).ends_on == date(2026, 6, 1)

    def test_says_when_nobody_waits_for_one(self, town):
        town.account()

        with pytest.raises(operations.DraftRefused, match="no account"):
            operations.draft_final_bills(through=TODAY, bill_on=TODAY, by=town.people["lead"], at=NOON)


class TestRedraftAccount:
    def test_draws_up_one_bill_again_and_leaves_the_others(self, town):
        from curbstop.rates.models import RateAssignment

        mended, other = town.account("100001"), town.account("100002")
        for account in (mended, other):
            town.use(account, "14")
        held = RateAssignment.objects.filter(schedule__code="sewer", agreement__account=mended).get()
        kept = {"agreement_id": held.agreement_id, "schedule_id": held.schedule_id, "starts_on": held.starts_on}
        held.delete()
        run = town.draft()
        untouched = Finding.objects.filter(account=other).values_list("pk", flat=True)
        before = list(untouched)
        assert DraftBill.objects.get(account_id=mended.pk).total_cents == 7600

        RateAssignment.objects.create(**kept, inputs={})
        operations.redraft_account(run=run, account_id=mended.pk, by=town.people["lead"], at=NOON)

        assert DraftBill.objects.get(account_id=mended.pk).total_cents == 11100
        assert not Disposition.objects.exists()
        assert list(untouched) == before
        assert release(town, run).bills == 2

    def test_gives_the_very_rows_that_the_batch_gave(self, town):
        for number, ccf in (("100001", "14"), ("100002", "900")):
            town.use(town.account(number), ccf)
        run = town.draft()
        drafted, partition = list(DraftBill.objects.order_by("account_id").values()), RunPartition.objects.get()

        for account_id in list(DraftBill.objects.values_list("account_id", flat=True)):
            operations.redraft_account(run=run, account_id=account_id, by=town.people["lead"], at=NOON)

        assert list(DraftBill.objects.order_by("account_id").values()) == drafted
        assert RunPartition.objects.get().bills == partition.bills

    def test_takes_back_the_decision_with_the_bill_it_was_made_on(self, town):
        account = town.account()
        town.use(account, "900")
        run = town.draft()
        operations.clear_bill(run=run, account_id=account.pk, reason=WHY, by=town.people["supervisor"], at=NOON)

        operations.redraft_account(run=run, account_id=account.pk, by=town.people["lead"], at=NOON)

        assert DraftBill.objects.get().held
        with pytest.raises(operations.ApprovalRefused, match="nothing to release"):
            town.approve(run)

    def test_refuses_an_approved_run_and_a_stranger(self, town):
        account = town.account("100001")
        town.use(account, "14")
        run = town.draft()
        stranger = town.account("100002")
        move(stranger, another_cycle(town))

        with pytest.raises(operations.DraftRefused, match="does not bill the account"):
            operations.redraft_account(run=run, account_id=stranger.pk, by=town.people["lead"], at=NOON)
        town.approve(run)
        with pytest.raises(operations.DraftRefused, match="approved"):
            operations.redraft_account(run=run, account_id=account.pk, by=town.people["lead"], at=NOON)

        assert DraftBill.objects.count() == 1


class TestClearFinding:
    def test_lets_the_bill_go_when_nothing_of_it_is_left_open(self, town):
        account = town.account()
        town.use(account, "2400")
        run = town.draft()
        capacity, large = Finding.objects.filter(blocking=True).order_by("-code")
        assert (capacity.code, large.code) == ("CAPACITY", "AMT")
        people = town.people

        operations.clear_finding(run=run, finding_id=capacity.pk, reason=WHY, by=people["lead"], at=NOON)
        assert DraftBill.objects.get().held
        operations.clear_finding(run=run, finding_id=large.pk, reason=WHY, by=people["supervisor"], at=NOON)

        assert not DraftBill.objects.get().held
        settled = Finding.objects.get(pk=capacity.pk)
        assert (settled.disposition, settled.decided_by, settled.decided_at) == ("cleared", people["lead"], NOON)
        assert Clearance.objects.get().by == people["supervisor"]

    def test_settles_nothing_without_a_reason_nor_twice(self, town):
        town.use(town.account(), "900")
        run = town.draft()
        finding = Finding.objects.get(blocking=True)

        with pytest.raises(operations.ReviewRefused, match="reason"):
            operations.clear_finding(run=run, finding_id=finding.pk, reason="ok", by=town.people["lead"], at=NOON)
        assert Finding.objects.get(pk=finding.pk).disposition == "open"
        operations.clear_finding(run=run, finding_id=finding.pk, reason=WHY, by=town.people["lead"], at=NOON)
        with pytest.raises(operations.ReviewRefused, match="settled already"):
            operations.clear_finding(run=run, finding_id=finding.pk, reason=WHY, by=town.people["lead"], at=NOON)

        assert Clearance.objects.count() == 1

    def test_leaves_a_bill_that_a_person_holds(self, town):
        account = town.account()
        town.use(account, "14")
        run = town.draft()
        first = Finding.objects.get(code="FIRST")
        operations.hold_bill(run=run, account_id=account.pk, reason=WHY, by=town.people["lead"], at=NOON)

        operations.clear_finding(run=run, finding_id=first.pk, reason=WHY, by=town.people["lead"], at=NOON)

        assert DraftBill.objects.get().held


class TestJudgeTotal:
    @pytest.fixture
    def billed(self, town):
        """A town whose account was billed once, with the rule about the run's total."""
        rule(town, "billing.run_total_change_max", 20, "percent")
        account = town.account(starts_on=date(2026, 1, 1))
        from curbstop.billing.models import CycleAssignment

        CycleAssignment.objects.update(starts_on=date(2026, 1, 1))
        town.use(account, "14", starts_on=date(2026, 1, 1), ends_on=date(2026, 3, 2))
        release(town, town.draft(date(2026, 3, 3)))
        return town, account

    def test_stops_a_run_far_from_its_forecast_until_somebody_says_why(self, billed):
        town, account = billed
        town.use(account, "24", starts_on=date(2026, 3, 2), ends_on=date(2026, 5, 1))
        run = town.draft(date(2026, 5, 2))
        finding = Finding.objects.get(account=None)
        assert (finding.code, finding.stage, finding.blocking) == ("TOTAL", "run", True)

        with pytest.raises(operations.ApprovalRefused, match="to be expected"):
            town.approve(run)
        run.refresh_from_db()
        assert run.state == "drafted"
        operations.clear_finding(run=run, finding_id=finding.pk, reason=WHY, by=town.people["lead"], at=NOON)

        assert town.approve(run).bills == 1

    def test_is_quiet_about_a_usual_run(self, billed):
        town, account = billed
        town.use(account, "15", starts_on=date(2026, 3, 2), ends_on=date(2026, 5, 1))

        run = town.draft(date(2026, 5, 2))

        assert not Finding.objects.filter(account=None).exists()
        assert town.approve(run).bills == 1


class TestDiscardRun:
    def test_frees_the_cycle_and_keeps_the_run(self, town):
        town.use(town.account(), "14")
        run = operations.discard_run(run=town.draft(), reason=WHY, by=town.people["lead"], at=NOON)

        assert run.state == "discarded"
        assert queries.open_run_of(town.cycle) is None
        assert not DraftBill.objects.exists()


class TestRunRows:
    def test_keep_their_cycles_whoever_writes(self, town):
        town.use(town.account(), "14")
        town.draft()
        before = list(RunCycle.objects.values())

        assert refusing("update billing_runcycle set is_open = false") == "run_cycles_stay"
        assert refusing("update billing_runcycle set cycle_id = cycle_id + 1") == "run_cycles_stay"
        assert refusing("delete from billing_runcycle") == "run_cycles_stay"

        assert list(RunCycle.objects.values()) == before

    def test_do_not_become_approved_while_a_service_is_left_out(self, town):
        town.use(town.account(), "14")
        town.draft()
        DraftBill.objects.update(held=True)
        before = list(BillingRun.objects.values())

        refused = refusing(
            "update billing_billingrun set state = 'approved', approved_by_id = %s, first_bill_number = 1",
            town.people["manager"].pk,
        )

        assert refused == "run_accounts_for_every_service"
        assert list(BillingRun.objects.values()) == before

    def test_say_who_settled_an_exception(self, town):
        town.use(town.account(), "900")
        town.draft()
        before = list(Finding.objects.values())

        assert refusing("update billing_finding set disposition = 'cleared'") == "finding_cleared_by_a_person"

        assert list(Finding.objects.values()) == before
