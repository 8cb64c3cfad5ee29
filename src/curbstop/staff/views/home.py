"""The first page after sign-in: what waits for this person."""

from django.http import HttpResponse
from django.shortcuts import render

from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.staff import permissions
from curbstop.staff.queries.home import cards_of


@requires(permissions.SEE_HOME)
def home(request: StaffRequest) -> HttpResponse:
    """Show the person's cards; kinds of work of which nothing waits are named below them."""
    cards = cards_of(request.user)
    context = {
        "cards": [each for each in cards if each.count != "0"],
        "done": [each for each in cards if each.count == "0"],
    }
    return render(request, "staff/home.html", context)
