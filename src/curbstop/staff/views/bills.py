"""Cancelling a bill: its page is billing's, but what was charged for its lateness belongs to the room above."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.billing.operations import CancellationRefused
from curbstop.billing.permissions import APPROVE_CANCELLATION
from curbstop.billing.queries import bills_visible_to, cancellation_request_of
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.journeys.operations.cancel_bill import cancel_bill_and_charges


@requires(APPROVE_CANCELLATION)
@require_POST
def approve_cancellation(request: StaffRequest, number: int) -> HttpResponse:
    """Cancel a bill that somebody else asked to cancel, with its penalties and interest."""
    get_object_or_404(bills_visible_to(request.user), number=number)
    asked = cancellation_request_of(number)
    if asked is None:
        messages.error(request, "Nobody asked for this bill to be cancelled.")
        return redirect("billing:bill", number)
    try:
        cancel_bill_and_charges(request=asked, by=request.user, at=timezone.now())
    except CancellationRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The bill is cancelled and its days can be billed again.")
    return redirect("billing:bill", number)
