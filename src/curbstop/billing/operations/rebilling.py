"""Rebilling: the bills that a correction touches, cancelled and released anew as one reviewed batch.

Drafting a batch posts nothing. Each account of an approved batch is one transaction: the correction, all its bills
cancelled, then new ones from the oldest on, because balances, averages and carried fractions chain.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

import polars as pl

from curbstop.billing.models import Bill, BillingRun, RebillBatch, RebillItem, RunPartition
from curbstop.billing.operations.approval import NUMBER_SERIES
from curbstop.billing.operations.cancellation import CANCELLATION_REFUSALS, CancellationRefused, undo_bill
from curbstop.billing.operations.release import post_and_write
from curbstop.billing.queries.rebilling import (
    Correction,
    Touched,
    accounts_left,
    agreements_of_usages,
    correction_of,
    facts_of,
    items_of,
    repriced_bills,
    touched_by,
)
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.approvals import refuse_same_person
from curbstop.foundation.card_numbers import refuse_card_number
from curbstop.foundation.database.copying import copy_frame
from curbstop.foundation.database.transactions import require_transaction, transaction
from curbstop.foundation.numbering import reserve_numbers
from curbstop.ledger.domain.entries import NewAllocation
from curbstop.ledger.operations import PostingRefused, apply_credit
from curbstop.ledger.queries import (
    NoOpenBusinessDay,
    balances_of,
    current_business_day,
    open_items_of,
    unapplied_credit_of,
)
from curbstop.metering.models import Read
from curbstop.metering.operations import CorrectionRefused, supersede_read
from curbstop.metering.queries.standing import read_with
from curbstop.ordinances.queries import calendar_on, value_on

REASON_LENGTH_MIN = 10
Undo = Callable[..., Any]
Charge = Callable[[Bill, Bill], Any]


class RebillRefused(Exception):
    """No bill was cancelled and none released in its place."""


def _same_person() -> RebillRefused:
    return RebillRefused("Who drafted a batch of corrected bills cannot approve it: ask a second person.")


def _as_rebill(refusal: Callable[[], Exception]) -> Callable[[], Exception]:
    return lambda: RebillRefused(str(refusal()))


REFUSALS = {name: _as_rebill(refusal) for name, refusal in CANCELLATION_REFUSALS.items()} | {
    "rebill_batch_by_second_person": _same_person,
    "bill_replaced_once": lambda: RebillRefused("One of these bills was replaced already."),
    "billed_usage_stands": lambda: RebillRefused("A bill from this read was released since: draft the batch again."),
}


def draft_rebill(*, correction: Correction, reason: str, by: User, at: datetime) -> RebillBatch:
    """Put the bills that a corrected rate or class touches on a batch for a second person.

    :raises RebillRefused: if no bill changes, or no reason is given
    """
    return _write_batch(facts_of(correction), correction.kind, touched_by(correction), reason=reason, by=by, at=at)


def draft_read_rebill(*, read: Read, register: Decimal, reason: str, by: User, at: datetime) -> RebillBatch:
    """Put the bills that a corrected read will touch on a batch; the read is corrected with the first of them.

    :raises RebillRefused: if the read cannot be corrected so, no bill changes, or no reason is given
    """
    facts = {"read_id": read.pk, "register": str(register)}
    touched, correction = _rehearsed(facts, reason=reason, by=by, at=at)
    facts |= facts_of(correction)
    return _write_batch(facts, RebillBatch.Kind.READ, touched, reason=reason, by=by, at=at)


class _Rehearsed(Exception):
    """Carries what a corrected read would change out of the transaction that is rolled back."""

    def __init__(self, touched: list[Touched], correction: Correction) -> None:
        super().__init__("rehearsed")
        self.found = touched, correction


def _rehearsed(facts: Mapping[str, Any], *, reason: str, by: User, at: datetime) -> tuple[list[Touched], Correction]:
    try:
        _rehearse(facts, reason=reason, by=by, at=at)
    except _Rehearsed as rehearsed:
        return rehearsed.found
    raise AssertionError("a rehearsal always ends with what it found")


@transaction
def _rehearse(facts: Mapping[str, Any], *, reason: str, by: User, at: datetime) -> None:
    """Correct the read, price its bills, and take everything back."""
    correction = _correct_read(facts, reason=reason, by=by, at=at)
    raise _Rehearsed(touched_by(correction), correction)


def _correct_read(facts: Mapping[str, Any], *, reason: str, by: User, at: datetime) -> Correction:
    """Supersede the read of a batch, and return whose use is another now."""
    read = read_with(facts["read_id"])
    try:
        done = supersede_read(
            read=read, register=Decimal(facts["register"]), kind=read.kind, reason=reason, by=by, at=at
        )
    except CorrectionRefused as refusal:
        raise RebillRefused(str(refusal)) from refusal
    return Correction(RebillBatch.Kind.READ, agreement_ids=agreements_of_usages(done.usages))


@transaction
def _write_batch(  # the facts of a batch, each named by its caller
    facts: Mapping[str, Any], kind: str, touched: list[Touched], *, reason: str, by: User, at: datetime
) -> RebillBatch:
    refuse_card_number(reason, RebillRefused)
    if len(reason.strip()) < REASON_LENGTH_MIN:
        raise RebillRefused(f"Give a reason of at least {REASON_LENGTH_MIN} letters.")
    if not touched:
        raise RebillRefused("No standing bill comes out otherwise by this correction.")
    batch = RebillBatch.objects.create(kind=kind, correction=dict(facts), reason=reason, drafted_by=by, drafted_at=at)
    RebillItem.objects.bulk_create(
        RebillItem(
            batch=batch,
            bill=each.bill,
            was_cents=each.bill.total_cents,
            now_cents=None if each.problem else each.now_cents,
            problem=each.problem,
        )
        for each in touched
    )
    audit.record(
        actor=by, event="billing.rebill.drafted", subject=batch, at=at,
        detail={"kind": kind, "bills": len(touched), "cents": sum(each.delta_cents for each in touched)},
    )  # fmt: skip
    return batch


@transaction(refusals=REFUSALS)
def approve_rebill(*, batch: RebillBatch, by: User, at: datetime) -> RebillBatch:
    """Let a batch of corrected bills go out that somebody else drafted.

    :raises RebillRefused: if the drafter approves, or the batch is approved or discarded already
    """
    batch = _locked(batch)
    if batch.approved_at or batch.discarded_at:
        raise RebillRefused("This batch is approved or discarded already.")
    refuse_same_person(batch.drafted_by, by, _same_person())
    RebillBatch.objects.filter(pk=batch.pk).update(approved_by=by, approved_at=at)
    audit.record(actor=by, event="billing.rebill.approved", subject=batch, at=at, detail={"reason": batch.reason})
    batch.refresh_from_db()
    return batch


@transaction
def discard_rebill(*, batch: RebillBatch, by: User, at: datetime) -> None:
    """Throw a batch away that nobody approved.

    :raises RebillRefused: if it is approved or discarded already
    """
    batch = _locked(batch)
    if batch.approved_at or batch.discarded_at:
        raise RebillRefused("This batch is approved or discarded already.")
    RebillBatch.objects.filter(pk=batch.pk).update(discarded_at=at)
    audit.record(actor=by, event="billing.rebill.discarded", subject=batch, at=at)


def run_rebill(
    *, batch: RebillBatch, by: User, at: datetime, rebill: Callable[..., list[Bill]] | None = None
) -> list[Bill]:
    """Replace what is left of an approved batch, account by account; call again after an interruption.

    `rebill` is the operation for some accounts; the journey that also recomputes penalties brings its own.

    :raises RebillRefused: if the batch is not approved, or a bill comes out otherwise than it was reviewed
    """
    left = accounts_left(batch)
    # A read may be two accounts' affair, a submeter's and its main's: it is corrected for both at once or for none.
    groups = [left] if batch.kind == RebillBatch.Kind.READ and left else [[each] for each in left]
    one = rebill or rebill_accounts
    return [bill for accounts in groups for bill in one(batch=batch, account_ids=accounts, by=by, at=at)]


@transaction(refusals=REFUSALS)
def rebill_accounts(*, batch: RebillBatch, account_ids: Sequence[int], by: User, at: datetime) -> list[Bill]:
    """Replace the bills that an approved batch has of some accounts, and return the new ones.

    :raises RebillRefused: as `run_rebill`
    """
    return replace_bills(batch=batch, account_ids=account_ids, by=by, at=at)


def replace_bills(
    *,
    batch: RebillBatch,
    account_ids: Sequence[int],
    by: User,
    at: datetime,
    undo: Undo = undo_bill,
    charge: Charge | None = None,
) -> list[Bill]:
    """Do the same as part of a journey: `undo` cancels a bill, `charge` follows once another stands in its place.

    :raises RebillRefused: as `run_rebill`
    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    batch = _locked(batch)
    if not batch.approved_at:
        raise RebillRefused("A second person approves this batch first.")
    items = list(
        items_of(batch)
        .filter(bill__account_id__in=account_ids, done_at=None, problem="")
        .select_for_update(of=["self"])
    )
    bills: list[Bill] = []
    try:
        day = current_business_day()
        now = _reviewed(batch, items, by=by, at=at)
        for _, own in groupby(items, lambda item: item.bill.account_id):
            bills += _replaced(batch, list(own), now, undo=undo, day=day, at=at)
    except (CancellationRefused, NoOpenBusinessDay, PostingRefused) as refusal:
        raise RebillRefused(str(refusal)) from refusal
    for item, bill in zip(items, bills, strict=True):
        item.bill.refresh_from_db()
        if charge is not None:
            charge(item.bill, bill)
    return bills


