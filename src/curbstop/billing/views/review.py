"""The review of a drafted run: its exceptions, and one drafted bill that is held or cleared."""

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from curbstop.billing import forms, operations, permissions
from curbstop.billing.domain.explaining import explained
from curbstop.billing.queries import (
    draft_lines_of,
    draft_of,
    findings_of,
    findings_of_account,
    runs_visible_to,
    unbilled_of,
)
from curbstop.customers.queries import accounts_visible_to
from curbstop.foundation.access.guards import StaffRequest, requires


@requires(permissions.SEE_RUNS)
def exceptions(request: StaffRequest, pk: int) -> HttpResponse:
    """List a run's exceptions, and the agreements it does not bill, of one kind or all."""
    run = get_object_or_404(runs_visible_to(request.user), pk=pk)
    code, reason = request.GET.get("code", ""), request.GET.get("reason", "")
    context = {
        "run": run,
        "code": code,
        "reason": reason,
        "findings": [] if reason else findings_of(run, code),
        "unbilled": [] if code else unbilled_of(run, reason),
    }
    return render(request, "billing/exceptions.html", context)


@requires(permissions.SEE_RUNS)
def drafted_bill(request: StaffRequest, pk: int, account_id: int) -> HttpResponse:
    """Show one account's drafted bill, why it was listed, and the form for a decision."""
    return _page(request, pk, account_id, forms.Reason())


@requires(permissions.REVIEW_RUN)
def hold_bill(request: StaffRequest, pk: int, account_id: int) -> HttpResponse:
    """Hold one account's drafted bill."""
    return _decide(request, pk, account_id, operations.hold_bill)


@requires(permissions.REVIEW_RUN)
def clear_bill(request: StaffRequest, pk: int, account_id: int) -> HttpResponse:
    """Clear one account's held bill."""
    return _decide(request, pk, account_id, operations.clear_bill)


def _decide(request: StaffRequest, pk: int, account_id: int, decision: Callable[..., None]) -> HttpResponse:
    run = get_object_or_404(runs_visible_to(request.user), pk=pk)
    form = forms.Reason(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            decision(
                run=run,
                account_id=account_id,
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=timezone.now(),
            )
        except operations.ReviewRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("billing:drafted_bill", pk, account_id)
    return _page(request, pk, account_id, form)


def _page(request: StaffRequest, pk: int, account_id: int, form: forms.Reason) -> HttpResponse:
    run = get_object_or_404(runs_visible_to(request.user), pk=pk)
    draft = draft_of(run, account_id)
    if draft is None:
        raise Http404
    context = {
        "run": run,
        "draft": draft,
        "account": get_object_or_404(accounts_visible_to(request.user), pk=account_id),
        "lines": explained(draft_lines_of(run, account_id)),
        "findings": findings_of_account(run, account_id),
        "may_review": request.user.may(permissions.REVIEW_RUN) and run.state == "drafted",
        "form": form,
    }
    return render(request, "billing/drafted_bill.html", context)
