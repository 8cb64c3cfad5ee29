"""Pages of treasury: the office's day, deposits, their slips, and the journal."""

from datetime import date, timedelta
from pathlib import Path

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.foundation.documents import render_pdf
from curbstop.ledger.operations import DayRefused, close_business_day, open_business_day
from curbstop.ledger.permissions import OPEN_BUSINESS_DAY
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day, latest_business_day
from curbstop.treasury import forms, operations, permissions
from curbstop.treasury.queries import (
    days_to_export,
    deposit_document,
    deposits_visible_to,
    drawers_to_deposit,
    entries_left,
    exports_visible_to,
    left_undone,
    next_business_day,
    question_before_opening,
)

ROWS_A_PAGE = 50
KINDS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
DOCUMENTS = Path(__file__).parent / "documents"


@requires(OPEN_BUSINESS_DAY)
def open_day(request: StaffRequest) -> HttpResponse:
    """Open a business day; one that the calendar does not expect only after a question."""
    form = forms.OpenDay(request.POST or None, initial={"day": next_business_day()})
    question = ""
    if request.method == "POST" and form.is_valid():
        day = form.cleaned_data["day"]
        question = question_before_opening(day)
        if question and not form.cleaned_data["confirmed"]:
            return render(request, "treasury/open_day.html", {"form": form, "question": question})
        try:
            open_business_day(day=day, by=request.user, at=timezone.now())
        except DayRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("ledger:days")
    return render(request, "treasury/open_day.html", {"form": form, "question": question})


@requires(OPEN_BUSINESS_DAY)
def close_day(request: StaffRequest) -> HttpResponse:
    """Say what is left undone, then close the open business day."""
    refusal: Exception | None = None
    day: date | None = None
    try:
        day = current_business_day()
        if request.method == "POST":
            close_business_day(day=day, by=request.user, at=timezone.now())
            return redirect("ledger:days")
    except (DayRefused, NoOpenBusinessDay) as refused:
        refusal = refused
    context = {"day": day, "left": left_undone(), "refusal": refusal}
    return render(request, "treasury/close_day.html", context, status=409 if refusal else 200)


@requires(permissions.VIEW_DEPOSITS)
def deposits(request: StaffRequest) -> HttpResponse:
    """List the deposits, newest first, and what still waits for one."""
    page = Paginator(deposits_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    may_make = request.user.may(permissions.MAKE_DEPOSIT)
    context = {"page": page, "waiting": drawers_to_deposit(), "may_make": may_make}
    return render(request, "treasury/deposits.html", context)


@requires(permissions.MAKE_DEPOSIT)
def make_deposit(request: StaffRequest) -> HttpResponse:
    """Make up a deposit of closed drawers."""
    form = forms.MakeDeposit(request.POST or None, by=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            deposit = operations.make_deposit(
                drawers=list(form.cleaned_data["drawers"]),
                bag_number=form.cleaned_data["bag_number"],
                prepared_by=request.user,
                at=timezone.now(),
            )
        except operations.DepositRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("treasury:deposit", deposit.number)
    return render(request, "treasury/make_deposit.html", {"form": form, "waiting": drawers_to_deposit()})


@requires(permissions.VIEW_DEPOSITS)
def deposit(request: StaffRequest, number: int) -> HttpResponse:
    """Show one deposit with its denominations, checks and verification."""
    shown = get_object_or_404(deposits_visible_to(request.user), number=number)
    is_verified = hasattr(shown, "verification")
    may_verify = request.user.may(permissions.VERIFY_DEPOSIT) and shown.prepared_by_id != request.user.pk
    context = {
        "deposit": shown,
        "slip": deposit_document(shown),
        "is_verified": is_verified,
        "may_verify": may_verify and not is_verified,
        "form": forms.VerifyDeposit(),
    }
    return render(request, "treasury/deposit.html", context)


@requires(permissions.VIEW_DEPOSITS)
def deposit_slip(request: StaffRequest, number: int) -> HttpResponse:
    """Print the slip of one deposit."""
    shown = get_object_or_404(deposits_visible_to(request.user), number=number)
    pdf = render_pdf(DOCUMENTS / "deposit_slip.typ", deposit_document(shown))
    name = f'inline; filename="deposit-{shown.number}.pdf"'
    return HttpResponse(pdf, content_type="application/pdf", headers={"Content-Disposition": name})


@requires(permissions.VERIFY_DEPOSIT)
def verify_deposit(request: StaffRequest, number: int) -> HttpResponse:
    """Record the bank's validated slip of a deposit that somebody else made up."""
    shown = get_object_or_404(deposits_visible_to(request.user), number=number)
    form = forms.VerifyDeposit(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.verify_deposit(
                deposit=shown,
                verified_by=request.user,
                validated_on=form.cleaned_data["validated_on"],
                at=timezone.now(),
            )
        except operations.DepositRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("treasury:deposit", shown.number)
    return render(request, "treasury/verify_deposit.html", {"deposit": shown, "form": form})


@requires(permissions.VIEW_DEPOSITS)
def journals(request: StaffRequest) -> HttpResponse:
    """List the journals that went to the general ledger."""
    page = Paginator(exports_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "left": entries_left(),
        "may_export": request.user.may(permissions.EXPORT_JOURNAL),
        "may_copy": request.user.may(permissions.COPY_JOURNAL),
    }
    return render(request, "treasury/journals.html", context)


@requires(permissions.EXPORT_JOURNAL)
def export_journal(request: StaffRequest) -> HttpResponse:
    """Export the journal of some business days as CSV or for Excel."""
    form = forms.ExportJournal(request.POST or None, initial=_days_to_export())
    if request.method == "POST" and form.is_valid():
        kind = form.cleaned_data["kind"]
        try:
            file = operations.export_journal(
                from_on=form.cleaned_data["first_day"],
                to_on=form.cleaned_data["last_day"] + timedelta(days=1),
                exported_by=request.user,
                at=timezone.now(),
                as_workbook=kind == "xlsx",
            )
        except operations.ExportRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _file(file.content, f"journal-{file.export.number}", kind)
    return render(request, "treasury/export_journal.html", {"form": form})


@require_POST
@requires(permissions.COPY_JOURNAL)
def copy_journal(request: StaffRequest, number: int) -> HttpResponse:
    """Give a marked copy of one journal."""
    export = get_object_or_404(exports_visible_to(request.user), number=number)
    kind = "xlsx" if request.POST.get("kind") == "xlsx" else "csv"
    file = operations.copy_journal(export=export, copied_by=request.user, at=timezone.now(), as_workbook=kind == "xlsx")
    return _file(file.content, f"journal-{number}-COPY", kind)


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    disposition = f'attachment; filename="{name}.{kind}"'
    return HttpResponse(content, content_type=KINDS[kind], headers={"Content-Disposition": disposition})


def _days_to_export() -> dict[str, date | None]:
    """Return the first and the last day with entries that the general ledger does not have yet."""
    left: list[date | None] = [*days_to_export()] or [latest_business_day()]
    return {"first_day": left[0], "last_day": left[-1]}
