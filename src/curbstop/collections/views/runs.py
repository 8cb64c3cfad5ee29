"""Runs of late charges: proposed, looked at line by line, approved by somebody else, posted."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.collections import forms, operations, permissions
from curbstop.collections.queries import labelled, lines_of, run_summary, runs_visible_to, waivers_waiting
from curbstop.foundation.access.guards import StaffRequest, requires

ROWS_A_PAGE = 50


@requires(permissions.SEE_COLLECTIONS)
def runs(request: StaffRequest) -> HttpResponse:
    """List the runs, newest first, with the form that proposes the next one and the waivers that wait."""
    return _list(request, forms.ProposeCharges())


@requires(permissions.PROPOSE_CHARGES)
@require_POST
def propose_charges(request: StaffRequest) -> HttpResponse:
    """Propose a run of penalties or interest as of the business day."""
    form = forms.ProposeCharges(request.POST)
    if form.is_valid():
        try:
            made = operations.propose_charges(kind=form.cleaned_data["kind"], by=request.user, at=timezone.now())
        except operations.RunRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("collections:run", made.pk)
    return _list(request, form)


@requires(permissions.SEE_COLLECTIONS)
def run(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one run: what each bill is charged on, what is left out and why, and the next step."""
    shown = get_object_or_404(runs_visible_to(request.user), pk=pk)
    page = Paginator(lines_of(pk), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "run": shown,
        "summary": run_summary(pk),
        "page": page,
        "lines": labelled(list(page.object_list)),
        "may_approve": request.user.may(permissions.APPROVE_CHARGES) and shown.proposed_by_id != request.user.pk,
        "may_post": request.user.may(permissions.APPROVE_CHARGES),
        "may_discard": request.user.may(permissions.PROPOSE_CHARGES),
    }
    return render(request, "collections/run.html", context)


@requires(permissions.APPROVE_CHARGES)
@require_POST
def approve_charges(request: StaffRequest, pk: int) -> HttpResponse:
    """Approve a run that somebody else proposed."""
    return _step(request, pk, operations.approve_charges, "The run is approved. Nothing is posted yet.")


@requires(permissions.APPROVE_CHARGES)
@require_POST
def post_charges(request: StaffRequest, pk: int) -> HttpResponse:
    """Post an approved run."""
    return _step(request, pk, operations.post_charges, "The run is posted.")


@requires(permissions.PROPOSE_CHARGES)
@require_POST
def discard_charges(request: StaffRequest, pk: int) -> HttpResponse:
    """Throw a run away that nobody approved."""
    return _step(request, pk, operations.discard_charges, "The run is discarded.")


def _list(request: StaffRequest, form: forms.ProposeCharges) -> HttpResponse:
    page = Paginator(runs_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "form": form if request.user.may(permissions.PROPOSE_CHARGES) else None,
        "waiting": waivers_waiting(request.user).count(),
    }
    return render(request, "collections/runs.html", context)


def _step(request: StaffRequest, pk: int, step: Callable[..., object], done: str) -> HttpResponse:
    shown = get_object_or_404(runs_visible_to(request.user), pk=pk)
    try:
        step(run=shown, by=request.user, at=timezone.now())
    except operations.RunRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("collections:run", pk)
