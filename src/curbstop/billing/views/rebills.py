"""Corrected bills: the list of batches, the draft of one, and each bill of it with what it was and what it becomes."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.billing import forms, permissions
from curbstop.billing.operations import rebilling
from curbstop.billing.queries.rebilling import Correction, accounts_left, items_of, rebills_visible_to, totals_of_items
from curbstop.customers.queries import accounts_visible_to, agreements_frame
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.metering.queries.standing import standing_read

ROWS_A_PAGE = 25


@requires(permissions.SEE_ADJUSTMENTS)
def rebills(request: StaffRequest) -> HttpResponse:
    """List the batches of corrected bills, newest first, with the form that drafts the next one."""
    form = forms.DraftRebill() if request.user.may(permissions.REQUEST_CANCELLATION) else None
    return _listed(request, form)


@requires(permissions.REQUEST_CANCELLATION)
@require_POST
def draft_rebill(request: StaffRequest) -> HttpResponse:
    """Find the bills that a correction touches, and put them on a batch for a second person."""
    form = forms.DraftRebill(request.POST)
    if form.is_valid():
        try:
            batch = _drafted(form.cleaned_data, request)
        except rebilling.RebillRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("billing:rebill", batch.pk)
    return _listed(request, form)


def _drafted(given: dict[str, Any], request: StaffRequest) -> Any:
    facts: dict[str, Any] = {"reason": given["reason"], "by": request.user, "at": timezone.now()}
    if given["kind"] == "read":
        read = standing_read(serial=given["meter"], read_on=given["on"])
        if read is None:
            raise rebilling.RebillRefused(f"Meter {given['meter']} has no read on {given['on']}.")
        return rebilling.draft_read_rebill(read=read, register=given["register"], **facts)
    if given["kind"] == "rate":
        correction = Correction("rate", schedule=given["schedule"], from_on=given["on"])
    else:
        correction = Correction("class", agreement_ids=_agreements_of(given["account"], request), from_on=given["on"])
    return rebilling.draft_rebill(correction=correction, **facts)


def _agreements_of(number: str, request: StaffRequest) -> tuple[int, ...]:
    account = accounts_visible_to(request.user).filter(number=number).first()
    if account is None:
        raise rebilling.RebillRefused(f"There is no account {number}.")
    own = agreements_frame(first_account_id=account.pk, last_account_id=account.pk)
    return tuple(own["agreement_id"].to_list())


@requires(permissions.SEE_ADJUSTMENTS)
def rebill(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a batch: every bill with what it was, what it becomes, and by what it was replaced."""
    batch = get_object_or_404(rebills_visible_to(request.user), pk=pk)
    page = Paginator(items_of(batch), ROWS_A_PAGE).get_page(request.GET.get("page"))
    may_approve = request.user.may(permissions.APPROVE_CANCELLATION) and batch.drafted_by_id != request.user.pk
    context = {
        "batch": batch,
        "page": page,
        "totals": totals_of_items(batch),
        "left": len(accounts_left(batch)),
        "may_approve": may_approve,
        "may_discard": request.user.may(permissions.REQUEST_CANCELLATION) and not batch.approved_at,
    }
    return render(request, "billing/rebill.html", context)


@requires(permissions.REQUEST_CANCELLATION)
@require_POST
def discard_rebill(request: StaffRequest, pk: int) -> HttpResponse:
    """Throw away a batch that nobody approved."""
    batch = get_object_or_404(rebills_visible_to(request.user), pk=pk)
    try:
        rebilling.discard_rebill(batch=batch, by=request.user, at=timezone.now())
    except rebilling.RebillRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("billing:rebill", pk)


def _listed(request: StaffRequest, form: forms.DraftRebill | None) -> HttpResponse:
    page = Paginator(rebills_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "billing/rebills.html", {"page": page, "form": form})
