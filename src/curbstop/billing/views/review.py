"""The review of a drafted run: its exceptions, and one drafted bill that is held or cleared."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from curbstop.billing import forms, operations, permissions, tables
from curbstop.billing.domain.advising import advice_on, evidence_words
from curbstop.billing.domain.explaining import explained
from curbstop.billing.queries import (
    draft_lines_of,
    draft_of,
    findings_of,
    findings_of_account,
    next_held_after,
    prelist_of,
    runs_visible_to,
    unbilled_of,
)
from curbstop.billing.queries.rounds import round_of_run
from curbstop.customers.queries import accounts_visible_to
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.foundation.web.tables import Table, arranged, download


@requires(permissions.SEE_RUNS)
def exceptions(request: StaffRequest, pk: int) -> HttpResponse:
    """List a run's exceptions of one code or all; `?as=csv` or `xlsx` is the same list as a file."""
    run = get_object_or_404(runs_visible_to(request.user), pk=pk)
    code = request.GET.get("code", "")
    return _list(request, tables.Exceptions(findings_of(run, code)), {"run": run, "code": code})


@requires(permissions.SEE_RUNS)
def unbilled(request: StaffRequest, pk: int) -> HttpResponse:
    """List the agreements that a run does not bill, for one reason or all, and how the round of reading closed."""
    run = get_object_or_404(runs_visible_to(request.user), pk=pk)
    reason = request.GET.get("reason", "")
    context = {"run": run, "code": reason, "round": round_of_run(run)}
    return _list(request, tables.Unbilled(unbilled_of(run, reason)), context)


@requires(permissions.SEE_RUNS)
def prelist(request: StaffRequest, pk: int) -> HttpResponse:
    """List what a run would bill, `?only=exceptions` those with an exception; `?as=csv` or `xlsx` as a file."""
    run = get_object_or_404(runs_visible_to(request.user), pk=pk)
    only_exceptions = request.GET.get("only") == "exceptions"
    rows = prelist_of(run, only_exceptions=only_exceptions)
    return _list(request, tables.PreList(rows), {"run": run, "code": "", "is_prelist": True, "only": only_exceptions})


def _list(request: StaffRequest, table: Table, context: dict[str, Any]) -> HttpResponse:
    file = download(table, request, name=f"run-{context['run'].pk}-{table.title.lower().replace(' ', '-')}")
    if file is not None:
        return file
    advice = advice_on(context["code"]) if context["code"] else None
    context |= {"table": arranged(table, request), "advice": advice}
    return render(request, "billing/exceptions.html", context)


@requires(permissions.SEE_RUNS)
def drafted_bill(request: StaffRequest, pk: int, account_id: int) -> HttpResponse:
    """Show one account's drafted bill, why it was listed, and the form for a decision."""
    return _page(request, pk, account_id, forms.Decision())


@requires(permissions.REVIEW_RUN)
def hold_bill(request: StaffRequest, pk: int, account_id: int) -> HttpResponse:
    """Hold one account's drafted bill."""
    return _decide(request, pk, account_id, operations.hold_bill, "held")


@requires(permissions.REVIEW_RUN)
def clear_bill(request: StaffRequest, pk: int, account_id: int) -> HttpResponse:
    """Clear one account's held bill."""
    return _decide(request, pk, account_id, operations.clear_bill, "cleared")


def _decide(request: StaffRequest, pk: int, account_id: int, decision: Callable[..., None], told: str) -> HttpResponse:
    run = get_object_or_404(runs_visible_to(request.user), pk=pk)
    form = forms.Decision(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            decision(
                run=run,
                account_id=account_id,
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=timezone.now(),
            )
        except operations.ReviewRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"The bill is {told}, with your reason.")
            if request.POST.get("back") == "workbench":
                return redirect(f"{reverse('billing:workbench', args=[pk])}?code={quote(request.POST.get('code', ''))}")
            return redirect("billing:drafted_bill", pk, account_id)
    return _page(request, pk, account_id, form)


def _page(request: StaffRequest, pk: int, account_id: int, form: forms.Decision) -> HttpResponse:
    run = get_object_or_404(runs_visible_to(request.user), pk=pk)
    draft = draft_of(run, account_id)
    if draft is None:
        raise Http404
    context = {
        "run": run,
        "draft": draft,
        "account": get_object_or_404(accounts_visible_to(request.user), pk=account_id),
        "lines": explained(draft_lines_of(run, account_id)),
        "findings": [
            (advice_on(each.code), evidence_words(each.code, each.evidence))
            for each in findings_of_account(run, account_id)
        ],
        "next_held": next_held_after(run, account_id),
        "may_review": request.user.may(permissions.REVIEW_RUN) and run.state == "drafted",
        "may_redraft": request.user.may(permissions.DRAFT_RUN) and run.state == "drafted",
        "form": form,
    }
    return render(request, "billing/drafted_bill.html", context)
