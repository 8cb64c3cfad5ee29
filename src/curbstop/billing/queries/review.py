"""What the people who review, approve and release a run look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from procrastinate.contrib.django.models import ProcrastinateJob

from curbstop.billing.domain.advising import Advice, advice_on, holds_in_words
from curbstop.billing.models import (
    BillingRun,
    BillLine,
    Cycle,
    Disposition,
    DraftBill,
    DraftLine,
    Finding,
    RunPartition,
)
from curbstop.billing.permissions import SEE_RUNS
from curbstop.foundation.access.models import User
from curbstop.ledger.queries import services


@dataclass(frozen=True, slots=True)
class TotalRow:
    """The drafted or released money of one service and class."""

    service: str
    customer_class: str
    agreements: int
    lines: int
    cents: int


@dataclass(frozen=True, slots=True)
class FindingCount:
    """How many exceptions of one code a run has, and how many of them hold a bill."""

    code: str
    found: int
    blocking: int

    @property
    def advice(self) -> Advice:
        """Return what the exception means and what to do about it."""
        return advice_on(self.code)


class ReasonCount(NamedTuple):
    """How many agreements a run does not bill for one reason."""

    kind: str
    reason: str
    agreements: int

    @property
    def advice(self) -> Advice:
        """Return what the reason means and what to do about it."""
        return advice_on(self.reason)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What becomes of a run's active agreements: how many are billed, and why the others are not."""

    billed: int
    reasons: Sequence[ReasonCount]

    @property
    def are_mostly_held(self) -> bool:
        """Tell whether more than half of the agreements are held, which is seldom what anybody wants."""
        held = sum(row.agreements for row in self.reasons if row.kind == Disposition.Kind.HELD)
        return held > self.billed + sum(row.agreements for row in self.reasons) - held

    @property
    def holds(self) -> str:
        """Return how many services are held and why, as a sentence."""
        return holds_in_words([(row.reason, row.agreements) for row in self.reasons if row.kind == "held"])


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """How far a run has come and what it adds up to."""

    partitions: int
    drafted: int
    committed: int
    bills: int
    held_bills: int
    total_cents: int
    last_total_cents: int | None
    totals: Sequence[TotalRow]
    findings: Sequence[FindingCount]
    outcomes: Outcomes

    @property
    def reasons(self) -> Sequence[ReasonCount]:
        """Return how many agreements are not billed, by reason."""
        return self.outcomes.reasons

    @property
    def change_percent(self) -> int | None:
        """Return by how much the total differs from the cycle's last run, in percent."""
        if not self.last_total_cents:
            return None
        return round(100 * (self.total_cents - self.last_total_cents) / self.last_total_cents)

    @property
    def change(self) -> str:
        """Return the same in words, or nothing when there was no run before."""
        percent = self.change_percent
        if percent is None:
            return ""
        return f"{abs(percent)} % {'less' if percent < 0 else 'more'} than the cycle's last run"


def runs_visible_to(user: User) -> QuerySet[BillingRun]:
    """Return the runs a person may see, newest first."""
    runs = BillingRun.objects.select_related("drafted_by", "approved_by", "released_by")
    return runs.order_by("-pk") if user.may(SEE_RUNS) else runs.none()


def cycles() -> QuerySet[Cycle]:
    """Return the cycles by code."""
    return Cycle.objects.order_by("code")


