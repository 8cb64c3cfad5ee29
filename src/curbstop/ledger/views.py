"""Pages of the books: the business day and the fiscal periods."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.ledger import forms, operations, permissions
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day, days_visible_to, periods_visible_to

ROWS_A_PAGE = 31


@requires(permissions.READ_LEDGER)
def days(request: StaffRequest) -> HttpResponse:
    """List the business days, the newest first."""
    page = Paginator(days_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    may_open = request.user.may(permissions.OPEN_BUSINESS_DAY)
    is_open = any(day.closed_at is None for day in page)
    return render(request, "ledger/days.html", {"page": page, "may_open": may_open, "is_open": is_open})


@requires(permissions.OPEN_BUSINESS_DAY)
def open_day(request: StaffRequest) -> HttpResponse:
    """Open a business day where none is open."""
    form = forms.OpenDay(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.open_business_day(day=form.cleaned_data["day"], by=request.user, at=timezone.now())
        except operations.DayRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("ledger:days")
    return render(request, "ledger/open_day.html", {"form": form})


@require_POST
@requires(permissions.OPEN_BUSINESS_DAY)
def close_day(request: StaffRequest) -> HttpResponse:
    """Close the open business day."""
    try:
        operations.close_business_day(day=current_business_day(), by=request.user, at=timezone.now())
    except (operations.DayRefused, NoOpenBusinessDay) as refusal:
        return render(request, "ledger/refused.html", {"refusal": refusal}, status=409)
    return redirect("ledger:days")


@requires(permissions.READ_LEDGER)
def periods(request: StaffRequest) -> HttpResponse:
    """List the fiscal periods, the newest first."""
    page = Paginator(periods_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "ledger/periods.html", {"page": page})
