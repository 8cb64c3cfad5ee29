"""One account with its late charges, deposits and disputes, and what may be done about each."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.collections import forms, operations, permissions
from curbstop.collections.queries import (
    charges_of,
    deposit_rows,
    deposits_visible_to,
    disputable_bills,
    disputes_visible_to,
    letter_to,
    plan_of,
)
from curbstop.customers.queries import accounts_visible_to
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day, live_holds_of
from curbstop.ordinances.queries import NoSuchRule


@dataclass(frozen=True, slots=True)
class Typed:
    """A form that was sent and refused; the others on the page are fresh."""

    deposit: forms.AskDeposit | None = None
    dispute: forms.OpenDispute | None = None


@requires(permissions.SEE_COLLECTIONS)
def account(request: StaffRequest, number: str) -> HttpResponse:
    """Show what of an account is late, held, disputed or kept as security."""
    return _page(request, number, Typed())


@requires(permissions.ASK_DEPOSIT)
@require_POST
def ask_deposit(request: StaffRequest, number: str) -> HttpResponse:
    """Ask an account for a deposit, which the counter takes like any other item."""
    shown = get_object_or_404(accounts_visible_to(request.user), number=number)
    form = forms.AskDeposit(request.POST)
    if form.is_valid():
        try:
            operations.ask_deposit(
                account=shown,
                reason=form.cleaned_data["reason"],
                amount_cents=form.cleaned_data["amount"],
                by=request.user,
                at=timezone.now(),
            )
        except operations.DepositRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The deposit is asked for; it can be paid at the counter.")
            return redirect("collections:account", number)
    return _page(request, number, Typed(deposit=form))


@requires(permissions.OPEN_DISPUTE)
@require_POST
def open_dispute(request: StaffRequest, number: str) -> HttpResponse:
    """Write down that a customer disputes a bill; nothing is charged for it meanwhile."""
    shown = get_object_or_404(accounts_visible_to(request.user), number=number)
    form = forms.OpenDispute(request.POST, bills=disputable_bills(shown.debtor_id))
    if form.is_valid():
        try:
            dispute = operations.open_dispute(
                account=shown,
                bill_source=form.cleaned_data["bill"],
                reason=form.cleaned_data["reason"],
                amount_cents=form.cleaned_data["amount"],
                by=request.user,
                at=timezone.now(),
            )
        except operations.DisputeRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The dispute is open. No penalty is charged on it until it is answered.")
            return redirect("collections:dispute", dispute.pk)
    return _page(request, number, Typed(dispute=form))


@requires(permissions.SEE_COLLECTIONS)
def dispute(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a dispute with the notice to the customer, and resolve it."""
    shown = get_object_or_404(disputes_visible_to(request.user), pk=pk)
    form = forms.ResolveDispute(request.POST or None)
    may_resolve = request.user.may(permissions.RESOLVE_DISPUTE) and shown.resolved_at is None
    if request.method == "POST" and may_resolve and form.is_valid():
        try:
            operations.resolve_dispute(dispute=shown, by=request.user, at=timezone.now(), **form.cleaned_data)
        except operations.DisputeRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The dispute is answered.")
            return redirect("collections:dispute", pk)
    context = {
        "dispute": shown,
        "form": form if may_resolve else None,
        "letter": _letter(
            "dispute_notice", shown.account, {"amount_due": shown.amount_cents, "bill_date": shown.opened_at.date()}
        ),
    }
    return render(request, "collections/dispute.html", context)


def _letter(code: str, account: Any, values: dict[str, Any]) -> dict[str, str] | None:
    try:
        return letter_to(account, code, values=values, on=timezone.localdate())
    except NoSuchRule:
        return None


def _page(request: StaffRequest, number: str, typed: Typed) -> HttpResponse:
    shown = accounts_visible_to(request.user).select_related("customer").filter(number=number).first()
    if shown is None:
        raise Http404
    try:
        on = current_business_day()
    except NoOpenBusinessDay:
        on = timezone.localdate()
    bills = disputable_bills(shown.debtor_id)
    standing = deposits_visible_to(request.user).filter(account=shown, release=None)
    may = request.user.may
    context = {
        "account": shown,
        "charges": charges_of(shown.debtor_id),
        "deposits": deposit_rows(standing, on=on),
        "holds": live_holds_of(shown.debtor_id),
        "disputes": disputes_visible_to(request.user).filter(account=shown),
        "plan": plan_of(shown.pk),
        "may_waive": may(permissions.WAIVE),
        "deposit_form": (typed.deposit or forms.AskDeposit()) if may(permissions.ASK_DEPOSIT) else None,
        "dispute_form": (typed.dispute or forms.OpenDispute(bills=bills))
        if bills and may(permissions.OPEN_DISPUTE)
        else None,
    }
    return render(request, "collections/account.html", context)
