"""Exemptions: a service is not billed from a day on, once a second person agrees, and until a day."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.billing import forms, operations, permissions
from curbstop.billing.queries.exemptions import exemptions_visible_to
from curbstop.customers.queries import accounts_visible_to
from curbstop.customers.queries.serving import agreement_for
from curbstop.foundation.access.guards import StaffRequest, requires

ROWS_A_PAGE = 50


@requires(permissions.SEE_RUNS)
def exemptions(request: StaffRequest) -> HttpResponse:
    """List the exemptions, what waits for a second person first, with the form that asks for one."""
    return _page(request, forms.RequestExemption())


@requires(permissions.REQUEST_EXEMPTION)
@require_POST
def request_exemption(request: StaffRequest) -> HttpResponse:
    """Ask that a service of an account is not billed from a day on."""
    form = forms.RequestExemption(request.POST)
    if form.is_valid():
        typed = form.cleaned_data
        account = accounts_visible_to(request.user).filter(number=typed["account"]).first()
        agreement = account and agreement_for(account, typed["service"], typed["starts_on"])
        if agreement is None:
            form.add_error("account", "No account of this number has the service on that day.")
        else:
            facts = {"reason": typed["reason"], "starts_on": typed["starts_on"], "agreement_id": agreement.pk}
            return _done(request, operations.request_exemption, **facts)
    return _page(request, form)


@requires(permissions.APPROVE_EXEMPTION)
@require_POST
def approve_exemption(request: StaffRequest, pk: int) -> HttpResponse:
    """Put an exemption in force that somebody else asked for."""
    found = get_object_or_404(exemptions_visible_to(request.user), pk=pk)
    return _done(request, operations.approve_exemption, exemption=found)


@requires(permissions.REQUEST_EXEMPTION)
@require_POST
def end_exemption(request: StaffRequest, pk: int) -> HttpResponse:
    """Let a service be billed again from a day on."""
    found = get_object_or_404(exemptions_visible_to(request.user), pk=pk)
    form = forms.EndExemption(request.POST)
    if not form.is_valid():
        messages.error(request, "Give the day from which the service is billed again.")
        return redirect("billing:exemptions")
    return _done(request, operations.end_exemption, exemption=found, ends_on=form.cleaned_data["ends_on"])


def _done(request: StaffRequest, operation: Callable[..., Any], **facts: Any) -> HttpResponse:
    try:
        operation(**facts, by=request.user, at=timezone.now())
    except operations.ExemptionRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("billing:exemptions")


def _page(request: StaffRequest, form: forms.RequestExemption) -> HttpResponse:
    page = Paginator(exemptions_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "form": form,
        "may_request": request.user.may(permissions.REQUEST_EXEMPTION),
        "may_approve": request.user.may(permissions.APPROVE_EXEMPTION),
    }
    return render(request, "billing/exemptions.html", context)
