"""The leak worksheet of a bill: what the policy gives, with its arithmetic, before and after."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from curbstop.billing import forms, operations, permissions
from curbstop.billing.operations.leaks import Support, request_leak_credit
from curbstop.billing.queries import bills_visible_to
from curbstop.billing.queries.leaks import Shown, leak_policy_on, leak_sheet
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.ledger.queries import day_or_today


@requires(permissions.REQUEST_ADJUSTMENT)
def leak(request: StaffRequest, number: int) -> HttpResponse:
    """Work a leak out from what the customer showed, and ask for its credit."""
    bill = get_object_or_404(bills_visible_to(request.user), number=number)
    on = day_or_today(timezone.localdate())
    found = leak_policy_on(on)
    if found is None:
        messages.error(request, "The city has no leak policy in its pack.")
        return redirect("billing:bill", number)
    policy, citation = found
    given = request.POST if request.method == "POST" else request.GET
    facts_form = forms.LeakFacts(
        given if "place" in given else None, policy=policy, initial={"place": policy.places[0], "entered_sewer": True}
    )
    facts = facts_form.facts() if facts_form.is_valid() else Shown(place=policy.places[0])
    support_form = forms.LeakSupport(request.POST or None)
    if request.method == "POST" and facts_form.is_valid() and support_form.is_valid():
        try:
            asked = request_leak_credit(
                bill=bill, shown=facts, support=Support(**support_form.cleaned_data), by=request.user, at=timezone.now()
            )
        except operations.AdjustmentRefused as refusal:
            support_form.add_error(None, str(refusal))
        else:
            return redirect("billing:adjustment", asked.pk)
    context = {
        "bill": bill,
        "policy": policy,
        "citation": citation,
        "sheet": leak_sheet(bill, facts, on=on),
        "facts_form": facts_form,
        "support_form": support_form,
    }
    return render(request, "billing/leak.html", context)
