"""Adjustments: what waits, asking for one with what is left of the own limit, and deciding one."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.billing import forms, operations, permissions
from curbstop.billing.queries.adjustments import (
    adjustment_requests_visible_to,
    grounds_on,
    services_adjustable_by,
    standing_of,
    waiting_adjustments,
)
from curbstop.customers.queries import accounts_visible_to
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.foundation.money import format_cents
from curbstop.ledger.queries import OpenItemRow, day_or_today, open_items_of

ROWS_A_PAGE = 25


@requires(permissions.SEE_ADJUSTMENTS)
def adjustments(request: StaffRequest) -> HttpResponse:
    """List the adjustments that wait for a second person, and below them all that were asked for."""
    page = Paginator(adjustment_requests_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "waiting": waiting_adjustments(request.user)[:ROWS_A_PAGE],
        "page": page,
        "labels": {ground.code: ground.label_en for ground in grounds_on(day_or_today(timezone.localdate()))},
    }
    return render(request, "billing/adjustments.html", context)


@requires(permissions.REQUEST_ADJUSTMENT)
def request_adjustment(request: StaffRequest, number: str) -> HttpResponse:
    """Ask for a credit or a charge on an account, and post it at once if it is within the own limit."""
    account = get_object_or_404(accounts_visible_to(request.user), number=number)
    on = day_or_today(timezone.localdate())
    services = services_adjustable_by(request.user, on=on)
    items = open_items_of(account.debtor_id)
    codes = {service.code: service.pk for service in services}
    choices = [
        *((str(service.pk), f"{service.name_en}: oldest first") for service in services),
        *((f"{codes[item.service_code]}:{item.id}", _item(item)) for item in items if item.service_code in codes),
    ]
    form = forms.RequestAdjustment(request.POST or None, services=choices, grounds=grounds_on(on))
    standing = standing_of(request.user, account.pk, on=on)
    if request.method == "POST" and form.is_valid():
        try:
            asked = operations.request_adjustment(
                account=account, asked=form.asked(), by=request.user, at=timezone.now()
            )
        except operations.AdjustmentRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            if asked.amount_cents <= standing.left_cents:
                _post(request, asked)
            else:
                messages.success(request, "This is over your limit: it waits for a second person.")
            return redirect("billing:adjustment", asked.pk)
    context = {"account": account, "form": form, "standing": standing, "items": items}
    return render(request, "billing/request_adjustment.html", context)


@requires(permissions.SEE_ADJUSTMENTS)
def adjustment(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one request with its arithmetic, and what this person may decide about it."""
    return _page(request, pk, forms.Reason())


@requires(permissions.REQUEST_ADJUSTMENT)
@require_POST
def post_adjustment(request: StaffRequest, pk: int) -> HttpResponse:
    """Post a request within the own limit: the own one, or with the right to approve somebody else's."""
    asked = get_object_or_404(adjustment_requests_visible_to(request.user), pk=pk)
    if asked.requested_by_id != request.user.pk and not request.user.may(permissions.APPROVE_ADJUSTMENT):
        messages.error(request, "You may post what you asked for yourself; a supervisor approves this one.")
    else:
        _post(request, asked)
    return redirect("billing:adjustment", pk)


@requires(permissions.REQUEST_ADJUSTMENT)
@require_POST
def turn_down_adjustment(request: StaffRequest, pk: int) -> HttpResponse:
    """Turn down a request, or withdraw the own one."""
    asked = get_object_or_404(adjustment_requests_visible_to(request.user), pk=pk)
    if asked.requested_by_id != request.user.pk and not request.user.may(permissions.APPROVE_ADJUSTMENT):
        messages.error(request, "You may withdraw what you asked for yourself; a supervisor decides this one.")
        return redirect("billing:adjustment", pk)
    try:
        operations.turn_down_adjustment(request=asked, by=request.user, at=timezone.now())
    except operations.AdjustmentRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The request is turned down; nothing was posted.")
    return redirect("billing:adjustment", pk)


@requires(permissions.REQUEST_ADJUSTMENT)
@require_POST
def request_reversal(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask to take a posted adjustment back."""
    asked = get_object_or_404(adjustment_requests_visible_to(request.user).filter(adjustment__isnull=False), pk=pk)
    form = forms.Reason(request.POST)
    if form.is_valid():
        try:
            reversal = operations.request_reversal(
                adjustment=asked.adjustment, note=form.cleaned_data["reason"], by=request.user, at=timezone.now()
            )
        except operations.AdjustmentRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("billing:adjustment", reversal.pk)
    return _page(request, pk, form)


def _item(item: OpenItemRow) -> str:
    owed = f"{format_cents(item.balance_cents)} due {item.due_on:%b %d, %Y}"
    return f"{item.service_name}: {item.label or item.source}, {owed}"


def _post(request: StaffRequest, asked: Any) -> None:
    try:
        operations.post_adjustment(request=asked, by=request.user, at=timezone.now())
    except operations.AdjustmentRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The adjustment is posted.")


def _page(request: StaffRequest, pk: int, form: forms.Reason) -> HttpResponse:
    asked = get_object_or_404(adjustment_requests_visible_to(request.user), pk=pk)
    on = day_or_today(timezone.localdate())
    is_own = asked.requested_by_id == request.user.pk
    posted = getattr(asked, "adjustment", None)
    context = {
        "asked": asked,
        "posted": posted,
        "lines": asked.lines.select_related("service", "open_item"),
        "label": {ground.code: ground.label_en for ground in grounds_on(asked.requested_on)}.get(asked.reason, ""),
        "standing": standing_of(request.user, asked.account_id, on=on),
        "is_own": is_own,
        "waits": posted is None and asked.turned_down_at is None,
        "may_decide": request.user.may(permissions.APPROVE_ADJUSTMENT) or is_own,
        "may_reverse": request.user.may(permissions.REQUEST_ADJUSTMENT)
        and posted is not None
        and posted.reverses_id is None
        and not asked.adjustment.reversal_requests.filter(turned_down_at=None).exists(),
        "form": form,
    }
    return render(request, "billing/adjustment.html", context)
