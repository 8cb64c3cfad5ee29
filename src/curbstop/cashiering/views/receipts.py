"""Receipts: on the page and as PDF."""

from pathlib import Path

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from curbstop.cashiering import permissions
from curbstop.cashiering.queries import (
    receipt_document,
    receipt_lines,
    receipts_visible_to,
    void_request_of,
    void_requests_visible_to,
)
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
    waiting = void_request_of(shown)
    may_request = request.user.may(permissions.REQUEST_VOID) and shown.drawer.is_open
    context = {
        "receipt": shown,
        "lines": receipt_lines(shown),
        "waiting": waiting,
        "may_request_void": may_request and waiting is None and not hasattr(shown, "void"),
        "may_decide": waiting in void_requests_visible_to(request.user),
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
