"""Release: an approved run becomes numbered bills in the ledger, one partition at a time.

Each partition is one transaction that also marks its row, so a run that is killed anywhere and
started again neither repeats nor loses a bill: what is marked is done, what is not never happened.
"""

from concurrent.futures import Executor
from datetime import datetime
from typing import Any

import polars as pl
from django.db import connection

from curbstop.billing import queries
from curbstop.billing.domain.posting import Journal, journal_of
from curbstop.billing.models import BillingRun, RunPartition
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import transaction
from curbstop.ledger.operations import EntryBatch, post_entries
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day


class ReleaseRefused(Exception):
    """The run, or a partition of it, was not released."""


def _day_billed_twice() -> ReleaseRefused:
    return ReleaseRefused("A bill of this run charges a day that another bill charges already (no_double_billing).")


def release_bills(*, run: BillingRun, by: User, at: datetime, executor: Executor | None = None) -> BillingRun:
    """Release what is left of an approved run, and return it; call again after an interruption.

    :raises ReleaseRefused: if the run was not approved, or no business day is open
    """
    numbers = _begin(run, by=by, at=at)
    if executor is None:
        for number in numbers:
            release_partition(run.pk, number)
    else:
        for future in [executor.submit(release_partition, run.pk, each) for each in numbers]:
            future.result()
    return _finish(run, by=by, at=at)


def refuse_release(run: BillingRun) -> None:
    """Refuse a run that cannot be released now, before a page promises that it will be.

    :raises ReleaseRefused: if the run is not approved, or no business day is open to post it on
    """
    if run.state != BillingRun.State.APPROVED:
        raise ReleaseRefused(f"This run is {run.state}: a second person approves it first.")
    try:
        current_business_day()
    except NoOpenBusinessDay as refusal:
        raise ReleaseRefused(str(refusal)) from refusal


@transaction
def _begin(run: BillingRun, *, by: User, at: datetime) -> list[int]:
    """Write down who released the run, and return the partitions that are still to do."""
    run = BillingRun.objects.select_for_update().get(pk=run.pk)
    if run.state == BillingRun.State.RELEASED:
        return []
    refuse_release(run)
    if run.released_at is None:
        run.released_by, run.released_at = by, at
        run.save(update_fields=["released_by", "released_at"])
    waiting = run.partitions.exclude(state=RunPartition.State.COMMITTED)
    return list(waiting.order_by("number").values_list("number", flat=True))


@transaction(refusals={"no_double_billing": _day_billed_twice})
def release_partition(run_id: int, number: int) -> int:
    """Give the bills of one partition their numbers, post them, and return how many there are.

    A second call does nothing.

    :raises ReleaseRefused: if the run's release has not begun, or a day would be billed twice
    """
    partition = RunPartition.objects.select_for_update().get(run_id=run_id, number=number)
    if partition.state == RunPartition.State.COMMITTED:
        return 0
    run = BillingRun.objects.get(pk=run_id)
    if run.state != BillingRun.State.APPROVED or run.released_at is None:
        raise ReleaseRefused(f"Run {run_id} is {run.state}: its release has not begun.")
    if partition.bills:
        post_and_write(run, partition)
    partition.state = RunPartition.State.COMMITTED
    partition.committed_at = run.released_at
    partition.save(update_fields=["state", "committed_at"])
    return partition.bills


def post_and_write(run: BillingRun, partition: RunPartition) -> None:
    """Post an approved partition and write its bills; whoever calls it marks the partition in the same transaction."""
    first = partition.first_bill_number
    assert first is not None, "an approved partition has its numbers"
    bills = queries.releasable_bills(partition).with_columns(
        pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias("number")
    )
    assert bills.height == partition.bills, "nothing holds or clears a bill of an approved run"
    journal = journal_of(bills, queries.service_totals(partition), queries.services_frame(), due_on=run.due_on)
    _write_bills(run, partition, first_entry_id=_post(journal, run))


def _post(journal: Journal, run: BillingRun) -> int | None:
    if journal.entries.is_empty():
        return None
    entries = journal.entries.with_columns(
        pl.lit("bill").alias("kind"),
        pl.lit(current_business_day(), pl.Date).alias("business_date"),
        pl.lit(run.released_by_id, pl.Int64).alias("actor_id"),
        pl.lit(run.released_at, pl.Datetime("us", "UTC")).alias("posted_at"),
    )
    posted = post_entries(EntryBatch(entries=entries, postings=journal.postings, items=journal.items))
    return posted.first_entry_id


# The order of account ids is the order of numbers and of entries, here and in `releasable_bills`.
# Each query counts for itself: a join of drafts would be at the mercy of stale statistics.
_OF_PARTITION = """
 where d.run_id = %(run_id)s and d.account_id between %(first)s and %(last)s
   and d.account_id <> all (%(held)s::bigint[])
"""
_BILL_COLUMNS = (
    "id", "run_id", "account_id", "entry_id", "bill_on", "due_on", "starts_on", "ends_on", "days",
    "total_cents", "prior_balance_cents", "payments_cents",
)  # fmt: skip
_BILLS = """
select %(first_number)s::bigint + row_number() over (order by account_id) - 1, run_id, account_id,
       case when total_cents > 0 then %(first_entry_id)s::bigint - 1
         + count(*) filter (where total_cents > 0) over (order by account_id) end,
       %(bill_on)s::date, %(due_on)s::date, starts_on, ends_on, days, total_cents,
       prior_balance_cents, payments_cents
  from billing_draftbill d {of_partition}
 order by account_id
"""
_PERIOD_COLUMNS = ("bill_id", "agreement_id", "usage_id", "period", "cancelled")
_PERIODS = """
select distinct number, agreement_id, usage_id, period, false
  from (select %(first_number)s::bigint + dense_rank() over (order by account_id) - 1 as number,
               agreement_id, usage_id, daterange(starts_on, ends_on) as period
          from billing_draftline d {of_partition}) charged
 order by number, agreement_id, period
"""
_WRITTEN = (
    ("billing_bill", _BILL_COLUMNS, _BILLS),
    ("billing_billedperiod", _PERIOD_COLUMNS, _PERIODS),
)


def _write_bills(run: BillingRun, partition: RunPartition, *, first_entry_id: int | None) -> None:
    """Turn the drafted rows into bills where they are; their lines are the bills' lines from then on (ADR 40)."""
    facts: dict[str, Any] = {
        "run_id": run.pk,
        "bill_on": run.bill_on,
        "due_on": run.due_on,
        "first": partition.first_account_id,
        "last": partition.last_account_id,
        "held": queries.held_accounts(partition),
        "first_number": partition.first_bill_number,
        "first_entry_id": first_entry_id,
    }
    with connection.cursor() as cursor:
        for table, columns, query in _WRITTEN:
            rows = query.format(of_partition=_OF_PARTITION)
            cursor.execute(f"insert into {table} ({', '.join(columns)}) {rows}", facts)


@transaction
def _finish(run: BillingRun, *, by: User, at: datetime) -> BillingRun:
    """Close the run once every partition is committed."""
    run = BillingRun.objects.select_for_update().get(pk=run.pk)
    unfinished = run.partitions.exclude(state=RunPartition.State.COMMITTED)
    if run.state == BillingRun.State.RELEASED or unfinished.exists():
        return run
    run.state = BillingRun.State.RELEASED
    run.save(update_fields=["state"])
    audit.record(
        actor=by,
        event="billing.run.released",
        subject=run,
        at=at,
        detail={"bills": run.bills, "total_cents": run.total_cents},
    )
    return run
