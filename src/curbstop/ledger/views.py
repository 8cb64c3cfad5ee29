"""Pages of the books: business days and fiscal periods. Treasury opens and closes a day: it knows what is left."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.ledger import permissions
from curbstop.ledger.queries import days_visible_to, periods_visible_to

ROWS_A_PAGE = 31


@requires(permissions.READ_LEDGER)
def days(request: StaffRequest) -> HttpResponse:
    """List the business days, the newest first."""
    page = Paginator(days_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    may_open = request.user.may(permissions.OPEN_BUSINESS_DAY)
    is_open = any(day.closed_at is None for day in page)
    return render(request, "ledger/days.html", {"page": page, "may_open": may_open, "is_open": is_open})


@requires(permissions.READ_LEDGER)
def periods(request: StaffRequest) -> HttpResponse:
    """List the fiscal periods, the newest first."""
    page = Paginator(periods_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "ledger/periods.html", {"page": page})
