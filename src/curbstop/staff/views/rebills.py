"""Replacing the bills of a batch: its page is billing's, but penalties on the old bills belong to the room above."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.billing.operations.rebilling import RebillRefused, approve_rebill, run_rebill
from curbstop.billing.permissions import APPROVE_CANCELLATION
from curbstop.billing.queries.rebilling import rebills_visible_to
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.journeys.operations.rebill import rebill_accounts_and_charges


@requires(APPROVE_CANCELLATION)
@require_POST
def approve_rebill_batch(request: StaffRequest, pk: int) -> HttpResponse:
    """Approve a batch that somebody else drafted and replace its bills, or go on with one that stopped."""
    batch = get_object_or_404(rebills_visible_to(request.user), pk=pk)
    at = timezone.now()
    try:
        if not batch.approved_at:
            batch = approve_rebill(batch=batch, by=request.user, at=at)
        bills = run_rebill(batch=batch, by=request.user, at=at, rebill=rebill_accounts_and_charges)
    except RebillRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{len(bills)} {'bill is' if len(bills) == 1 else 'bills are'} replaced.")
    return redirect("billing:rebill", pk)
