"""The account page: who, what is owed, what was billed and why, what was used, what was paid."""

from uuid import uuid4

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from curbstop.cashiering.permissions import TAKE_PAYMENT
from curbstop.customers.permissions import SEE_ACCOUNTS
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.foundation.web.charts import bar_chart
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day
from curbstop.staff.queries.accounts import overview_of


@requires(SEE_ACCOUNTS)
def account(request: StaffRequest, number: str) -> HttpResponse:
    """Show one account as it stands on the business day, or today while the office is closed."""
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
        "payment_key": uuid4(),  # A double click opens one cart.
    }
    return render(request, "staff/account.html", context)
