"""A cashier's drawer: open it, count it blind, close it."""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.cashiering import forms, operations, permissions
from curbstop.cashiering.queries import (
    closing_terms,
    counts_of,
    denominations,
    drawers_visible_to,
    open_drawer_of,
    receipts_visible_to,
    recounts_left,
    tills_free,
)
from curbstop.foundation.access.guards import StaffRequest, requires

ROWS_A_PAGE = 50


@requires(permissions.VIEW_RECEIPTS)
def drawers(request: StaffRequest) -> HttpResponse:
    """List the drawers of the office, newest first."""
    page = Paginator(drawers_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "cashiering/drawers.html", {"page": page})


@requires(permissions.TAKE_PAYMENT)
def open_drawer(request: StaffRequest) -> HttpResponse:
    """Open the cashier's drawer with a counted float."""
    mine = open_drawer_of(request.user)
    number = request.GET.get("number", "")
    if mine is not None:
        return redirect("cashiering:drawer", mine.pk)
    form = forms.OpenDrawer(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            drawer = operations.open_drawer(
                till=form.cleaned_data["till"],
                cashier=request.user,
                float_cents=form.cleaned_data["float_dollars"],
                at=timezone.now(),
            )
        except operations.DrawerRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            if number:  # The cashier was about to take a payment for this account.
                return redirect(f"{reverse('cashiering:counter')}?{urlencode({'number': number})}")
            return redirect("cashiering:drawer", drawer.pk)
    context = {"form": form, "has_tills": tills_free().exists(), "number": number}
    return render(request, "cashiering/open_drawer.html", context)


@requires(permissions.VIEW_RECEIPTS)
def drawer(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one drawer and its receipts; what it should hold stays hidden until it is counted."""
    shown = get_object_or_404(drawers_visible_to(request.user), pk=pk)
    receipts = receipts_visible_to(request.user).filter(drawer=shown)
    is_mine = shown.cashier_id == request.user.pk
    # A cashier who fell ill leaves a drawer open, and the day cannot end before it is counted.
    may_close = request.user.may(permissions.CLOSE_DRAWER) and (is_mine or request.user.may(permissions.APPROVE_VOID))
    counts = counts_of(shown)
    terms = closing_terms(shown, counts[-1].found) if counts and shown.is_open else None
    context = {
        "drawer": shown,
        "receipts": receipts,
        "counts": counts,
        "is_mine": is_mine,
        "may_close": may_close,
        "may_count": may_close and recounts_left(shown) > 0,
        "terms": terms,
        "may_meet_terms": terms is not None and terms.may_be_met_by(request.user, drawer=shown),
        "is_stale": bool(counts) and counts[-1].is_stale,
        "form": forms.CloseDrawer(),
    }
    return render(request, "cashiering/drawer.html", context)


@requires(permissions.CLOSE_DRAWER)
def count_drawer(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a blind count by denomination."""
    shown = get_object_or_404(drawers_visible_to(request.user), pk=pk)
    form = forms.CountDrawer(request.POST or None, faces=denominations(shown.business_day))
    if request.method == "POST" and form.is_valid() and "reckon" not in request.POST:
        try:
            operations.count_drawer(
                drawer=shown,
                pieces=form.pieces,
                check_cents=form.cleaned_data["checks"] or 0,
                counted_by=request.user,
                at=timezone.now(),
            )
        except operations.CountRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("cashiering:drawer", shown.pk)
    return render(request, "cashiering/count_drawer.html", {"form": form, "drawer": shown})


@require_POST
@requires(permissions.CLOSE_DRAWER)
def close_drawer(request: StaffRequest, pk: int) -> HttpResponse:
    """Close a counted drawer and post its difference."""
    shown = get_object_or_404(drawers_visible_to(request.user), pk=pk)
    form = forms.CloseDrawer(request.POST)
    if not form.is_valid():
        refusal = " ".join(str(error) for error in form.errors["note"])
        return render(request, "cashiering/refused.html", {"refusal": refusal, "drawer": shown}, status=400)
    try:
        operations.close_drawer(drawer=shown, by=request.user, at=timezone.now(), note=form.cleaned_data["note"])
    except operations.DrawerRefused as refusal:
        return render(request, "cashiering/refused.html", {"refusal": refusal, "drawer": shown}, status=409)
    return redirect("cashiering:drawer", shown.pk)
