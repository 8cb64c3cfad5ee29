"""Budget billing: an account joins, its amount is looked at again, and the plan is settled when it ends.

Nothing here posts: the receivable is the true balance all along, and the plan only says what of it is asked for when.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from curbstop.billing.domain.budget_plans import (
    MonthlyAmount,
    SettleUp,
    is_reviewed,
    monthly_amount,
    read_budget_policy,
    reviewed,
    settle_up,
)
from curbstop.billing.domain.leaks import months_before
from curbstop.billing.models import BudgetAmount, BudgetPlan
from curbstop.billing.queries.budget_plans import budget_terms_on, late_months_of, months_billed, year_of_bills
from curbstop.customers.models import Account
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.card_numbers import refuse_card_number
from curbstop.foundation.database.transactions import transaction
from curbstop.ledger.queries import balance_as_of, paid_since

REASON_LENGTH_MIN = 10
ANNIVERSARY = "The term of twelve months is over."


class BudgetRefused(Exception):
    """The plan stays as it is; the message says why."""


def _on_a_plan() -> Exception:
    return BudgetRefused("The account is on a budget plan already.")


REFUSALS: dict[str, Callable[[], Exception]] = {
    "one_budget_plan_per_account": _on_a_plan,
    "one_budget_amount_a_day": lambda: BudgetRefused("The amount was set already for that day."),
    "billing_budgetplan_append_only": lambda: BudgetRefused("This plan is settled already."),
}


@transaction(refusals=REFUSALS)
def enroll_budget(
    *, account: Account, policy: str, on: date, by: User, at: datetime, carried_cents: int = 0
) -> BudgetPlan:
    """Put an account on one of the city's kinds of budget billing.

    :raises BudgetRefused: if the city has no such kind, the account is on a plan, was not billed for a year or was late
        in the months that the policy looks at
    """
    return _enroll(account, policy, on=on, by=by, at=at, carried_cents=carried_cents)


@transaction(refusals=REFUSALS)
def review_budget(*, plan: BudgetPlan, on: date, by: User, at: datetime) -> BudgetAmount | None:
    """Look at the amount again with the bills of the last year; nothing changes while bills stay near it.

    :raises BudgetRefused: if the plan has ended, or its policy does not look in this month of it
    """
    _refuse_ended(plan)
    policy = read_budget_policy(plan.terms)
    month = _month_of(plan, on)
    if not is_reviewed(policy, month):
        raise BudgetRefused(f"This plan is not looked at in its month {month}.")
    current = BudgetAmount.objects.filter(plan=plan).latest("starts_on")
    totals = year_of_bills(plan.account_id, on=on)
    months = months_billed(plan.account_id, on=on)
    fresh = reviewed(policy, current.amount_cents, totals, months=months) if totals else None
    if fresh is None:
        return None
    amount = _set_amount(plan, fresh, on=on, by=by, at=at)
    audit.record(
        actor=by, event="billing.budget_plan.reviewed", subject=plan, at=at,
        detail={"before_cents": current.amount_cents, "cents": fresh.cents},
    )  # fmt: skip
    return amount


@transaction(refusals=REFUSALS)
def end_budget(*, plan: BudgetPlan, reason: str, on: date, by: User, at: datetime) -> SettleUp:
    """Take an account off its plan: the whole variance is due, or the customer's, at once (rulebook §1.8).

    :raises BudgetRefused: if it has ended, or no reason is given
    """
    refuse_card_number(reason, BudgetRefused)
    if len(reason.strip()) < REASON_LENGTH_MIN:
        raise BudgetRefused(f"Say in at least {REASON_LENGTH_MIN} letters why the plan ends.")
    return _settle(plan, reason.strip(), is_exit=True, on=on, by=by, at=at)


@transaction(refusals=REFUSALS)
def renew_budget(*, plan: BudgetPlan, on: date, by: User, at: datetime) -> BudgetPlan:
    """Settle a term of twelve months and begin the next, with what its policy carries over.

    :raises BudgetRefused: if it has ended, or the twelve months are not over
    """
    if on < months_before(plan.starts_on, -12):
        raise BudgetRefused("The term of twelve months is not over. End the plan to settle it now.")
    settled = _settle(plan, ANNIVERSARY, is_exit=False, on=on, by=by, at=at)
    return _enroll(plan.account, plan.policy, on=on, by=by, at=at, carried_cents=settled.carried_cents)


def _enroll(account: Account, code: str, *, on: date, by: User, at: datetime, carried_cents: int) -> BudgetPlan:
    terms = budget_terms_on(code, on)
    if terms is None:
        raise BudgetRefused(f"The city has no budget billing “{code}” on {on}.")
    policy = read_budget_policy(terms)
    totals = year_of_bills(account.pk, on=on)
    if not totals:
        raise BudgetRefused("The account has no bill of the last twelve months to reckon an amount from.")
    late = late_months_of(account.pk, account.debtor_id, on=on, months=policy.good_months_min)
    if policy.good_months_min and late:
        raise BudgetRefused(f"{policy.good_months_min} months without a late bill are needed; {late} were late.")
    # What is paid on the first day counts toward the plan, so what was owed is what the day began with.
    balance = balance_as_of([account.debtor_id], on=on - timedelta(days=1))[account.debtor_id]
    plan = BudgetPlan.objects.create(
        account=account,
        policy=code,
        terms=terms,
        starts_on=on,
        # What is carried over is in the monthly amount and not due beside it.
        opening_cents=max(balance - max(carried_cents, 0), 0),
        enrolled_by=by,
        at=at,
    )
    months = months_billed(account.pk, on=on)
    reckoned = monthly_amount(policy, totals, months=months, carried_cents=carried_cents)
    amount = _set_amount(plan, reckoned, on=on, by=by, at=at)
    audit.record(
        actor=by, event="billing.budget_plan.enrolled", subject=plan, at=at,
        detail={"policy": code, "cents": amount.amount_cents},
    )  # fmt: skip
    return plan


def _settle(plan: BudgetPlan, reason: str, *, is_exit: bool, on: date, by: User, at: datetime) -> SettleUp:
    _refuse_ended(plan)
    debtor = plan.account.debtor_id
    collected = paid_since({debtor: plan.starts_on}, on=on)[debtor]
    balance = balance_as_of([debtor], on=on)[debtor]
    policy = read_budget_policy(plan.terms)
    # What was charged since, with what was owed at the start, is what is owed now and what was paid.
    settled = settle_up(policy, actual_cents=balance + collected, collected_cents=collected, is_exit=is_exit)
    BudgetPlan.objects.filter(pk=plan.pk).update(
        ended_on=on, ended_by=by, ended_at=at, ended_reason=reason, settled_cents=settled.variance_cents
    )
    audit.record(
        actor=by, event="billing.budget_plan.ended", subject=plan, at=at,
        detail={"reason": reason, "collected_cents": collected, "variance_cents": settled.variance_cents},
    )  # fmt: skip
    return settled


def _set_amount(plan: BudgetPlan, amount: MonthlyAmount, *, on: date, by: User, at: datetime) -> BudgetAmount:
    return BudgetAmount.objects.create(
        plan=plan, starts_on=on, amount_cents=amount.cents, derivation={"how": amount.how}, by=by, at=at
    )


def _refuse_ended(plan: BudgetPlan) -> None:
    if BudgetPlan.objects.filter(pk=plan.pk, ended_on__isnull=False).exists():
        raise BudgetRefused("This plan is settled already.")


def _month_of(plan: BudgetPlan, on: date) -> int:
    """Return the month of the plan that a day lies in, the first being 1."""
    month = 1
    while months_before(plan.starts_on, -month) <= on:
        month += 1
    return month
