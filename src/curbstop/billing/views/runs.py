"""Billing runs: the list, one run with its progress and totals, and the steps that people take."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.billing import forms, operations, permissions
from curbstop.billing.queries import run_summary, runs_visible_to
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.foundation.jobs import app as jobs
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day

ROWS_A_PAGE = 25


@requires(permissions.SEE_RUNS)
def runs(request: StaffRequest) -> HttpResponse:
    """List the billing runs, newest first, with the form that drafts the next one."""
    page = Paginator(runs_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    form = forms.DraftRun() if request.user.may(permissions.DRAFT_RUN) else None
    return render(request, "billing/runs.html", {"page": page, "form": form})


@requires(permissions.DRAFT_RUN)
@require_POST
def draft_run(request: StaffRequest) -> HttpResponse:
    """Have a cycle drafted in the background."""
    form = forms.DraftRun(request.POST)
    try:
        current_business_day()
    except NoOpenBusinessDay as refusal:
        form.add_error(None, str(refusal))
    if form.is_valid():
        jobs.configure_task("billing.draft_bills", queue="billing", lock="billing").defer(
            cycle_id=form.cleaned_data["cycle"].pk,
            through=form.cleaned_data["through"].isoformat(),
            user_id=request.user.pk,
        )
        messages.success(request, "The draft is being made; it appears in this list.")
        return redirect("billing:runs")
    page = Paginator(runs_visible_to(request.user), ROWS_A_PAGE).get_page(1)
    return render(request, "billing/runs.html", {"page": page, "form": form})


@requires(permissions.SEE_RUNS)
def run(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one run: how far it is, what it adds up to, what needs a decision, and the next step."""
    shown = get_object_or_404(runs_visible_to(request.user), pk=pk)
    is_drafter = shown.drafted_by_id == request.user.pk
    context = {
        "run": shown,
        "summary": run_summary(shown),
        "may_approve": request.user.may(permissions.APPROVE_RUN) and not is_drafter,
        "may_release": request.user.may(permissions.RELEASE_RUN),
    }
    return render(request, "billing/run.html", context)


@requires(permissions.SEE_RUNS)
def run_progress(request: StaffRequest, pk: int) -> HttpResponse:
    """Show how far a run is, for a page that asks every two seconds."""
    shown = get_object_or_404(runs_visible_to(request.user), pk=pk)
    context = {"run": shown, "summary": run_summary(shown)}
    response = render(request, "billing/_run_progress.html", context)
    if shown.state == "released":
        response["HX-Refresh"] = "true"
    return response


@requires(permissions.APPROVE_RUN)
@require_POST
def approve_run(request: StaffRequest, pk: int) -> HttpResponse:
    """Approve a drafted run."""
    shown = get_object_or_404(runs_visible_to(request.user), pk=pk)
    try:
        operations.approve_run(run=shown, by=request.user, at=timezone.now())
    except operations.ApprovalRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The run is approved. Release it to post its bills.")
    return redirect("billing:run", pk)


@requires(permissions.RELEASE_RUN)
@require_POST
def release_run(request: StaffRequest, pk: int) -> HttpResponse:
    """Have an approved run released in the background."""
    shown = get_object_or_404(runs_visible_to(request.user), pk=pk)
    if shown.state != "approved":
        messages.error(request, f"This run is {shown.state}: a second person approves it first.")
    else:
        jobs.configure_task("billing.release_bills", queue="billing", lock="billing").defer(
            run_id=shown.pk, user_id=request.user.pk
        )
        messages.success(request, "The release has begun; this page shows how far it is.")
    return redirect("billing:run", pk)
