"""Waivers: asked for on the charge, decided by a second person where they are over the limit."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.collections import forms, operations, permissions
from curbstop.collections.queries import charges_visible_to, waivers_waiting
from curbstop.customers.queries import account_numbers
from curbstop.foundation.access.guards import StaffRequest, requires


@requires(permissions.WAIVE)
def waive_charge(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a charge with what it was made of, and waive it."""
    charge = get_object_or_404(charges_visible_to(request.user), pk=pk)
    number = account_numbers([charge.debtor_id]).get(charge.debtor_id, "")
    form = forms.WaiveCharge(request.POST or None)
    if request.method == "POST" and form.is_valid():
        ground = operations.Ground(**form.cleaned_data)
        try:
            waiver = operations.waive_charge(charge=charge, ground=ground, by=request.user, at=timezone.now())
        except operations.WaiverRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            waits = "It is over your limit and waits for a second person." if waiver.needs_second else ""
            messages.success(request, waits or "The charge is waived.")
            return redirect("collections:account", number)
    return render(request, "collections/waive_charge.html", {"charge": charge, "form": form, "number": number})


@requires(permissions.SEE_COLLECTIONS)
def waivers(request: StaffRequest) -> HttpResponse:
    """List the waivers that wait for a second person."""
    waiting = list(waivers_waiting(request.user))
    numbers = account_numbers({waiver.charge.debtor_id for waiver in waiting})
    rows = [(waiver, numbers.get(waiver.charge.debtor_id, "")) for waiver in waiting]
    may_decide = request.user.may(permissions.APPROVE_WAIVER)
    return render(request, "collections/waivers.html", {"rows": rows, "may_decide": may_decide})


@requires(permissions.APPROVE_WAIVER)
@require_POST
def approve_waiver(request: StaffRequest, pk: int) -> HttpResponse:
    """Approve a waiver that somebody else asked for."""
    return _decide(request, pk, operations.approve_waiver, "The charge is waived.")


@requires(permissions.APPROVE_WAIVER)
@require_POST
def turn_down_waiver(request: StaffRequest, pk: int) -> HttpResponse:
    """Turn down a waiver that somebody else asked for."""
    return _decide(request, pk, operations.turn_down_waiver, "The charge stays.")


def _decide(request: StaffRequest, pk: int, decide: Callable[..., object], done: str) -> HttpResponse:
    waiver = get_object_or_404(waivers_waiting(request.user), pk=pk)
    try:
        decide(waiver=waiver, by=request.user, at=timezone.now())
    except operations.WaiverRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("collections:waivers")
