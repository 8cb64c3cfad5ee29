"""The workbench of a drafted run: its open exceptions by code, the evidence beside each, decided from the keyboard."""

from urllib.parse import quote

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.billing import forms, operations, permissions
from curbstop.billing.domain.advising import BASELINES, advice_on, evidence_words
from curbstop.billing.queries import finding_on_total, open_findings_of, progress_of, run_summary, runs_visible_to
from curbstop.foundation.access.guards import StaffRequest, requires

ROWS_A_PAGE = 25


@requires(permissions.SEE_RUNS)
def workbench(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the exceptions that wait, of one code or all, page by page, with the form that decides on the chosen one."""
    run = get_object_or_404(runs_visible_to(request.user), pk=pk)
    code = request.GET.get("code", "")
    page = Paginator(open_findings_of(run, code), ROWS_A_PAGE).get_page(request.GET.get("page"))
    is_draft = run.state == "drafted"
    context = {
        "run": run,
        "progress": progress_of(run),
        "summary": run_summary(run),
        "code": code,
        "page": page,
        "rows": [
            (each, advice_on(each.code), evidence_words(each.code, each.evidence), BASELINES.get(each.baseline, ""))
            for each in page.object_list
        ],
        "on_total": finding_on_total(run),
        "form": forms.Settling(auto_id="decision_%s"),
        "total_form": forms.Settling(auto_id="total_%s"),
        "may_review": is_draft and request.user.may(permissions.REVIEW_RUN),
        "may_redraft": is_draft and request.user.may(permissions.DRAFT_RUN),
        "may_approve": is_draft and request.user.may(permissions.APPROVE_RUN) and run.drafted_by_id != request.user.pk,
        "may_release": run.state == "approved" and request.user.may(permissions.RELEASE_RUN),
    }
    return render(request, "billing/workbench.html", context)


@requires(permissions.REVIEW_RUN)
@require_POST
def clear_finding(request: StaffRequest, pk: int, finding_id: int) -> HttpResponse:
    """Settle one exception with a reason."""
    run = get_object_or_404(runs_visible_to(request.user), pk=pk)
    form = forms.Decision(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return _back(request, pk)
    try:
        operations.clear_finding(
            run=run,
            finding_id=finding_id,
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=timezone.now(),
        )
    except operations.ReviewRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The exception is settled, with your reason.")
    return _back(request, pk)


@requires(permissions.DRAFT_RUN)
@require_POST
def redraft_account(request: StaffRequest, pk: int, account_id: int) -> HttpResponse:
    """Calculate one account of a drafted run once more."""
    run = get_object_or_404(runs_visible_to(request.user), pk=pk)
    try:
        operations.redraft_account(run=run, account_id=account_id, by=request.user, at=timezone.now())
    except operations.DraftRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The account is drafted again, from its reads and rates as they are now.")
    return _back(request, pk)


def _back(request: StaffRequest, pk: int) -> HttpResponse:
    """Return to the workbench, to the code that was looked at."""
    return redirect(f"{reverse('billing:workbench', args=[pk])}?code={quote(request.POST.get('code', ''))}")
