"""The deposit desk: what is held, what may go back, and giving it back by two people."""

from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.collections import forms, operations, permissions
from curbstop.collections.queries import (
    deposit_rows,
    deposits_in_books,
    deposits_visible_to,
    letter_to,
    release_request_of,
)
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day
from curbstop.ordinances.queries import NoSuchRule

ROWS_A_PAGE = 50


@requires(permissions.SEE_COLLECTIONS)
def deposits(request: StaffRequest) -> HttpResponse:
    """List the deposits that the city holds, with interest, good months and the day they may go back."""
    on = _today()
    page = Paginator(deposits_visible_to(request.user).filter(release=None), ROWS_A_PAGE).get_page(
        request.GET.get("page")
    )
    rows = [(row, row.may_go_back(on)) for row in deposit_rows(page.object_list, on=on)]
    context = {"page": page, "rows": rows, "held_cents": deposits_in_books(on), "on": on}
    return render(request, "collections/deposits.html", context)


@requires(permissions.SEE_COLLECTIONS)
def deposit(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one deposit with its letter, and prepare its release."""
    shown = get_object_or_404(deposits_visible_to(request.user), pk=pk)
    form = forms.ReleaseDeposit(request.POST or None)
    release = getattr(shown, "release", None)
    may_prepare = request.user.may(permissions.ASK_DEPOSIT) and release is None
    if request.method == "POST" and may_prepare and form.is_valid():
        giving = operations.Giving(**form.cleaned_data)
        try:
            operations.request_release(deposit=shown, giving=giving, by=request.user, at=timezone.now())
        except operations.DepositRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The release is prepared. A second person approves it.")
            return redirect("collections:deposit", pk)
    asked = release_request_of(pk) if release is None else None
    (row,) = deposit_rows([shown], on=_today())
    try:
        letter = letter_to(shown.account, "deposit_receipt", values={"amount_due": row.held_cents}, on=_today())
    except NoSuchRule:
        letter = None
    context = {
        "deposit": shown,
        "row": row,
        "release": release,
        "asked": asked,
        "form": form if may_prepare and asked is None else None,
        "letter": letter,
        "may_approve": asked and request.user.may(permissions.RELEASE_DEPOSIT) and asked.by_id != request.user.pk,
    }
    return render(request, "collections/deposit.html", context)


@requires(permissions.RELEASE_DEPOSIT)
@require_POST
def approve_release(request: StaffRequest, pk: int) -> HttpResponse:
    """Give a deposit back as somebody else prepared it."""
    get_object_or_404(deposits_visible_to(request.user), pk=pk)
    asked = release_request_of(pk)
    if asked is None:
        messages.error(request, "Nobody prepared a release of this deposit.")
        return redirect("collections:deposit", pk)
    try:
        operations.approve_release(request=asked, by=request.user, at=timezone.now())
    except operations.DepositRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The deposit is given back.")
    return redirect("collections:deposit", pk)


def _today() -> date:
    try:
        return current_business_day()
    except NoOpenBusinessDay:
        return timezone.localdate()