def open_run_of(cycle: Cycle) -> BillingRun | None:
    """Return the cycle's run that is drafted or approved, if there is one."""
    return BillingRun.objects.filter(run_cycles__cycle=cycle, run_cycles__is_open=True).first()


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How many parts of a run are done in the step it is in, and whether a worker is at it."""

    parts: int
    done: int
    is_drafting: bool
    is_busy: bool


def progress_of(run: BillingRun) -> RunProgress:
    """Return how far the drafting of a run has come or, after that, its release."""
    parts, drafted, committed = partitions_of(run)
    if run.state == BillingRun.State.DRAFTED and drafted < parts:
        return RunProgress(parts, drafted, is_drafting=True, is_busy=waits_for_worker())
    return RunProgress(parts, committed, is_drafting=False, is_busy=waits_for_worker(run_id=run.pk))


def partitions_of(run: BillingRun) -> tuple[int, int, int]:
    """Return how many partitions a run has, how many of them are drafted, and how many released."""
    states = list(run.partitions.values_list("state", flat=True))
    drafted = sum(state != RunPartition.State.PLANNED for state in states)
    return len(states), drafted, sum(state == RunPartition.State.COMMITTED for state in states)


def run_summary(run: BillingRun) -> RunSummary:
    """Return the run's progress, totals by service and class, and exceptions by code."""
    partitions, drafted, committed = partitions_of(run)
    going_out = DraftBill.objects.filter(run_id=run.pk, held=False)
    out = going_out.aggregate(bills=Count("account_id"), cents=Sum("total_cents"))
    # A run is compared with the last of the same cycles; chosen accounts have none before them.
    before = BillingRun.objects.filter(
        kind=BillingRun.Kind.CYCLE, title=run.title, pk__lt=run.pk, state=BillingRun.State.RELEASED
    )
    # A bill that somebody cleared is found, but holds nothing any more.
    holds = Q(blocking=True, disposition=Finding.Disposition.OPEN)
    findings = Finding.objects.filter(run_id=run.pk).values("code")
    return RunSummary(
        partitions=partitions,
        drafted=drafted,
        committed=committed,
        bills=out["bills"] if run.bills is None else run.bills,
        held_bills=DraftBill.objects.filter(run_id=run.pk, held=True).count(),
        total_cents=(out["cents"] or 0) if run.total_cents is None else run.total_cents,
        last_total_cents=before.order_by("-pk").values_list("total_cents", flat=True).first(),
        totals=totals_of(run),
        findings=[
            FindingCount(**row)
            for row in findings.annotate(found=Count("pk"), blocking=Count("pk", filter=holds)).order_by("code")
        ],
        outcomes=outcomes_of(run),
    )


def outcomes_of(run: BillingRun) -> Outcomes:
    """Return how many agreements a run bills, and how many it does not, by reason."""
    counted = _lines_going_out(run).aggregate(billed=Count("agreement_id", distinct=True))
    reasons = Disposition.objects.filter(run_id=run.pk).values_list("kind", "reason")
    rows = reasons.annotate(agreements=Count("agreement_id")).order_by("kind", "reason")
    return Outcomes(counted["billed"], [ReasonCount(*row) for row in rows])


def totals_of(run: BillingRun) -> list[TotalRow]:
    """Return the money of a run by service and class: of its bills, or of its draft before that."""
    lines = _lines_going_out(run)
    names = {service.pk: service.name_en for service in services()}
    rows = lines.values_list("service_id", "customer_class").annotate(
        agreements=Count("agreement_id", distinct=True),
        lines=Count("line_number"),
        cents=Sum("amount_cents"),
    )
    return [
        TotalRow(names[service], customer_class, agreements, count, cents)
        for service, customer_class, agreements, count, cents in rows.order_by("service_id", "customer_class")
    ]


def _lines_going_out(run: BillingRun) -> QuerySet[Any]:
    if run.state == BillingRun.State.RELEASED:
        assert run.first_bill_number is not None, "a released run has numbers"
        last = run.first_bill_number + (run.bills or 0) - 1
        return BillLine.objects.filter(bill_id__gte=run.first_bill_number, bill_id__lte=last)
    held = DraftBill.objects.filter(run_id=run.pk, held=True).values("account_id")
    return DraftLine.objects.filter(run_id=run.pk).exclude(account_id__in=held)


