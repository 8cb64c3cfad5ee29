"""Drafting: a run's accounts are calculated partition by partition, or one of them once more.

A draft has no effect on the ledger and can be made again at will: the new run takes the place of
the drafted one, and one account can be drafted again without the others.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from datetime import date, datetime

import polars as pl
from django.db import connection
from django.db.models import F

from curbstop.billing import queries
from curbstop.billing.domain.drafting import Drafted, draft
from curbstop.billing.domain.partitions import OneAccount, Stretch
from curbstop.billing.models import (
    BillingRun,
    Cycle,
    Disposition,
    DraftBill,
    DraftLine,
    Finding,
    RunPartition,
)
from curbstop.billing.operations.runs import DraftRefused, RunPlan, open_run
from curbstop.billing.operations.totals import judge_total
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.copying import copy_frame
from curbstop.foundation.database.transactions import transaction
from curbstop.metering.operations import settle_usage
from curbstop.metering.queries import AccountRange, has_reads, usage_policy_on


def draft_bills(  # the six facts of a run, each named by its caller
    *,
    cycles: Iterable[Cycle],
    through: date,
    bill_on: date,
    by: User,
    at: datetime,
    executor: Executor | None = None,
) -> BillingRun:
    """Calculate what every account of some cycles owes for the days before `through`.

    Takes the place of the drafted runs of these cycles.

    :raises DraftRefused: if days after the bill date would be billed, a run of a cycle waits for
        its release, or the cycles have no account
    """
    plan = RunPlan(cycles=tuple(cycles), through=through, bill_on=bill_on)
    return draft_plan(plan=plan, by=by, at=at, executor=executor)


def draft_off_cycle(*, account_ids: Sequence[int], through: date, bill_on: date, by: User, at: datetime) -> BillingRun:
    """Calculate what chosen accounts owe for the days before `through`, whatever their cycle does.

    :raises DraftRefused: if days to come would be billed, or an account has an approved bill or no cycle
    """
    plan = RunPlan(
        kind=BillingRun.Kind.OFF_CYCLE, account_ids=sorted(set(account_ids)), through=through, bill_on=bill_on
    )
    return draft_plan(plan=plan, by=by, at=at)


def draft_final_bills(*, through: date, bill_on: date, by: User, at: datetime) -> BillingRun:
    """Calculate the last bill of every service that ended by a day and is not billed to its end.

    :raises DraftRefused: if no service waits for its last bill, or one of the accounts has an approved bill
    """
    account_ids = queries.accounts_with_final_bills(through)
    plan = RunPlan(kind=BillingRun.Kind.FINAL, account_ids=account_ids, through=through, bill_on=bill_on)
    return draft_plan(plan=plan, by=by, at=at)


def draft_plan(*, plan: RunPlan, by: User, at: datetime, executor: Executor | None = None) -> BillingRun:
    """Open the planned run, and draft its partitions here or on an executor.

    :raises DraftRefused: if the run cannot be opened
    """
    run = open_run(plan=plan, by=by, at=at)
    numbers = list(run.partitions.values_list("number", flat=True))
    if executor is None:
        for number in numbers:
            settle_and_draft(run.pk, number)
    else:
        for future in [executor.submit(settle_and_draft, run.pk, each) for each in numbers]:
            future.result()
    judge_drafted(run.pk)
    return run


@transaction
def judge_drafted(run_id: int) -> None:
    """Compare a drafted run's total with the forecast, once all of it is drafted."""
    judge_total(BillingRun.objects.select_for_update().get(pk=run_id))


def settle_and_draft(run_id: int, number: int) -> int:
    """Turn a partition's reads into usage, then draft it: two operations, each of which may be repeated.

    :raises DraftRefused: if the run is no longer a draft
    """
    run = BillingRun.objects.select_related("drafted_by").get(pk=run_id)
    _settle(run, RunPartition.objects.get(run_id=run_id, number=number), by=run.drafted_by, at=run.drafted_at)
    return draft_partition(run_id, number)


def _settle(run: BillingRun, stretch: Stretch, *, by: User, at: datetime) -> None:
    accounts = AccountRange(stretch.first_account_id, stretch.last_account_id)
    if has_reads(accounts, through=run.through_on):
        settle_usage(
            accounts=accounts,
            through=run.through_on,
            policy=usage_policy_on(run.through_on),
            by=by,
            at=at,
        )


