"""Receipts: on the page, as PDF, and void."""

from pathlib import Path

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from curbstop.cashiering import forms, operations, permissions
from curbstop.cashiering.queries import receipt_document, receipt_lines, receipts_visible_to
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.foundation.documents import render_pdf

ROWS_A_PAGE = 50
DOCUMENTS = Path(__file__).parents[1] / "documents"


@requires(permissions.VIEW_RECEIPTS)
def receipts(request: StaffRequest) -> HttpResponse:
    """List the receipts of the office, newest first."""
    page = Paginator(receipts_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "cashiering/receipts.html", {"page": page})


@requires(permissions.VIEW_RECEIPTS)
def receipt(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one receipt with what it settled."""
    shown = get_object_or_404(receipts_visible_to(request.user), pk=pk)
    may_void = request.user.may(permissions.APPROVE_VOID) and shown.drawer.cashier_id != request.user.pk
    context = {
        "receipt": shown,
        "lines": receipt_lines(shown),
        "may_void": may_void and shown.drawer.is_open,
        # Whoever stands at the window with this receipt's customer is told the change, and goes on from here.
        "is_at_window": shown.drawer.is_open and shown.drawer.cashier_id == request.user.pk,
    }
    return render(request, "cashiering/receipt.html", context)


@requires(permissions.VIEW_RECEIPTS)
def receipt_pdf(request: StaffRequest, pk: int) -> HttpResponse:
    """Print one receipt."""
    shown = get_object_or_404(receipts_visible_to(request.user), pk=pk)
    pdf = render_pdf(DOCUMENTS / "receipt.typ", receipt_document(shown))
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="receipt-{shown}.pdf"'},
    )


@requires(permissions.APPROVE_VOID)
def void_receipt(request: StaffRequest, pk: int) -> HttpResponse:
    """Void a receipt that its cashier asked to void."""
    shown = get_object_or_404(receipts_visible_to(request.user), pk=pk)
    form = forms.VoidReceipt(request.POST or None, on=shown.drawer.business_day)
    if request.method == "POST" and form.is_valid():
        try:
            operations.void_receipt(
                receipt=shown,
                requested_by=shown.drawer.cashier,
                approved_by=request.user,
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
            )
        except operations.VoidRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("cashiering:receipt", shown.pk)
    return render(request, "cashiering/void_receipt.html", {"receipt": shown, "form": form})
