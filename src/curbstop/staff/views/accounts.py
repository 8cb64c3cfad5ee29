"""The account page: who, what is owed, what was billed and why, what was used and paid; and what was said."""

from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.billing.permissions import REQUEST_ADJUSTMENT, REQUEST_REFUND, SEE_BILLS
from curbstop.cashiering.permissions import TAKE_PAYMENT
from curbstop.collections.permissions import SEE_COLLECTIONS
from curbstop.customers import operations as customers
from curbstop.customers.permissions import DECLARE_TIE, END_TIE, LOG_CONTACT, SEE_ACCOUNTS
from curbstop.customers.queries import accounts_visible_to, ties_of
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.foundation.web.charts import bar_chart
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day
from curbstop.staff import forms
from curbstop.staff.queries.accounts import overview_of


@requires(SEE_ACCOUNTS)
def account(request: StaffRequest, number: str) -> HttpResponse:
    """Show one account as it stands on the business day, or today while the office is closed."""
    return _page(request, number, forms.LogContact())


@requires(LOG_CONTACT)
@require_POST
def log_contact(request: StaffRequest, number: str) -> HttpResponse:
    """Write down what was said with the customer of an account."""
    shown = get_object_or_404(accounts_visible_to(request.user), number=number)
    form = forms.LogContact(request.POST)
    if form.is_valid():
        try:
            customers.log_contact(
                customer=shown.customer,
                account=shown,
                conversation=form.cleaned_data["conversation"],
                by=request.user,
                at=timezone.now(),
            )
        except customers.ContactRefused as refusal:
            form.add_error("note", str(refusal))
        else:
            messages.success(request, "The contact is written down.")
            return redirect("staff:account", number)
    return _page(request, number, form)


def _page(request: StaffRequest, number: str, contact_form: forms.LogContact) -> HttpResponse:
    try:
        on = current_business_day()
    except NoOpenBusinessDay:
        on = timezone.localdate()
    overview = overview_of(number, request.user, on=on)
    if overview is None:
        raise Http404
    charts = [
        bar_chart(bars=use.bars, title=f"{use.name} by billing period", unit=use.unit, key=f"use-{index}")
        for index, use in enumerate(overview.uses)
    ]
    context = {
        "overview": overview,
        "account": overview.account,
        "uses": list(zip(overview.uses, charts, strict=True)),
        "on": on,
        "may_take_payment": request.user.may(TAKE_PAYMENT),
        "may_see_collections": request.user.may(SEE_COLLECTIONS),
        "ties": ties_of(overview.account.customer_id, request.user),
        "may_declare_tie": request.user.may(DECLARE_TIE),
        "may_end_tie": request.user.may(END_TIE),
        "may_adjust": request.user.may(REQUEST_ADJUSTMENT),
        "may_refund": request.user.may(REQUEST_REFUND),
        "may_see_budget": request.user.may(SEE_BILLS),
        "payment_key": uuid4(),  # A double click opens one cart.
        "contact_form": contact_form if request.user.may(LOG_CONTACT) else None,
    }
    return render(request, "staff/account.html", context)
