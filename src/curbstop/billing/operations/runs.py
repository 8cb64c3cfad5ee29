"""Opening a run: whose bills it makes, in which partitions; and throwing away a draft.

One path for a city's cycle, for two cycles at once, and for three accounts off their cycle: accounts
cut into partitions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef

from curbstop.billing import queries
from curbstop.billing.domain.explaining import long_date
from curbstop.billing.domain.partitions import cut
from curbstop.billing.domain.wording import FALLBACK_LANGUAGE
from curbstop.billing.models import (
    Bill,
    BillingRun,
    Cycle,
    Disposition,
    DraftBill,
    DraftLine,
    Finding,
    RunAccount,
    RunCycle,
    RunPartition,
)
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import require_transaction, transaction
from curbstop.ordinances.queries import calendar_on, value_on

ACCOUNTS_NAMED = 5


class DraftRefused(Exception):
    """Nothing was drafted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """Whose bills a run makes, up to which day: cycles, or accounts that somebody chose."""

    through: date
    bill_on: date
    kind: str = BillingRun.Kind.CYCLE
    cycles: Sequence[Cycle] = ()
    account_ids: Sequence[int] = field(default=())

    @property
    def title(self) -> str:
        """Return what the run bills, as lists name it."""
        if self.kind == BillingRun.Kind.CYCLE:
            return ", ".join(cycle.code for cycle in self.cycles)
        count = len(self.account_ids)
        what = "Final bills" if self.kind == BillingRun.Kind.FINAL else "Off cycle"
        return f"{what} of {count:,} account{'' if count == 1 else 's'}"


def refuse_days_to_come(*, through: date, bill_on: date) -> None:
    """Refuse a run that would bill a day of which nobody knows the use yet.

    :raises DraftRefused: if `through` is later than the bill date
    """
    if through > bill_on:
        until, today = (long_date(day, FALLBACK_LANGUAGE) for day in (through, bill_on))
        raise DraftRefused(f"Days before {until} are not over: the business day is {today}. Choose that day at most.")


@transaction
def open_run(*, plan: RunPlan, by: User, at: datetime) -> BillingRun:
    """Discard the drafted runs of the plan's cycles, and plan the partitions of a new run.

    :raises DraftRefused: if a cycle waits for a release, or there is nobody to bill
    """
    refuse_days_to_come(through=plan.through, bill_on=plan.bill_on)
    account_ids = _cycle_accounts(plan) if plan.kind == BillingRun.Kind.CYCLE else _chosen_accounts(plan)
    due_days = value_on("billing.due_days", plan.bill_on).number
    run = BillingRun.objects.create(
        kind=plan.kind,
        title=plan.title,
        through_on=plan.through,
        bill_on=plan.bill_on,
        # A deadline of the customer's on a closed day moves to the next open one (rulebook §3.4).
        due_on=calendar_on().next_business_day(plan.bill_on + timedelta(days=due_days)),
        drafted_by=by,
        drafted_at=at,
    )
    RunCycle.objects.bulk_create(RunCycle(run=run, cycle=cycle) for cycle in plan.cycles)
    RunAccount.objects.bulk_create(RunAccount(run=run, account_id=each) for each in plan.account_ids)
    RunPartition.objects.bulk_create(
        RunPartition(
            run=run,
            number=part.number,
            first_account_id=part.first_account_id,
            last_account_id=part.last_account_id,
        )
        for part in cut(account_ids)
    )
    detail = {"title": run.title, "through": plan.through.isoformat()}
    audit.record(actor=by, event="billing.run.drafted", subject=run, at=at, detail=detail)
    return run


def _cycle_accounts(plan: RunPlan) -> Sequence[int]:
    """Make room for a run of the plan's cycles, and return who is in them."""
    cycles = Cycle.objects.select_for_update().filter(pk__in=[cycle.pk for cycle in plan.cycles]).order_by("code")
    codes = [cycle.code for cycle in cycles]
    earlier = BillingRun.objects.filter(run_cycles__cycle__in=plan.cycles).distinct()
    approved = earlier.filter(state=BillingRun.State.APPROVED).first()
    if approved is not None:
        raise DraftRefused(
            f"Cycle {approved.title} has an approved run through {approved.through_on}: release it first."
        )
    throw_away_drafts(list(earlier.values_list("pk", flat=True)))
    account_ids = queries.account_ids_in(plan.cycles, plan.through)
    if not account_ids:
        raise DraftRefused(f"Cycle {', '.join(codes)} has no account to bill through {plan.through}.")
    return account_ids


def _chosen_accounts(plan: RunPlan) -> Sequence[int]:
    """Make room for a run of chosen accounts, and return them in order."""
    if not plan.account_ids:
        raise DraftRefused("There is no account to bill.")
    if waiting := queries.approved_elsewhere(plan.account_ids):
        number, run_id = waiting[0]
        raise DraftRefused(f"Account {number} has a bill in run {run_id}, which is approved: release that run first.")
    if homeless := queries.accounts_without_cycle(plan.account_ids):
        names = ", ".join(homeless[:ACCOUNTS_NAMED])
        raise DraftRefused(f"In no billing cycle, so that nobody knows from which day to bill: {names}.")
    finished = BillingRun.objects.exclude(kind=BillingRun.Kind.CYCLE).filter(
        state__in=[BillingRun.State.RELEASED, BillingRun.State.DISCARDED]
    )
    throw_away_drafts(list(finished.values_list("pk", flat=True)))
    return sorted(plan.account_ids)


def throw_away_drafts(run_ids: Sequence[int]) -> None:
    """Delete what runs calculated and discard the drafted ones; what was released, held or exempted stays.

    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    # What earlier drafts threw away needs no second look, however many years of runs there are.
    drafts = DraftBill.objects.filter(run=OuterRef("pk"))
    kept = list(BillingRun.objects.filter(Exists(drafts), pk__in=run_ids).values_list("pk", flat=True))
    # The lines of a bill that went out are its lines from then on (ADR 40).
    released = Bill.objects.filter(run=OuterRef("run"), account=OuterRef("account"))
    DraftLine.objects.filter(~Exists(released), run_id__in=kept).delete()
    DraftBill.objects.filter(run_id__in=kept).delete()
    drafted = BillingRun.objects.filter(pk__in=run_ids, state=BillingRun.State.DRAFTED)
    Finding.objects.filter(run__in=drafted).delete()
    Disposition.objects.filter(run__in=drafted).delete()
    drafted.update(state=BillingRun.State.DISCARDED)


@transaction
def discard_run(*, run: BillingRun, reason: str, by: User, at: datetime) -> BillingRun:
    """Throw a drafted run away, so that its cycles and accounts are free for another.

    :raises DraftRefused: if the run is no draft
    """
    run = BillingRun.objects.select_for_update().get(pk=run.pk)
    if run.state != BillingRun.State.DRAFTED:
        raise DraftRefused(f"This run is {run.state} and cannot be discarded.")
    throw_away_drafts([run.pk])
    run.refresh_from_db()
    audit.record(actor=by, event="billing.run.discarded", subject=run, at=at, detail={"reason": reason})
    return run
