"""Ties of employees to a customer, said on the account page: others decide about the money of such an account."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.customers import operations
from curbstop.customers.permissions import DECLARE_TIE, END_TIE
from curbstop.customers.queries import accounts_visible_to, ties_of
from curbstop.foundation.access.guards import StaffRequest, requires

KINDS = ("own", "household", "relative")


@requires(DECLARE_TIE)
@require_POST
def declare_tie(request: StaffRequest, number: str) -> HttpResponse:
    """Say that this account is one's own, of the household or of a relative."""
    account = get_object_or_404(accounts_visible_to(request.user), number=number)
    kind = request.POST.get("kind", "")
    try:
        if kind in KINDS:
            operations.declare_tie(
                user=request.user, customer=account.customer, kind=kind, by=request.user, at=timezone.now()
            )
            messages.success(request, "Noted: others decide about the money of this account.")
    except operations.TieRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("staff:account", number)


@requires(END_TIE)
@require_POST
def end_tie(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Say that somebody else's tie to this customer is over."""
    account = get_object_or_404(accounts_visible_to(request.user), number=number)
    tie = get_object_or_404(ties_of(account.customer_id, request.user), pk=pk)
    try:
        operations.end_tie(tie=tie, by=request.user, at=timezone.now())
    except operations.TieRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("staff:account", number)
