"""Settling with the agencies whose lines the city bills: prepared by one person, approved by another."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.billing import forms, operations, permissions
from curbstop.billing.queries import agency_days, settlements_visible_to
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day

ROWS_A_PAGE = 50
DAYS_SHOWN = timedelta(days=31)


@requires(permissions.SEE_RUNS)
def settlements(request: StaffRequest) -> HttpResponse:
    """List the days that wait to be settled, and what was settled."""
    try:
        today = current_business_day()
    except NoOpenBusinessDay as refusal:
        return render(request, "billing/settlements.html", {"refusal": str(refusal)})
    visible = settlements_visible_to(request.user)
    known = set(visible.values_list("agency", "business_date"))
    waiting = [
        row
        for row in agency_days(today - DAYS_SHOWN, today - timedelta(days=1))
        if (row.collected_cents or row.reversed_cents) and (row.agency.code, row.business_date) not in known
    ]
    context = {
        "waiting": waiting,
        "page": Paginator(visible, ROWS_A_PAGE).get_page(request.GET.get("page")),
        "may_settle": request.user.may(permissions.SETTLE_AGENCIES),
    }
    return render(request, "billing/settlements.html", context)


@requires(permissions.SETTLE_AGENCIES)
@require_POST
def prepare_settlement(request: StaffRequest) -> HttpResponse:
    """Prepare the settlement of one agency and day."""
    form = forms.AgencyDay(request.POST)
    if form.is_valid():
        try:
            operations.prepare_settlement(
                agency=form.cleaned_data["agency"],
                business_date=form.cleaned_data["business_date"],
                by=request.user,
                at=timezone.now(),
            )
        except (operations.SettlementRefused, NoOpenBusinessDay) as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "The settlement is prepared. A second person approves it.")
    return redirect("billing:settlements")


@requires(permissions.SETTLE_AGENCIES)
@require_POST
def approve_settlement(request: StaffRequest, pk: int) -> HttpResponse:
    """Make payable what somebody else prepared."""
    settlement = get_object_or_404(settlements_visible_to(request.user), pk=pk)
    try:
        operations.approve_settlement(settlement=settlement, by=request.user, at=timezone.now())
    except (operations.SettlementRefused, NoOpenBusinessDay) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The amount is payable to the agency now.")
    return redirect("billing:settlements")
