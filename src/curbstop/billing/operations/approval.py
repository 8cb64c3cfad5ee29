"""Approval: a second person accepts a whole run, and its bills get their numbers.

Numbers are taken in one piece, so that they have no gap and no partition waits for another.
"""

from datetime import datetime

from django.db.models import Sum

from curbstop.billing import queries
from curbstop.billing.domain.advising import evidence_words
from curbstop.billing.models import BillingRun, DraftBill, RunPartition
from curbstop.billing.operations.totals import judge_total
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.approvals import refuse_same_person
from curbstop.foundation.database.transactions import transaction
from curbstop.foundation.numbering import reserve_numbers

NUMBER_SERIES = "billing.bill"
FAILURES_SHOWN = 5


class ApprovalRefused(Exception):
    """The run was not approved."""


def _same_person() -> ApprovalRefused:
    return ApprovalRefused("Who drafted a run cannot approve it: ask a second person.")


def _not_accounted_for() -> ApprovalRefused:
    return ApprovalRefused("An active agreement is not accounted for (run_accounts_for_every_service).")


def _open_exception() -> ApprovalRefused:
    return ApprovalRefused("A bill with an open exception would go out: settle it with a reason, or hold the bill.")


@transaction(
    refusals={
        "run_approved_by_second_person": _same_person,
        "run_accounts_for_every_service": _not_accounted_for,
        "run_has_no_open_exception": _open_exception,
    }
)
def approve_run(*, run: BillingRun, by: User, at: datetime, accepts_holds: bool = False) -> BillingRun:
    """Approve a drafted run that someone else drafted, and reserve the numbers of its bills.

    :raises ApprovalRefused: if the approver drafted it, it is no complete draft, an active agreement
        is neither billed nor held nor exempt, or most are held and the approver did not accept that
    """
    run = BillingRun.objects.select_for_update().select_related("drafted_by").get(pk=run.pk)
    if run.state != BillingRun.State.DRAFTED:
        raise ApprovalRefused(f"This run is {run.state} and cannot be approved.")
    refuse_same_person(run.drafted_by, by, _same_person())
    partitions = list(run.partitions.select_for_update().order_by("number"))
    if any(each.state != RunPartition.State.DRAFTED for each in partitions):
        raise ApprovalRefused("This run is not drafted to its end: draft it again.")
    _refuse_incomplete(run)
    _refuse_stranded(run)
    _refuse_overtaken(run)
    _refuse_corrected(run)
    _refuse_unsettled(run)
    going_out = DraftBill.objects.filter(run_id=run.pk, held=False)
    run.bills = sum(each.bills for each in partitions)
    if not run.bills:
        raise ApprovalRefused("Every bill of this run is held: there is nothing to release.")
    if not accepts_holds:
        _refuse_mostly_held(run)
    run.total_cents = going_out.aggregate(total=Sum("total_cents"))["total"]
    run.first_bill_number = reserve_numbers(NUMBER_SERIES, run.bills)
    run.state, run.approved_by, run.approved_at = BillingRun.State.APPROVED, by, at
    run.save()
    _number_partitions(partitions, run.first_bill_number)
    audit.record(
        actor=by,
        event="billing.run.approved",
        subject=run,
        at=at,
        detail={"bills": run.bills, "total_cents": run.total_cents},
    )
    return run


def _refuse_incomplete(run: BillingRun) -> None:
    failures = queries.completeness_failures(run)
    if failures:
        shown = " ".join(failures[:FAILURES_SHOWN])
        raise ApprovalRefused(f"{len(failures)} active agreements are not accounted for; draft the run again. {shown}")


def _refuse_stranded(run: BillingRun) -> None:
    """Refuse every run while the city serves somebody whom no run would bill (trust.md P10)."""
    stranded = queries.stopping_services(run.bill_on)
    if stranded:
        shown = " ".join(f"{each}." for each in stranded[:FAILURES_SHOWN])
        count = f"{len(stranded)} {'service is' if len(stranded) == 1 else 'services are'}"
        raise ApprovalRefused(f"{count} stranded, that no run would bill; place, bill or exempt them first. {shown}")


def _refuse_overtaken(run: BillingRun) -> None:
    """Refuse what would stop a whole partition at its release: an account that another run bills too."""
    twice = queries.billed_by_another(run)
    if twice:
        number, other = twice[0]
        raise ApprovalRefused(
            f"Account {number} has a bill in run {other} too: once that run is released, draft the account again."
        )


def _refuse_corrected(run: BillingRun) -> None:
    """Refuse a draft whose use is not what the reads say any more."""
    numbers = queries.drafted_on_superseded_use(run)
    if numbers:
        shown = ", ".join(numbers[:FAILURES_SHOWN])
        raise ApprovalRefused(f"A read was corrected since the draft; draft these accounts again: {shown}.")


def _refuse_unsettled(run: BillingRun) -> None:
    finding = judge_total(run)
    if finding is not None:
        raise ApprovalRefused(
            f"The run's total is not what was to be expected: {evidence_words(finding.code, finding.evidence)}."
            " Somebody settles this with a reason first."
        )


def _refuse_mostly_held(run: BillingRun) -> None:
    outcomes = queries.outcomes_of(run)
    if outcomes.are_mostly_held:
        raise ApprovalRefused(
            f"{outcomes.holds} That is more than half: confirm that you approve the run all the same."
        )


def _number_partitions(partitions: list[RunPartition], first: int) -> None:
    for partition in partitions:
        partition.first_bill_number = first
        first += partition.bills
    RunPartition.objects.bulk_update(partitions, ["first_bill_number"])
