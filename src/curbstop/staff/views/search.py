"""Finding an account from the one box in the header."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from curbstop.customers.permissions import SEE_ACCOUNTS
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.staff.queries.finding import find


@requires(SEE_ACCOUNTS)
def search(request: StaffRequest) -> HttpResponse:
    """List the accounts found; a single one is opened at once."""
    sought = request.GET.get("q", "").strip()[:200]
    hits = find(sought, request.user) if sought else []
    if len(hits) == 1:
        return redirect("staff:account", hits[0].account_number)
    return render(request, "staff/search.html", {"sought": sought, "hits": hits})