def _replaced(
    batch: RebillBatch, items: list[RebillItem], now: Mapping[int, Touched], *, undo: Undo, day: date, at: datetime
) -> list[Bill]:
    """Cancel one account's bills, release others in their place, and put on them what was paid on the old ones."""
    by = batch.approved_by
    assert by is not None, "an approved batch has its approver"
    debtor_id = items[0].bill.account.debtor_id
    credit = unapplied_credit_of([debtor_id]).get(debtor_id, 0)
    for item in items:
        undo(bill=item.bill, reason=batch.reason, requested_by=batch.drafted_by, approved_by=by, at=at)
    bills = _release(batch, items, now, day=day, at=at)
    freed = unapplied_credit_of([debtor_id]).get(debtor_id, 0) - credit
    _apply_again(bills, debtor_id, freed, day=day, by=by, at=at)
    return bills


def _reviewed(batch: RebillBatch, items: list[RebillItem], *, by: User, at: datetime) -> dict[int, Touched]:
    """Price the bills once more, and refuse what is not what the two people saw."""
    correction = correction_of(batch)
    if batch.kind == RebillBatch.Kind.READ:
        correction = _correct_read(batch.correction, reason=batch.reason, by=by, at=at)
    now = {each.bill.number: each for each in repriced_bills(correction, [item.bill for item in items])}
    for item in items:
        found = now[item.bill_id]
        if item.bill.cancelled_at is not None:
            raise RebillRefused(f"Bill {item.bill_id} was cancelled since the draft: draft the batch again.")
        if found.problem or found.now_cents != item.now_cents:
            raise RebillRefused(f"Bill {item.bill_id} comes out otherwise than reviewed: draft the batch again.")
    return now


