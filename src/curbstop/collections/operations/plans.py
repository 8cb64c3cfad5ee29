"""Payment plans as holds: signing one holds what it finances, ending one releases it."""

from dataclasses import dataclass
from datetime import date, datetime

from curbstop.collections.domain.plans import schedule
from curbstop.collections.models import PaymentPlan, PlanHold, PlanInstallment
from curbstop.collections.queries.plans import plan_is_behind
from curbstop.customers.models import Account
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import transaction
from curbstop.ledger.operations import HoldRefused, place_hold, release_hold
from curbstop.ledger.queries import (
    NoOpenBusinessDay,
    current_business_day,
    held_on,
    lock_open_items,
    open_items_of,
)

INSTALLMENTS_MAX = 36


class PlanRefused(Exception):
    """The plan was not signed or ended; the message says why."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a plan is paid: so many monthly installments from a day, each with some days of grace."""

    installments: int
    first_due_on: date
    grace_days: int = 3


def _one_plan() -> PlanRefused:
    return PlanRefused("The account has a plan already. End it first.")


def _own_account() -> PlanRefused:
    return PlanRefused("This account is your own, of your household or of a relative: others decide.")


@transaction(refusals={"one_plan_per_account": _one_plan, "not_on_own_account": _own_account})
def sign_plan(*, account: Account, terms: Terms, by: User, at: datetime) -> PaymentPlan:
    """Put all that is past due and not held on a plan; later bills are not part of it.

    :raises PlanRefused: if nothing is past due, the terms are none, the account has a plan, or no day is open
    """
    day = _open_day()
    if not 0 < terms.installments <= INSTALLMENTS_MAX or terms.first_due_on < day:
        raise PlanRefused(f"A plan has 1 to {INSTALLMENTS_MAX} installments, the first of them not in the past.")
    items = lock_open_items(item.id for item in open_items_of(account.debtor_id) if item.due_on < day)
    held = held_on(item.id for item in items)
    free = {item.id: item.balance_cents - held.get(item.id, 0) for item in items if item.charge != "deposit"}
    free = {item: cents for item, cents in free.items() if cents > 0}
    financed = sum(free.values())
    if financed < terms.installments:
        raise PlanRefused("Nothing that is past due can be put on a plan.")
    plan = PaymentPlan.objects.create(
        account=account, financed_cents=financed, signed_on=day, grace_days=terms.grace_days, signed_by=by, at=at
    )
    parts = schedule(financed_cents=financed, installments=terms.installments, first_due_on=terms.first_due_on)
    PlanInstallment.objects.bulk_create(
        PlanInstallment(plan=plan, number=part.number, due_on=part.due_on, amount_cents=part.amount_cents)
        for part in parts
    )
    for item, cents in free.items():
        try:
            hold = place_hold(
                open_item_id=item, kind="plan", amount_cents=cents, reason=f"Payment plan {plan.pk}", by=by, at=at
            )
        except HoldRefused as refusal:
            raise PlanRefused(str(refusal)) from refusal
        PlanHold.objects.create(plan=plan, hold=hold, amount_cents=cents)
    audit.record(actor=by, event="collections.plan.signed", subject=plan, at=at, detail={"cents": financed})
    return plan


@transaction(refusals={"not_on_own_account": _own_account})
def end_plan(*, plan: PaymentPlan, ending: str, by: User, at: datetime) -> PaymentPlan:
    """End a plan as completed, broken or cancelled; what it held is free again.

    :raises PlanRefused: if it ended before, is called broken but is kept, or completed but is not paid
    """
    day = _open_day()
    plan = PaymentPlan.objects.select_for_update().get(pk=plan.pk)
    if plan.ended_at is not None:
        raise PlanRefused("This plan ended before.")
    holds = [row.hold for row in plan.holds.select_related("hold")]
    if ending == PaymentPlan.Ending.BROKEN and not plan_is_behind(plan, on=day):
        raise PlanRefused("Every installment that was due is paid: the plan is kept.")
    owed = {item.id: item.balance_cents for item in open_items_of(plan.account.debtor_id)}
    if ending == PaymentPlan.Ending.COMPLETED and any(hold.open_item_id in owed for hold in holds):
        raise PlanRefused("Something of the plan is still owed.")
    for hold in holds:
        release_hold(hold=hold, by=by, at=at)
    plan.ending, plan.ended_by, plan.ended_at = ending, by, at
    plan.save(update_fields=["ending", "ended_by", "ended_at"])
    audit.record(actor=by, event="collections.plan.ended", subject=plan, at=at, detail={"ending": ending})
    return plan


def _open_day() -> date:
    try:
        return current_business_day()
    except NoOpenBusinessDay as refusal:
        raise PlanRefused(str(refusal)) from refusal
