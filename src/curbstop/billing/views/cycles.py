"""Cycles: how many accounts each has, and moving an account from one to another."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from curbstop.billing import forms, operations, permissions
from curbstop.billing.queries import cycle_counts
from curbstop.customers.queries import accounts_visible_to
from curbstop.foundation.access.guards import StaffRequest, requires


@requires(permissions.SEE_RUNS)
def cycles(request: StaffRequest) -> HttpResponse:
    """List the cycles, and move an account to another one."""
    may_move = request.user.may(permissions.MOVE_ACCOUNTS)
    form = forms.MoveAccount(request.POST or None)
    if request.method == "POST" and may_move and form.is_valid():
        account = accounts_visible_to(request.user).filter(number=form.cleaned_data["account"]).first()
        try:
            if account is None:
                form.add_error("account", "No account has this number.")
            else:
                operations.move_account(
                    account=account,
                    cycle=form.cleaned_data["cycle"],
                    on=form.cleaned_data["on"],
                    by=request.user,
                    at=timezone.now(),
                )
                messages.success(request, f"Account {account.number} is moved.")
                return redirect("billing:cycles")
        except operations.MoveRefused as refusal:
            form.add_error(None, str(refusal))
    context = {"rows": cycle_counts(), "form": form, "may_move": may_move}
    return render(request, "billing/cycles.html", context)