def _release(
    batch: RebillBatch, items: list[RebillItem], now: Mapping[int, Touched], *, day: date, at: datetime
) -> list[Bill]:
    """Release the new bills, oldest first: each finds the balance that the one before it left."""
    bills: list[Bill] = []
    first = reserve_numbers(NUMBER_SERIES, len(items))
    for number, item in enumerate(items, start=first):
        prior = item.bill.prior_balance_cents if not bills else _due(bills[-1])
        run = _run_of(batch, item, day=day)
        RebillItem.objects.filter(pk=item.pk).update(run=run)
        _draft(run, item, now[item.bill_id], prior_cents=prior)
        bills.append(_released(run, number, batch, at=at))
        RebillItem.objects.filter(pk=item.pk).update(replacement=bills[-1], done_at=at)
        audit.record(
            actor=batch.approved_by, event="billing.bill.replaced", subject=item.bill, at=at,
            detail={"by": number, "was_cents": item.was_cents, "now_cents": item.now_cents, "reason": batch.reason},
        )  # fmt: skip
    return bills


def _due(bill: Bill) -> int:
    return bill.prior_balance_cents - bill.payments_cents + bill.total_cents


def _run_of(batch: RebillBatch, item: RebillItem, *, day: date) -> BillingRun:
    due_days = value_on("billing.due_days", day).number
    return BillingRun.objects.create(
        kind=BillingRun.Kind.REBILL,
        title=f"In place of bill {item.bill_id}",
        through_on=item.bill.run.through_on,
        bill_on=day,
        due_on=calendar_on().next_business_day(day + timedelta(days=due_days)),
        drafted_by=batch.drafted_by,
        drafted_at=batch.drafted_at,
    )


