"""Master accounts: the list, one with its accounts, who joins and who leaves, and the printed summary."""

from pathlib import Path

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.billing import forms, operations, permissions
from curbstop.billing.domain.summary import summary_data
from curbstop.billing.queries import masters_visible_to, summary_of_master
from curbstop.customers.queries import accounts_visible_to
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.foundation.documents import render_pdf
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day

TEMPLATE = Path(__file__).parents[1] / "documents/summary.typ"
ROWS_A_PAGE = 50


@requires(permissions.SEE_BILLS)
def masters(request: StaffRequest) -> HttpResponse:
    """List the master accounts, with the form that opens one for the customer of an account."""
    form = forms.MasterOf(request.POST or None)
    if request.method == "POST" and request.user.may(permissions.KEEP_MASTERS) and form.is_valid():
        account = accounts_visible_to(request.user).filter(number=form.cleaned_data["account"]).first()
        if account is not None:
            master = operations.open_master(customer=account.customer, by=request.user, at=timezone.now())
            return redirect("billing:master", master.number)
        form.add_error("account", "No account has this number.")
    page = Paginator(masters_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "form": form, "may_keep": request.user.may(permissions.KEEP_MASTERS)}
    return render(request, "billing/masters.html", context)


@requires(permissions.SEE_BILLS)
def master(request: StaffRequest, number: str) -> HttpResponse:
    """Show the accounts on a summary with their latest bills and what they owe."""
    return _page(request, number, forms.MasterOf())


@requires(permissions.KEEP_MASTERS)
@require_POST
def join_master(request: StaffRequest, number: str) -> HttpResponse:
    """Put an account on a summary from today on."""
    shown = get_object_or_404(masters_visible_to(request.user), number=number)
    form = forms.MasterOf(request.POST)
    if form.is_valid():
        account = accounts_visible_to(request.user).filter(number=form.cleaned_data["account"]).first()
        try:
            if account is None:
                form.add_error("account", "No account has this number.")
            else:
                operations.join_master(
                    master=shown, account=account, on=current_business_day(), by=request.user, at=timezone.now()
                )
                return redirect("billing:master", number)
        except (operations.MasterRefused, NoOpenBusinessDay) as refusal:
            form.add_error(None, str(refusal))
    return _page(request, number, form)


@requires(permissions.KEEP_MASTERS)
@require_POST
def leave_master(request: StaffRequest, number: str, account: str) -> HttpResponse:
    """Take an account off a summary from today on."""
    shown = get_object_or_404(masters_visible_to(request.user), number=number)
    left = get_object_or_404(accounts_visible_to(request.user), number=account)
    try:
        operations.leave_master(
            master=shown, account=left, on=current_business_day(), by=request.user, at=timezone.now()
        )
    except (operations.MasterRefused, NoOpenBusinessDay) as refusal:
        messages.error(request, str(refusal))
    return redirect("billing:master", number)


@requires(permissions.SEE_BILLS)
def summary_pdf(request: StaffRequest, number: str) -> HttpResponse:
    """Print the summary as it stands today."""
    shown = get_object_or_404(masters_visible_to(request.user), number=number)
    summary = summary_of_master(shown, timezone.localdate())
    return HttpResponse(
        render_pdf(TEMPLATE, summary_data(summary)),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="summary-{number}.pdf"'},
    )


def _page(request: StaffRequest, number: str, form: forms.MasterOf) -> HttpResponse:
    shown = get_object_or_404(masters_visible_to(request.user), number=number)
    context = {
        "master": shown,
        "summary": summary_of_master(shown, timezone.localdate()),
        "form": form,
        "may_keep": request.user.may(permissions.KEEP_MASTERS),
    }
    return render(request, "billing/master.html", context)
