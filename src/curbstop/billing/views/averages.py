"""Averages of use that set a price: what was computed, and the second person who puts them in force."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.billing import forms, operations, permissions
from curbstop.billing.domain.average_policies import PolicyRefused
from curbstop.billing.queries import average_sets_visible_to
from curbstop.billing.queries.averages import summary_of
from curbstop.billing.queries.stale_averages import stale_averages
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.ordinances.queries import NoSuchRule

ROWS_A_PAGE = 10


@requires(permissions.SEE_RUNS)
def averages(request: StaffRequest) -> HttpResponse:
    """List the computations of averages, newest first, with how many agreements each covers."""
    return _page(request, forms.ComputeAverages())


@requires(permissions.PROPOSE_AVERAGES)
@require_POST
def compute_averages(request: StaffRequest) -> HttpResponse:
    """Compute a policy's averages for everybody; a second person puts them in force."""
    form = forms.ComputeAverages(request.POST)
    if form.is_valid():
        try:
            operations.set_averages(**form.cleaned_data, by=request.user, at=timezone.now())
        except (operations.AveragesRefused, NoSuchRule, PolicyRefused) as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("billing:averages")
    return _page(request, form)


def _page(request: StaffRequest, form: forms.ComputeAverages) -> HttpResponse:
    page = Paginator(average_sets_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(each, summary_of(each)) for each in page.object_list],
        "stale": stale_averages(),
        "form": form if request.user.may(permissions.PROPOSE_AVERAGES) else None,
        "may_approve": request.user.may(permissions.APPROVE_AVERAGES),
    }
    return render(request, "billing/averages.html", context)


@requires(permissions.APPROVE_AVERAGES)
@require_POST
def approve_averages(request: StaffRequest, pk: int) -> HttpResponse:
    """Put in force what somebody else computed."""
    waiting = get_object_or_404(average_sets_visible_to(request.user), pk=pk)
    try:
        operations.approve_averages(average_set=waiting, by=request.user, at=timezone.now())
    except operations.AveragesRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The averages are in force.")
    return redirect("billing:averages")
