"""Review: a person holds a drafted bill back, or clears one that was held, and says why."""

from datetime import datetime

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
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.card_numbers import refuse_card_number
from curbstop.foundation.database.transactions import transaction

REASON_LENGTH_MIN = 10


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
            reason="HELD",
            detail=reason,
            by=by,
        )
        for agreement_id in sorted(set(agreements.values_list("agreement_id", flat=True)))
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
    evidence = list(found.values("code", "blocking", "evidence"))
    if any(each["code"] in NEVER_CLEARED for each in evidence):
        raise ReviewRefused("A bill with a negative service is a credit: mend its cause and draft again.")
    # An agreement without a line stays held: there is nothing of it on this bill.
    billed = DraftLine.objects.filter(run_id=run.pk, account_id=account_id)
    Disposition.objects.filter(
        run_id=run.pk,
        agreement_id__in=set(billed.values_list("agreement_id", flat=True)),
    ).delete()
    _set_held(bill, held=False)
    Clearance.objects.create(run_id=run.pk, account_id=account_id, reason=reason, evidence=evidence, by=by, at=at)
    _record("cleared", run=run, account_id=account_id, reason=reason, by=by, at=at)


def _reviewed_bill(run: BillingRun, account_id: int, reason: str) -> DraftBill:
    """Lock the run against approval, and return the drafted bill."""
    state = BillingRun.objects.select_for_update().values_list("state", flat=True).get(pk=run.pk)
    if state != BillingRun.State.DRAFTED:
        raise ReviewRefused(f"This run is {state}: its bills can no longer be held or cleared.")
    refuse_card_number(reason, ReviewRefused)
    if len(reason.strip()) < REASON_LENGTH_MIN:
        raise ReviewRefused(f"Give a reason of at least {REASON_LENGTH_MIN} letters.")
    bill = DraftBill.objects.filter(run_id=run.pk, account_id=account_id).first()
    if bill is None:
        raise ReviewRefused("This run has no drafted bill for the account.")
    return bill


def _set_held(bill: DraftBill, *, held: bool) -> None:
    DraftBill.objects.filter(run_id=bill.run_id, account_id=bill.account_id).update(held=held)
    partition = RunPartition.objects.select_for_update().get(
        run_id=bill.run_id,
        first_account_id__lte=bill.account_id,
        last_account_id__gte=bill.account_id,
    )
    partition.bills += -1 if held else 1
    partition.save(update_fields=["bills"])


def _record(verb: str, *, run: BillingRun, account_id: int, reason: str, by: User, at: datetime) -> None:
    audit.record(
        actor=by,
        event=f"billing.bill.{verb}",
        subject=run,
        at=at,
        detail={"account": account_id, "reason": reason},
    )