@transaction
def draft_partition(run_id: int, number: int) -> int:
    """Calculate one partition of a drafted run, from nothing, and return how many bills it has.

    Doing it twice is doing it once.

    :raises DraftRefused: if the run is no longer a draft
    """
    _keep_open(run_id)
    partition = RunPartition.objects.select_for_update().get(run_id=run_id, number=number)
    run = BillingRun.objects.get(pk=run_id)
    if run.state != BillingRun.State.DRAFTED:
        raise DraftRefused(f"Run {run.pk} is {run.state}: it cannot be drafted again.")
    _commit_without_waiting()
    if partition.state != RunPartition.State.PLANNED:
        _empty(run_id, partition)
    drafted, last_agreement_id = _draft(run, partition)
    bills = int((~drafted.bills["held"]).sum())
    partition.state = RunPartition.State.DRAFTED
    partition.bills = bills
    partition.last_agreement_id = last_agreement_id
    partition.save(update_fields=["state", "bills", "last_agreement_id"])
    return bills


def redraft_account(*, run: BillingRun, account_id: int, by: User, at: datetime) -> BillingRun:
    """Calculate one account of a drafted run once more, as after its read or its rate was mended.

    A decision on its bill is taken back with the bill it was made on.

    :raises DraftRefused: if the run is no draft, not drafted to its end, or does not bill the account
    """
    _settle(run, OneAccount(account_id), by=by, at=at)
    return _redraft(run_id=run.pk, account_id=account_id, by=by, at=at)


@transaction
def _redraft(*, run_id: int, account_id: int, by: User, at: datetime) -> BillingRun:
    run = BillingRun.objects.select_for_update().get(pk=run_id)
    if run.state != BillingRun.State.DRAFTED:
        raise DraftRefused(f"This run is {run.state}: its bills can no longer be drafted again.")
    partition = (
        RunPartition.objects.select_for_update()
        .filter(run=run, first_account_id__lte=account_id, last_account_id__gte=account_id)
        .first()
    )
    if partition is None or account_id not in queries.accounts_of_run(run, OneAccount(account_id)):
        raise DraftRefused("This run does not bill the account: draft the run again.")
    if partition.state != RunPartition.State.DRAFTED:
        raise DraftRefused("This run is not drafted to its end: draft it again.")
    account = OneAccount(account_id)
    before = DraftBill.objects.filter(run_id=run_id, account_id=account_id, held=False).count()
    _empty(run_id, account)
    drafted, last_agreement_id = _draft(run, account)
    partition.bills = F("bills") + int((~drafted.bills["held"]).sum()) - before
    partition.last_agreement_id = max(partition.last_agreement_id, last_agreement_id)
    partition.save(update_fields=["bills", "last_agreement_id"])
    judge_total(run)
    audit.record(actor=by, event="billing.bill.drafted_again", subject=run, at=at, detail={"account": account_id})
    return run


def _keep_open(run_id: int) -> None:
    """Let an approval of the run wait: it locks the run first and its partitions then, and so do we."""
    with connection.cursor() as cursor:
        cursor.execute("select from billing_billingrun where id = %s for share", [run_id])


def _commit_without_waiting() -> None:
    """Leave it to the approval, whose commit waits, to bring the draft to the disk with it (ADR 20).

    A server that fails in between has forgotten that the partition was drafted: the approval is refused then.
    """
    with connection.cursor() as cursor:
        cursor.execute("set local synchronous_commit to off")


def _empty(run_id: int, stretch: Stretch) -> None:
    for model in (DraftLine, DraftBill, Finding, Disposition):
        model.objects.filter(
            run_id=run_id, account_id__gte=stretch.first_account_id, account_id__lte=stretch.last_account_id
        ).delete()


def _draft(run: BillingRun, stretch: Stretch) -> tuple[Drafted, int]:
    """Calculate a stretch, write it, and return it with the newest agreement that was known."""
    columns = queries.columns_of(run, stretch)
    drafted = draft(columns, queries.limits_on(run.bill_on))
    for table, frame in (
        ("billing_draftbill", drafted.bills),
        ("billing_draftline", drafted.lines),
        ("billing_disposition", drafted.dispositions),
        ("billing_finding", drafted.findings),
    ):
        copy_frame(table, frame.with_columns(pl.lit(run.pk, pl.Int64).alias("run_id")))
    return drafted, columns.last_agreement_id
