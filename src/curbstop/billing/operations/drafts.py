"""Drafting: a cycle becomes a run, and each partition of it is calculated on its own.

A draft has no effect on the ledger and can be made again at will: the new run takes the place of
the drafted one.
"""

from concurrent.futures import Executor
from datetime import date, datetime, timedelta

import polars as pl
from django.db import connection
from django.db.models import Q

from curbstop.billing import queries
from curbstop.billing.domain.drafting import Drafted, draft
from curbstop.billing.domain.explaining import long_date
from curbstop.billing.domain.partitions import cut
from curbstop.billing.domain.wording import FALLBACK_LANGUAGE
from curbstop.billing.models import (
    BillingRun,
    Cycle,
    Disposition,
    DraftBill,
    DraftLine,
    Finding,
    RunPartition,
)
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.copying import copy_frame
from curbstop.foundation.database.transactions import transaction
from curbstop.metering.operations import settle_usage
from curbstop.metering.queries import AccountRange, has_reads, usage_policy_on
from curbstop.ordinances.queries import calendar_on, value_on


class DraftRefused(Exception):
    """The cycle was not drafted."""


def draft_bills(  # the six facts of a run, each named by its caller
    *,
    cycle: Cycle,
    through: date,
    bill_on: date,
    by: User,
    at: datetime,
    executor: Executor | None = None,
) -> BillingRun:
    """Calculate what every account of a cycle owes for the days before `through`.

    Takes the place of the cycle's drafted run, if there is one.

    :raises DraftRefused: if days after the bill date would be billed, a run of the cycle waits for
        its release, or the cycle has no account
    """
    refuse_days_to_come(through=through, bill_on=bill_on)
    run = _open_run(cycle=cycle, through=through, bill_on=bill_on, by=by, at=at)
    numbers = list(run.partitions.values_list("number", flat=True))
    if executor is None:
        for number in numbers:
            settle_and_draft(run.pk, number)
    else:
        for future in [executor.submit(settle_and_draft, run.pk, each) for each in numbers]:
            future.result()
    return run


def refuse_days_to_come(*, through: date, bill_on: date) -> None:
    """Refuse a run that would bill a day of which nobody knows the use yet.

    :raises DraftRefused: if `through` is later than the bill date
    """
    if through > bill_on:
        until, today = (long_date(day, FALLBACK_LANGUAGE) for day in (through, bill_on))
        raise DraftRefused(f"Days before {until} are not over: the business day is {today}. Choose that day at most.")


def settle_and_draft(run_id: int, number: int) -> int:
    """Turn a partition's reads into usage, then draft it: two operations, each of which may be repeated.

    :raises DraftRefused: if the run is no longer a draft
    """
    run = BillingRun.objects.select_related("drafted_by").get(pk=run_id)
    partition = RunPartition.objects.get(run_id=run_id, number=number)
    accounts = AccountRange(partition.first_account_id, partition.last_account_id)
    if has_reads(accounts, through=run.through_on):
        settle_usage(
            accounts=accounts,
            through=run.through_on,
            policy=usage_policy_on(run.through_on),
            by=run.drafted_by,
            at=run.drafted_at,
        )
    return draft_partition(run_id, number)


@transaction
def _open_run(*, cycle: Cycle, through: date, bill_on: date, by: User, at: datetime) -> BillingRun:
    """Discard the drafted run of the cycle and plan the partitions of a new one."""
    cycle = Cycle.objects.select_for_update().get(pk=cycle.pk)
    earlier = BillingRun.objects.filter(cycle=cycle)
    approved = earlier.filter(state=BillingRun.State.APPROVED).first()
    if approved is not None:
        raise DraftRefused(f"Cycle {cycle.code} has an approved run through {approved.through_on}: release it first.")
    _throw_away_drafts(cycle)
    earlier.filter(state=BillingRun.State.DRAFTED).update(state=BillingRun.State.DISCARDED)
    stretches = cut(queries.account_ids_in(cycle, through))
    if not stretches:
        raise DraftRefused(f"Cycle {cycle.code} has no account to bill through {through}.")
    due_days = value_on("billing.due_days", bill_on).number
    run = BillingRun.objects.create(
        cycle=cycle,
        through_on=through,
        bill_on=bill_on,
        # A deadline of the customer's on a closed day moves to the next open one (rulebook §3.4).
        due_on=calendar_on().next_business_day(bill_on + timedelta(days=due_days)),
        drafted_by=by,
        drafted_at=at,
    )
    RunPartition.objects.bulk_create(
        RunPartition(
            run=run,
            number=stretch.number,
            first_account_id=stretch.first_account_id,
            last_account_id=stretch.last_account_id,
        )
        for stretch in stretches
    )
    audit.record(
        actor=by,
        event="billing.run.drafted",
        subject=run,
        at=at,
        detail={"cycle": cycle.code, "through": through.isoformat()},
    )
    return run


def _throw_away_drafts(cycle: Cycle) -> None:
    """Delete what earlier runs calculated; what they released, held or exempted stays."""
    of_cycle = Q(run__cycle=cycle)
    runs = BillingRun.objects.filter(cycle=cycle)
    ids = list(runs.values_list("pk", flat=True))
    DraftLine.objects.filter(run_id__in=ids).delete()
    DraftBill.objects.filter(run_id__in=ids).delete()
    drafted = runs.filter(state=BillingRun.State.DRAFTED)
    Finding.objects.filter(run__in=drafted).delete()
    Disposition.objects.filter(of_cycle, run__in=drafted).delete()


@transaction
def draft_partition(run_id: int, number: int) -> int:
    """Calculate one partition of a drafted run, from nothing, and return how many bills it has.

    Doing it twice is doing it once.

    :raises DraftRefused: if the run is no longer a draft
    """
    partition = RunPartition.objects.select_for_update().get(run_id=run_id, number=number)
    run = BillingRun.objects.select_related("cycle").get(pk=run_id)
    if run.state != BillingRun.State.DRAFTED:
        raise DraftRefused(f"Run {run.pk} is {run.state}: it cannot be drafted again.")
    _commit_without_waiting()
    _empty(partition)
    columns = queries.columns_of(run, partition)
    drafted = draft(columns, queries.limits_on(run.bill_on))
    _write(drafted, run_id=run_id)
    bills = int((~drafted.bills["held"]).sum())
    partition.state = RunPartition.State.DRAFTED
    partition.bills = bills
    partition.last_agreement_id = columns.last_agreement_id
    partition.save(update_fields=["state", "bills", "last_agreement_id"])
    return bills


def _commit_without_waiting() -> None:
    """Leave it to the approval, whose commit waits, to bring the draft to the disk with it (ADR 20).

    A server that fails in between has forgotten that the partition was drafted: the approval is refused then.
    """
    with connection.cursor() as cursor:
        cursor.execute("set local synchronous_commit to off")


def _empty(partition: RunPartition) -> None:
    if partition.state == RunPartition.State.PLANNED:
        return
    for model in (DraftLine, DraftBill, Finding, Disposition):
        model.objects.filter(
            run_id=partition.run_id,
            account_id__gte=partition.first_account_id,
            account_id__lte=partition.last_account_id,
        ).delete()


def _write(drafted: Drafted, *, run_id: int) -> None:
    for table, frame in (
        ("billing_draftbill", drafted.bills),
        ("billing_draftline", drafted.lines),
        ("billing_disposition", drafted.dispositions),
        ("billing_finding", drafted.findings),
    ):
        copy_frame(table, frame.with_columns(pl.lit(run_id, pl.Int64).alias("run_id")))