def _draft(run: BillingRun, item: RebillItem, found: Touched, *, prior_cents: int) -> None:
    account = item.bill.account
    balance = balances_of([account.debtor_id]).get(account.debtor_id, 0)
    lines = found.lines.drop("bill", "order").with_columns(
        pl.lit(run.pk, pl.Int64).alias("run_id"),
        pl.lit(account.pk, pl.Int64).alias("account_id"),
        pl.int_range(1, pl.len() + 1).alias("line_number"),
    )
    bill = {
        "run_id": run.pk,
        "account_id": account.pk,
        "debtor_id": account.debtor_id,
        "starts_on": item.bill.starts_on,
        "ends_on": item.bill.ends_on,
        "days": item.bill.days,
        "total_cents": found.now_cents,
        "prior_balance_cents": prior_cents,
        "payments_cents": prior_cents - balance,
        "held": False,
    }
    copy_frame("billing_draftbill", pl.DataFrame([bill]))
    copy_frame("billing_draftline", lines)


def _released(run: BillingRun, number: int, batch: RebillBatch, *, at: datetime) -> Bill:
    """Approve the run of one bill and release it, by the same path as any other."""
    total = int(run.draft_bills.values_list("total_cents", flat=True).get())
    account_id = int(run.draft_bills.values_list("account_id", flat=True).get())
    partition = RunPartition.objects.create(
        run=run, number=1, first_account_id=account_id, last_account_id=account_id, bills=1, state="drafted"
    )
    run.state, run.approved_by, run.approved_at = BillingRun.State.APPROVED, batch.approved_by, at
    run.first_bill_number, run.bills, run.total_cents = number, 1, total
    run.released_by, run.released_at = batch.approved_by, at
    run.save()
    partition.first_bill_number = number
    partition.save(update_fields=["first_bill_number"])
    post_and_write(run, partition)
    partition.state, partition.committed_at = RunPartition.State.COMMITTED, at
    partition.save(update_fields=["state", "committed_at"])
    run.state = BillingRun.State.RELEASED
    run.save(update_fields=["state"])
    return Bill.objects.select_related("account").get(number=number)


def _apply_again(bills: list[Bill], debtor_id: int, cents: int, *, day: date, by: User, at: datetime) -> None:
    """Put what was paid on the cancelled bills on the new ones, oldest due first; what is left stays as credit."""
    sources = {str(bill) for bill in bills}
    allocations = []
    for item in open_items_of(debtor_id):
        if item.source in sources and cents > 0:
            share = min(cents, item.balance_cents)
            allocations.append(NewAllocation(item.id, share))
            cents -= share
    if allocations:
        apply_credit(
            allocations=allocations, source=str(bills[0]), business_date=day, actor=by, posted_at=at,
            memo="Paid on the bill that was corrected",
        )  # fmt: skip


def _locked(batch: RebillBatch) -> RebillBatch:
    found = RebillBatch.objects.select_for_update(of=["self"]).select_related("drafted_by", "approved_by")
    return found.get(pk=batch.pk)
