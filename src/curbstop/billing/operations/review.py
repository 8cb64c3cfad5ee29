"""Review: a person holds a drafted bill back, or clears one that was held, and says why."""

from datetime import datetime

from django.db.models import Min

from curbstop.billing.domain.advising import HELD_BY_HAND
from curbstop.billing.domain.findings import NEVER_CLEARED
from curbstop.billing.models import (
    BillingRun,
    Clearance,
    Disposition,
    DraftBill,
    DraftLine,
    Finding,
    RunPartition,
)
from curbstop.billing.operations.totals import judge_total
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.card_numbers import refuse_card_number
from curbstop.foundation.database.transactions import transaction

REASON_LENGTH_MIN = 10
OPEN, CLEARED = Finding.Disposition.OPEN, Finding.Disposition.CLEARED


class ReviewRefused(Exception):
    """The drafted bill was neither held nor cleared."""


@transaction
def hold_bill(*, run: BillingRun, account_id: int, reason: str, by: User, at: datetime) -> None:
    """Keep one account's drafted bill from going out with the run.

    :raises ReviewRefused: if the run is no draft, the bill is held already, or no reason is given
    """
    bill = _reviewed_bill(run, account_id, reason)
    if bill.held:
        raise ReviewRefused("This bill is held already.")
    agreements = DraftLine.objects.filter(run_id=run.pk, account_id=account_id)
    Disposition.objects.bulk_create(
        Disposition(
            run_id=run.pk,
            agreement_id=agreement_id,
            account_id=account_id,
            kind=Disposition.Kind.HELD,
            reason=HELD_BY_HAND,
            detail=reason,
            since_on=since_on,
            by=by,
        )
        for agreement_id, since_on in agreements.values_list("agreement_id").annotate(since_on=Min("starts_on"))
    )
    _set_held(bill, held=True)
    _record("held", run=run, account_id=account_id, reason=reason, by=by, at=at)


@transaction
def clear_bill(*, run: BillingRun, account_id: int, reason: str, by: User, at: datetime) -> None:
    """Let one held bill go out, keeping who decided it on what evidence.

    There is no verb for clearing them all: each is somebody's decision (rulebook §3.2).

    :raises ReviewRefused: if the run is no draft, the bill is not held, is a credit, or no reason is given
    """
    bill = _reviewed_bill(run, account_id, reason)
    if not bill.held:
        raise ReviewRefused("This bill is not held.")
    found = Finding.objects.filter(run_id=run.pk, account_id=account_id)
    if found.filter(code__in=NEVER_CLEARED).exists():
        raise ReviewRefused("Nobody can clear this bill: mend what holds it and draft again.")
    found.filter(blocking=True, disposition=OPEN).update(
        disposition=CLEARED, reason=reason, decided_by=by, decided_at=at
    )
    _let_go(bill, reason=reason, by=by, at=at)
    _record("cleared", run=run, account_id=account_id, reason=reason, by=by, at=at)


@transaction
def clear_finding(*, run: BillingRun, finding_id: int, reason: str, by: User, at: datetime) -> Finding:
    """Settle one exception with what was found out; a held bill goes out once nothing of it is left open.

    An exception on the run as a whole, such as a total far from the forecast, is settled the same way.

    :raises ReviewRefused: if the run is no draft, the exception is settled or cannot be, or no reason is given
    """
    _lock_draft(run, reason)
    finding = Finding.objects.select_for_update().filter(run_id=run.pk, pk=finding_id).first()
    if finding is None:
        raise ReviewRefused("The bill was drafted again meanwhile: look at it once more.")
    if finding.disposition == CLEARED:
        raise ReviewRefused("This exception is settled already.")
    if finding.code in NEVER_CLEARED:
        raise ReviewRefused("Nobody can clear this bill: mend what holds it and draft again.")
    finding.disposition, finding.reason, finding.decided_by, finding.decided_at = CLEARED, reason, by, at
    finding.save(update_fields=["disposition", "reason", "decided_by", "decided_at"])
    audit.record(
        actor=by,
        event="billing.finding.cleared",
        subject=run,
        at=at,
        detail={"code": finding.code, "account": finding.account_id, "reason": reason},
    )
    if finding.account_id is not None and finding.blocking:
        _let_go_when_settled(run, finding.account_id, reason=reason, by=by, at=at)
    return finding


def _let_go_when_settled(run: BillingRun, account_id: int, *, reason: str, by: User, at: datetime) -> None:
    bill = DraftBill.objects.filter(run_id=run.pk, account_id=account_id, held=True).first()
    left = Finding.objects.filter(run_id=run.pk, account_id=account_id, blocking=True, disposition=OPEN)
    by_hand = Disposition.objects.filter(run_id=run.pk, account_id=account_id, reason=HELD_BY_HAND)
    if bill is not None and not left.exists() and not by_hand.exists():
        _let_go(bill, reason=reason, by=by, at=at)


def _let_go(bill: DraftBill, *, reason: str, by: User, at: datetime) -> None:
    """Let a held bill go out, and keep who decided it on what evidence."""
    of_account = {"run_id": bill.run_id, "account_id": bill.account_id}
    seen = Finding.objects.filter(**of_account).order_by("-blocking", "pk")
    evidence = list(seen.values("code", "blocking", "evidence"))
    # An agreement without a line stays held: there is nothing of it on this bill.
    billed = DraftLine.objects.filter(**of_account).values_list("agreement_id", flat=True)
    Disposition.objects.filter(run_id=bill.run_id, agreement_id__in=set(billed)).delete()
    _set_held(bill, held=False)
    Clearance.objects.create(**of_account, reason=reason, evidence=evidence, by=by, at=at)


def _reviewed_bill(run: BillingRun, account_id: int, reason: str) -> DraftBill:
    """Lock the run against approval, and return the drafted bill."""
    _lock_draft(run, reason)
    bill = DraftBill.objects.filter(run_id=run.pk, account_id=account_id).first()
    if bill is None:
        raise ReviewRefused("This run has no drafted bill for the account.")
    return bill


def _lock_draft(run: BillingRun, reason: str) -> None:
    state = BillingRun.objects.select_for_update().values_list("state", flat=True).get(pk=run.pk)
    if state != BillingRun.State.DRAFTED:
        raise ReviewRefused(f"This run is {state}: its bills can no longer be held or cleared.")
    refuse_card_number(reason, ReviewRefused)
    if len(reason.strip()) < REASON_LENGTH_MIN:
        raise ReviewRefused(f"Give a reason of at least {REASON_LENGTH_MIN} letters.")


def _set_held(bill: DraftBill, *, held: bool) -> None:
    DraftBill.objects.filter(run_id=bill.run_id, account_id=bill.account_id).update(held=held)
    partition = RunPartition.objects.select_for_update().get(
        run_id=bill.run_id,
        first_account_id__lte=bill.account_id,
        last_account_id__gte=bill.account_id,
    )
    partition.bills += -1 if held else 1
    partition.save(update_fields=["bills"])
    judge_total(bill.run)


def _record(verb: str, *, run: BillingRun, account_id: int, reason: str, by: User, at: datetime) -> None:
    audit.record(
        actor=by,
        event=f"billing.bill.{verb}",
        subject=run,
        at=at,
        detail={"account": account_id, "reason": reason},
    )
