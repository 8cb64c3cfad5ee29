"""Voids: the cashier asks on the receipt, a second person sees what waits and decides."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.cashiering import forms, operations, permissions
from curbstop.cashiering.queries import receipts_visible_to, void_request_of, void_requests_visible_to
from curbstop.foundation.access.guards import StaffRequest, requires

ROWS_A_PAGE = 50


@requires(permissions.APPROVE_VOID)
def void_requests(request: StaffRequest) -> HttpResponse:
    """List the voids that wait for this person."""
    page = Paginator(void_requests_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "cashiering/void_requests.html", {"page": page})


@requires(permissions.REQUEST_VOID)
def request_void(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask for a receipt to be voided."""
    shown = get_object_or_404(receipts_visible_to(request.user), pk=pk)
    form = forms.RequestVoid(request.POST or None, on=shown.drawer.business_day)
    if request.method == "POST" and form.is_valid():
        try:
            operations.request_void(
                receipt=shown, requested_by=request.user, reason=form.cleaned_data["reason"], at=timezone.now()
            )
        except operations.VoidRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("cashiering:receipt", shown.pk)
    return render(request, "cashiering/request_void.html", {"receipt": shown, "form": form})


@requires(permissions.APPROVE_VOID)
def void_receipt(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the void that somebody asked for, and approve it."""
    shown = get_object_or_404(receipts_visible_to(request.user), pk=pk)
    waiting = void_request_of(shown)
    if waiting is None:
        return redirect("cashiering:receipt", shown.pk)
    refused = ""
    if request.method == "POST":
        try:
            operations.void_receipt(request=waiting, approved_by=request.user, at=timezone.now())
        except operations.VoidRefused as refusal:
            refused = str(refusal)
        else:
            return redirect("cashiering:receipt", shown.pk)
    context = {"receipt": shown, "waiting": waiting, "refused": refused}
    return render(request, "cashiering/void_receipt.html", context)


@requires(permissions.APPROVE_VOID)
@require_POST
def turn_down_void(request: StaffRequest, pk: int) -> HttpResponse:
    """Let a receipt stand that somebody asked to void."""
    shown = get_object_or_404(receipts_visible_to(request.user), pk=pk)
    waiting = void_request_of(shown)
    if waiting is None:
        return redirect("cashiering:receipt", shown.pk)
    try:
        operations.turn_down_void(request=waiting, by=request.user, at=timezone.now())
    except operations.VoidRefused as refusal:
        context = {"receipt": shown, "waiting": waiting, "refused": str(refusal)}
        return render(request, "cashiering/void_receipt.html", context)
    return redirect("cashiering:receipt", shown.pk)
