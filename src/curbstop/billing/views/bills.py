"""Released bills: the page with each line's derivation, the statement, and asking for a cancellation."""

from pathlib import Path

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.billing import forms, operations, permissions
from curbstop.billing.domain.explaining import changed, explained
from curbstop.billing.domain.statement import statements_data
from curbstop.billing.queries import (
    bill_lines_of,
    bills_of_run,
    bills_visible_to,
    cancellation_request_of,
    labels_of,
    statement_of_bill,
    statements_of,
)
from curbstop.billing.queries.comparing import changes_of
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.foundation.documents import render_pdf
from curbstop.foundation.web.tables import PER_PAGE

DOCUMENTS = Path(__file__).parents[1] / "documents"
LANGUAGES = ("en", "es")


@requires(permissions.SEE_BILLS)
def bill(request: StaffRequest, number: int) -> HttpResponse:
    """Show one bill and what each of its lines was derived from."""
    return _page(request, number, forms.Reason())


@requires(permissions.SEE_BILLS)
def statement_pdf(request: StaffRequest, number: int) -> HttpResponse:
    """Print the statement of one bill, as it was sent."""
    shown = get_object_or_404(bills_visible_to(request.user), number=number)
    data = statements_data([statement_of_bill(shown)])
    return HttpResponse(
        render_pdf(DOCUMENTS / "statement.typ", data),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="bill-{number}.pdf"'},
    )


@requires(permissions.SEE_BILLS)
def statements_pdf(request: StaffRequest, pk: int) -> HttpResponse:
    """Print the statements of one page of a run's bills, by number, as one document."""
    page = Paginator(bills_of_run(pk, request.user), PER_PAGE).get_page(request.GET.get("page"))
    if not page.object_list:
        raise Http404
    data = statements_data(statements_of(list(page.object_list)))
    return HttpResponse(
        render_pdf(DOCUMENTS / "statement.typ", data),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="run-{pk}-statements-{page.number}.pdf"'},
    )


@requires(permissions.REQUEST_CANCELLATION)
@require_POST
def request_cancellation(request: StaffRequest, number: int) -> HttpResponse:
    """Ask for a bill to be cancelled."""
    shown = get_object_or_404(bills_visible_to(request.user), number=number)
    form = forms.Reason(request.POST)
    if form.is_valid():
        try:
            operations.request_cancellation(
                bill=shown,
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=timezone.now(),
            )
        except operations.CancellationRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("billing:bill", number)
    return _page(request, number, form)


def _page(request: StaffRequest, number: int, form: forms.Reason) -> HttpResponse:
    shown = get_object_or_404(bills_visible_to(request.user), number=number)
    asked = cancellation_request_of(number)
    # A clerk reads the lines to the customer in the language of the call, whatever the bill is printed in.
    language = request.GET.get("language", "")
    language = language if language in LANGUAGES else LANGUAGES[0]
    lines = bill_lines_of([number])[number]
    labels = labels_of((line.schedule_version_id for line in lines), language)
    context = {
        "bill": shown,
        "language": language,
        "lines": explained(lines, language, labels),
        "change": (change := changes_of([number]).get(number)) and changed(change, language),
        "asked": asked,
        "may_adjust": request.user.may(permissions.REQUEST_ADJUSTMENT) and shown.cancelled_at is None,
        "may_request": request.user.may(permissions.REQUEST_CANCELLATION),
        "may_cancel": asked is not None
        and asked.by_id != request.user.pk
        and request.user.may(permissions.APPROVE_CANCELLATION),
        "form": form,
    }
    return render(request, "billing/bill.html", context)