def findings_of(run: BillingRun, code: str = "") -> QuerySet[Finding]:
    """Return the run's exceptions of one code or all, each with its bill's `total_cents` and whether it `is_held`."""
    bill = DraftBill.objects.filter(run_id=run.pk, account_id=OuterRef("account_id"))
    found = Finding.objects.filter(run_id=run.pk).select_related("account__customer")
    if code:
        found = found.filter(code=code)
    return found.annotate(
        is_held=Exists(bill.filter(held=True)), total_cents=Subquery(bill.values("total_cents"))
    ).order_by("-blocking", "code", "account_id", "pk")


def unbilled_of(run: BillingRun, reason: str = "") -> QuerySet[Disposition]:
    """Return why the run does not bill agreements, for one reason or all."""
    rows = Disposition.objects.filter(run_id=run.pk)
    rows = rows.select_related("account__customer", "agreement__service_point__service", "by")
    if reason:
        rows = rows.filter(reason=reason)
    return rows.order_by("-kind", "reason", "account_id", "agreement_id")


def next_held_after(run: BillingRun, account_id: int) -> int | None:
    """Return the account of the next held bill in a run, going round at the end; None when none is left."""
    held = DraftBill.objects.filter(run_id=run.pk, held=True).exclude(account_id=account_id).order_by("account_id")
    accounts = held.values_list("account_id", flat=True)
    return accounts.filter(account_id__gt=account_id).first() or accounts.first()


def prelist_of(run: BillingRun, *, only_exceptions: bool = False) -> QuerySet[DraftBill]:
    """Return what a run would bill, with `codes` of each bill's exceptions: all bills, or those that have any."""
    found = Finding.objects.filter(run_id=run.pk, account_id=OuterRef("account_id"))
    bills = drafted_bills_of(run)
    if only_exceptions:
        bills = bills.filter(Exists(found))
    return bills.annotate(codes=ArraySubquery(found.order_by("code").values("code").distinct()))


def open_findings_of(run: BillingRun, code: str = "") -> QuerySet[Finding]:
    """Return the exceptions that wait for somebody, those that hold a bill first: the workbench's queue."""
    return findings_of(run, code).filter(disposition=Finding.Disposition.OPEN)


def finding_on_total(run: BillingRun) -> Finding | None:
    """Return the exception on the run's total, settled or not, if there is one."""
    return Finding.objects.filter(run_id=run.pk, account=None).select_related("decided_by").first()


def drafted_bills_of(run: BillingRun) -> QuerySet[DraftBill]:
    """Return the bills that a run has drafted, held ones too."""
    bills = DraftBill.objects.filter(run_id=run.pk)
    return bills.select_related("account__customer", "account__premises").order_by("account_id")


def waits_for_worker(*, run_id: int | None = None) -> bool:
    """Tell whether a job of billing is queued or running: any at all, or the release of one run."""
    jobs = ProcrastinateJob.objects.filter(queue_name="billing", status__in=["todo", "doing"])
    return jobs.exists() if run_id is None else jobs.filter(args__run_id=run_id).exists()


def draft_of(run: BillingRun, account_id: int) -> DraftBill | None:
    """Return one account's drafted bill in a run, if it has one."""
    return DraftBill.objects.filter(run_id=run.pk, account_id=account_id).first()


def draft_lines_of(run: BillingRun, account_id: int) -> list[DraftLine]:
    """Return the lines of one account's drafted bill, in printing order."""
    lines = DraftLine.objects.filter(run_id=run.pk, account_id=account_id)
    return list(lines.order_by("line_number"))


def run_of(run_id: int) -> BillingRun:
    """Return one run, for a job that was told its number.

    :raises BillingRun.DoesNotExist: if there is none
    """
    return BillingRun.objects.get(pk=run_id)


def latest_run_of(cycle: Cycle) -> BillingRun | None:
    """Return the cycle's newest run that was not discarded."""
    runs = BillingRun.objects.filter(cycles=cycle).exclude(state=BillingRun.State.DISCARDED)
    return runs.order_by("-pk").first()


def findings_of_account(run: BillingRun, account_id: int) -> list[Finding]:
    """Return why one account's drafted bill was listed."""
    return list(Finding.objects.filter(run_id=run.pk, account_id=account_id).order_by("code", "pk"))
