"""The refund desk: what waits for an approval or its release, asking for a refund, and deciding one."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.billing import forms, operations, permissions
from curbstop.billing.queries.refunds import (
    approvals_needed,
    refund_requests_visible_to,
    refundable_of,
    waiting_refunds,
)
from curbstop.customers.queries import accounts_visible_to
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.ledger.queries import day_or_today

ROWS_A_PAGE = 25


@requires(permissions.SEE_REFUNDS)
def refunds(request: StaffRequest) -> HttpResponse:
    """List the refunds that wait, oldest first, and below them all that were asked for."""
    page = Paginator(refund_requests_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "billing/refunds.html", {"waiting": waiting_refunds(request.user), "page": page})


@requires(permissions.REQUEST_REFUND)
def request_refund(request: StaffRequest, number: str) -> HttpResponse:
    """Ask for an account's credit to be refunded or moved to the customer's other account."""
    account = get_object_or_404(accounts_visible_to(request.user).select_related("customer"), number=number)
    on = day_or_today(timezone.localdate())
    accounts = accounts_visible_to(request.user).filter(customer=account.customer).exclude(pk=account.pk)
    others = {each.number: each for each in accounts}
    form = forms.RequestRefund(
        request.POST or None,
        others={key: f"Account {key}" for key in others},
        initial={"payee": account.customer.name},
    )
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        wanted = operations.Wanted(
            amount_cents=typed["amount"],
            reason=typed["reason"],
            payee=typed["payee"],
            to_account=others.get(typed["to_account"]),
        )
        try:
            asked = operations.request_refund(account=account, wanted=wanted, by=request.user, at=timezone.now())
        except operations.RefundRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("billing:refund", asked.pk)
    refundable = refundable_of(account.pk, account.debtor_id, on=on)
    return render(request, "billing/request_refund.html", {"account": account, "form": form, "refundable": refundable})


@requires(permissions.SEE_REFUNDS)
def refund(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one refund, who did what, and what this person may do."""
    asked = get_object_or_404(refund_requests_visible_to(request.user), pk=pk)
    approvals = list(asked.approvals.all())
    needed = approvals_needed(asked.amount_cents, on=day_or_today(timezone.localdate()))
    took_part = {asked.requested_by_id, *(each.approved_by_id for each in approvals)}
    waits = not hasattr(asked, "refund") and asked.turned_down_at is None
    is_complete = len(approvals) >= needed
    is_free = request.user.pk not in took_part
    context = {
        "asked": asked,
        "approvals": approvals,
        "missing": max(needed - len(approvals), 0),
        "waits": waits,
        "may_approve": waits and not is_complete and is_free and request.user.may(permissions.APPROVE_REFUND),
        "may_release": waits and is_complete and is_free and request.user.may(permissions.RELEASE_REFUND),
        "may_turn_down": waits
        and (request.user.may(permissions.APPROVE_REFUND) or asked.requested_by_id == request.user.pk),
    }
    return render(request, "billing/refund.html", context)


@requires(permissions.APPROVE_REFUND)
@require_POST
def approve_refund(request: StaffRequest, pk: int) -> HttpResponse:
    """Approve a refund that somebody else asked for."""
    return _decide(request, pk, operations.approve_refund, "The refund is approved.")


@requires(permissions.RELEASE_REFUND)
@require_POST
def release_refund(request: StaffRequest, pk: int) -> HttpResponse:
    """Release a refund that others asked for and approved."""
    return _decide(request, pk, operations.release_refund, "The refund is released.")


@requires(permissions.SEE_REFUNDS)
@require_POST
def turn_down_refund(request: StaffRequest, pk: int) -> HttpResponse:
    """Turn a refund down, or withdraw the own request."""
    asked = get_object_or_404(refund_requests_visible_to(request.user), pk=pk)
    if asked.requested_by_id != request.user.pk and not request.user.may(permissions.APPROVE_REFUND):
        messages.error(request, "You may withdraw what you asked for yourself; a supervisor decides this one.")
        return redirect("billing:refund", pk)
    return _decide(request, pk, operations.turn_down_refund, "The refund is turned down; the credit stays.")


def _decide(request: StaffRequest, pk: int, decision: Callable[..., Any], told: str) -> HttpResponse:
    asked = get_object_or_404(refund_requests_visible_to(request.user), pk=pk)
    try:
        decision(request=asked, by=request.user, at=timezone.now())
    except operations.RefundRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, told)
    return redirect("billing:refund", pk)
