"""Billing runs: the list, one run with its progress and totals, and the steps that people take."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.billing import forms, operations, permissions, tables
from curbstop.billing.queries import (
    bills_of_run,
    drafted_bills_of,
    finding_on_total,
    open_run_of,
    progress_of,
    run_summary,
    runs_visible_to,
    waits_for_worker,
)
from curbstop.customers.queries import accounts_visible_to
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.foundation.jobs import app as jobs
from curbstop.foundation.web.tables import arranged, download
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day

ROWS_A_PAGE = 25


@requires(permissions.SEE_RUNS)
def runs(request: StaffRequest) -> HttpResponse:
    """List the billing runs, newest first, with the form that drafts the next one."""
    may_draft = request.user.may(permissions.DRAFT_RUN)
    return _listed(request, *((forms.DraftRun(), forms.DraftChosen()) if may_draft else (None, None)))


@requires(permissions.SEE_RUNS)
def runs_progress(request: StaffRequest) -> HttpResponse:
    """Show whether the worker is busy with billing, for a list that asks every two seconds."""
    is_busy = waits_for_worker()
    response = render(request, "billing/_runs_progress.html", {"is_busy": is_busy})
    if not is_busy:
        response["HX-Refresh"] = "true"
    return response


@requires(permissions.DRAFT_RUN)
@require_POST
def draft_run(request: StaffRequest) -> HttpResponse:
    """Have some cycles drafted in the background, as one run."""
    form = forms.DraftRun(request.POST)
    try:
        today = current_business_day()
        if form.is_valid():
            operations.refuse_days_to_come(through=form.cleaned_data["through"], bill_on=today)
    except NoOpenBusinessDay as refusal:
        form.add_error(None, str(refusal))
    except operations.DraftRefused as refusal:
        form.add_error("through", str(refusal))
    for cycle in form.cleaned_data["cycle"] if form.is_valid() else ():
        if (waiting := open_run_of(cycle)) and waiting.state == "approved":
            form.add_error("cycle", f"Run {waiting.pk} of this cycle is approved: release it first.")
    if form.is_valid():
        jobs.configure_task("billing.draft_bills", queue="billing", lock="billing").defer(
            cycle_ids=[cycle.pk for cycle in form.cleaned_data["cycle"]],
            through=form.cleaned_data["through"].isoformat(),
            user_id=request.user.pk,
        )
        messages.success(request, "The draft is being made; it appears in this list by itself.")
        return redirect("billing:runs")
    return _listed(request, form, forms.DraftChosen())


@requires(permissions.DRAFT_RUN)
@require_POST
def draft_chosen(request: StaffRequest) -> HttpResponse:
    """Draft the bills of chosen accounts, or every last bill that waits."""
    form = forms.DraftChosen(request.POST)
    if form.is_valid():
        try:
            drafted = _drafted(request, form)
        except (NoOpenBusinessDay, operations.DraftRefused) as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("billing:run", drafted.pk)
    return _listed(request, forms.DraftRun(), form)


def _drafted(request: StaffRequest, form: forms.DraftChosen) -> Any:
    facts: dict[str, Any] = {
        "through": form.cleaned_data["through"],
        "bill_on": current_business_day(),
        "by": request.user,
        "at": timezone.now(),
    }
    if form.cleaned_data["kind"] == "final":
        return operations.draft_final_bills(**facts)
    found = dict(accounts_visible_to(request.user).filter(number__in=form.numbers()).values_list("number", "pk"))
    if missing := [number for number in form.numbers() if number not in found]:
        raise operations.DraftRefused(f"There is no account {', '.join(missing)}.")
    return operations.draft_off_cycle(account_ids=list(found.values()), **facts)


def _listed(request: StaffRequest, form: forms.DraftRun | None, chosen: forms.DraftChosen | None) -> HttpResponse:
    page = Paginator(runs_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "form": form, "chosen": chosen, "is_busy": waits_for_worker()}
    return render(request, "billing/runs.html", context)


@requires(permissions.SEE_RUNS)
def run(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one run: how far it is, what it adds up to, what needs a decision, and the next step."""
    shown = get_object_or_404(runs_visible_to(request.user), pk=pk)
    context = {
        "run": shown,
        "progress": progress_of(shown),
        "summary": run_summary(shown),
        "on_total": finding_on_total(shown),
        "is_drafter": shown.drafted_by_id == request.user.pk,
        "may_approve": request.user.may(permissions.APPROVE_RUN),
        "may_release": request.user.may(permissions.RELEASE_RUN),
        "may_see_bills": request.user.may(permissions.SEE_BILLS),
        "may_print": request.user.may(permissions.PRINT_RUN),
    }
    return render(request, "billing/run.html", context)


@requires(permissions.SEE_RUNS)
def run_progress(request: StaffRequest, pk: int) -> HttpResponse:
    """Show how far a run is, for a page that asks every two seconds until the worker is done."""
    shown = get_object_or_404(runs_visible_to(request.user), pk=pk)
    progress = progress_of(shown)
    response = render(request, "billing/_run_progress.html", {"run": shown, "progress": progress})
    if not progress.is_busy:
        response["HX-Refresh"] = "true"
    return response


@requires(permissions.SEE_RUNS)
def run_bills(request: StaffRequest, pk: int) -> HttpResponse:
    """List the bills of a run, drafted or released; `?as=csv` or `xlsx` is the same list as a file."""
    shown = get_object_or_404(runs_visible_to(request.user), pk=pk)
    is_released = shown.state == "released"
    table = (
        tables.RunBills(bills_of_run(shown.pk, request.user))
        if is_released
        else tables.DraftedBills(drafted_bills_of(shown))
    )
    file = download(table, request, name=f"run-{shown.pk}-bills")
    if file is not None:
        return file
    context = {"run": shown, "table": arranged(table, request), "is_released": is_released}
    return render(request, "billing/run_bills.html", context)


@requires(permissions.APPROVE_RUN)
@require_POST
def approve_run(request: StaffRequest, pk: int) -> HttpResponse:
    """Approve a drafted run."""
    shown = get_object_or_404(runs_visible_to(request.user), pk=pk)
    accepts_holds = "accepts_holds" in request.POST
    try:
        operations.approve_run(run=shown, by=request.user, at=timezone.now(), accepts_holds=accepts_holds)
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
    try:
        operations.refuse_release(shown)
    except operations.ReleaseRefused as refusal:
        messages.error(request, str(refusal))
    else:
        jobs.configure_task("billing.release_bills", queue="billing", lock="billing").defer(
            run_id=shown.pk, user_id=request.user.pk
        )
        messages.success(request, "The release has begun; this page shows how far it is.")
    return redirect("billing:run", pk)
