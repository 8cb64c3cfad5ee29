"""The budget plan of an account: joining, what is due beside the true balance, reviews, and the end of it."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.billing import forms, operations, permissions
from curbstop.billing.queries.budget_plans import (
    budget_due,
    budget_plans_visible_to,
    budget_policies_on,
    months_billed,
    year_of_bills,
)
from curbstop.customers.queries import accounts_visible_to
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.ledger.queries import day_or_today


@requires(permissions.SEE_BILLS)
def budget(request: StaffRequest, number: str) -> HttpResponse:
    """Show an account's budget plan, or the form that puts it on one."""
    return _page(request, number, None, forms.Reason())


@requires(permissions.ENROLL_BUDGET)
@require_POST
def enroll_budget(request: StaffRequest, number: str) -> HttpResponse:
    """Put an account on one of the city's kinds of budget billing."""
    account = get_object_or_404(accounts_visible_to(request.user), number=number)
    on = day_or_today(timezone.localdate())
    form = forms.EnrollBudget(request.POST, policies=budget_policies_on(on).values())
    if form.is_valid():
        try:
            operations.enroll_budget(
                account=account, policy=form.cleaned_data["policy"], on=on, by=request.user, at=timezone.now()
            )
        except operations.BudgetRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The account is on a budget plan from today on.")
            return redirect("billing:budget", number)
    return _page(request, number, form, forms.Reason())


@requires(permissions.ENROLL_BUDGET)
@require_POST
def review_budget(request: StaffRequest, pk: int) -> HttpResponse:
    """Look at a plan's amount again."""
    return _change(request, pk, operations.review_budget, "The amount was looked at.")


@requires(permissions.ENROLL_BUDGET)
@require_POST
def renew_budget(request: StaffRequest, pk: int) -> HttpResponse:
    """Settle a term of twelve months and begin the next."""
    return _change(request, pk, operations.renew_budget, "The next twelve months have begun.")


@requires(permissions.ENROLL_BUDGET)
@require_POST
def end_budget(request: StaffRequest, pk: int) -> HttpResponse:
    """Take an account off its plan: the whole difference is due at once."""
    form = forms.Reason(request.POST)
    plan = get_object_or_404(budget_plans_visible_to(request.user), pk=pk)
    if not form.is_valid():
        return _page(request, plan.account.number, None, form)
    return _change(
        request, pk, operations.end_budget, "The plan is settled: the true balance is due.",
        reason=form.cleaned_data["reason"],
    )  # fmt: skip


def _change(request: StaffRequest, pk: int, verb: Callable[..., Any], told: str, **facts: Any) -> HttpResponse:
    plan = get_object_or_404(budget_plans_visible_to(request.user), pk=pk)
    on: date = day_or_today(timezone.localdate())
    try:
        verb(plan=plan, on=on, by=request.user, at=timezone.now(), **facts)
    except operations.BudgetRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, told)
    return redirect("billing:budget", plan.account.number)


def _page(request: StaffRequest, number: str, form: forms.EnrollBudget | None, reason: forms.Reason) -> HttpResponse:
    account = get_object_or_404(accounts_visible_to(request.user).select_related("customer"), number=number)
    on = day_or_today(timezone.localdate())
    policies = budget_policies_on(on)
    plans = list(budget_plans_visible_to(request.user).filter(account=account))
    plan = next((each for each in plans if each.ended_on is None), None)
    bills = year_of_bills(account.pk, on=on)
    context = {
        "account": account,
        "plan": plan,
        "amounts": list(plan.amounts.all()) if plan else [],
        "due": budget_due([account.pk], on=on).get(account.pk),
        "past": [each for each in plans if each.ended_on is not None],
        "labels": {code: policy.label_en for code, policy in policies.items()},
        "year_cents": sum(bills),
        "bills": len(bills),
        "months": months_billed(account.pk, on=on),
        "may_enroll": request.user.may(permissions.ENROLL_BUDGET),
        "form": form or (forms.EnrollBudget(policies=policies.values()) if policies else None),
        "reason": reason,
    }
    return render(request, "billing/budget.html", context)
