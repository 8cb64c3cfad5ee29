"""Drafting a tariff: its numbers as a form, its whole text, every problem at its line, and the second person."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.rates import forms, operations, permissions
from curbstop.rates.domain.tariff.sheets import Sheet, sheets_of
from curbstop.rates.queries import adopted_schedules, changed_values, draft_problems, drafts_visible_to
from curbstop.rates.views.tariffs import yaml_file


@requires(permissions.DRAFT_RATES)
@require_POST
def begin_draft(request: StaffRequest, pk: int) -> HttpResponse:
    """Begin a draft from a version, or from a draft of it that was decided."""
    base = get_object_or_404(adopted_schedules(), pk=pk)
    earlier = drafts_visible_to(request.user).filter(base=base, pk=request.POST.get("draft") or 0).first()
    text = earlier.document if earlier else base.document
    try:
        draft = operations.begin_draft(base=base, document=text, by=request.user, at=timezone.now())
    except operations.DraftRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("rates:tariff", pk)
    return redirect("rates:draft", draft.pk)


@requires(permissions.SEE_RATES)
def draft(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a draft with all its problems, as a form and as text."""
    shown = get_object_or_404(drafts_visible_to(request.user), pk=pk)
    if request.GET.get("as") == "yaml":
        schedule = shown.schedule
        return yaml_file(shown.document, code=schedule.code, service=schedule.service.code, starts_on=shown.starts_on)
    return _page(request, pk)


@requires(permissions.DRAFT_RATES)
@require_POST
def write_draft(request: StaffRequest, pk: int) -> HttpResponse:
    """Save the whole text."""
    shown = get_object_or_404(drafts_visible_to(request.user), pk=pk)
    form = forms.WriteDraft(request.POST)
    if not form.is_valid():
        return _page(request, pk, form)
    return _rewrite(request, shown.pk, form.cleaned_data["document"], form.cleaned_data["seen"], form)


@requires(permissions.DRAFT_RATES)
@require_POST
def change_numbers(request: StaffRequest, pk: int) -> HttpResponse:
    """Save the numbers of the form into the text."""
    shown = get_object_or_404(drafts_visible_to(request.user), pk=pk)
    form = forms.Numbers(request.POST, document=shown.document)
    if form.data.get("seen") != shown.fingerprint:
        messages.error(request, "Somebody saved another text meanwhile. Nothing of yours was saved.")
        return redirect("rates:draft", pk)
    if not form.is_valid():
        for error in form.non_field_errors():
            messages.error(request, str(error))
        return redirect("rates:draft", pk)
    return _rewrite(request, pk, form.cleaned_data["document"], shown.fingerprint)


@requires(permissions.DRAFT_RATES)
@require_POST
def propose_draft(request: StaffRequest, pk: int) -> HttpResponse:
    """Hand a draft to a second person."""
    shown = get_object_or_404(drafts_visible_to(request.user), pk=pk)
    form = forms.ProposeDraft(request.POST)
    if not form.is_valid():
        messages.error(request, "Say on which day it is to begin.")
        return redirect("rates:draft", pk)
    try:
        operations.propose_draft(
            draft=shown,
            starts_on=form.cleaned_data["starts_on"],
            on=timezone.localdate(),
            by=request.user,
            at=timezone.now(),
        )
    except operations.DraftRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The draft is proposed. It waits for a second person.")
    return redirect("rates:draft", pk)


@requires(permissions.ADOPT_RATES)
@require_POST
def adopt_draft(request: StaffRequest, pk: int) -> HttpResponse:
    """Put in force what another person proposed."""
    shown = get_object_or_404(drafts_visible_to(request.user), pk=pk)
    form = forms.SeenDraft(request.POST)
    seen = form.cleaned_data["seen"] if form.is_valid() else ""
    try:
        version = operations.adopt_draft(
            draft=shown, seen=seen, on=timezone.localdate(), by=request.user, at=timezone.now()
        )
    except operations.DraftRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("rates:draft", pk)
    messages.success(request, "The version is adopted. Put its file into the folder of the city pack.")
    return redirect("rates:tariff", version.pk)


@requires(permissions.DRAFT_RATES)
@require_POST
def turn_down_draft(request: StaffRequest, pk: int) -> HttpResponse:
    """Lay a draft aside for good."""
    shown = get_object_or_404(drafts_visible_to(request.user), pk=pk)
    try:
        operations.turn_down_draft(draft=shown, by=request.user, at=timezone.now())
    except operations.DraftRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("rates:draft", pk)


def _rewrite(
    request: StaffRequest, pk: int, document: str, seen: str, form: forms.WriteDraft | None = None
) -> HttpResponse:
    shown = get_object_or_404(drafts_visible_to(request.user), pk=pk)
    try:
        operations.rewrite_draft(draft=shown, document=document, seen=seen, by=request.user, at=timezone.now())
    except operations.DraftRefused as refusal:
        messages.error(request, str(refusal))
        return _page(request, pk, form) if form else redirect("rates:draft", pk)
    return redirect("rates:draft", pk)


def _page(request: StaffRequest, pk: int, form: forms.WriteDraft | None = None) -> HttpResponse:
    shown = get_object_or_404(drafts_visible_to(request.user), pk=pk)
    lines = shown.document.splitlines()
    problems = [
        (each, lines[each.line - 1].strip() if 0 < each.line <= len(lines) else "") for each in draft_problems(shown)
    ]
    sheets = sheets_of(shown.document)
    context = {
        "draft": shown,
        "problems": problems,
        "sheets": _numbered(sheets),
        "changes": changed_values(shown.base.document, shown.document),
        "form": form or forms.WriteDraft(initial={"document": shown.document, "seen": shown.fingerprint}),
        "propose_form": forms.ProposeDraft(),
        "may_write": shown.is_open and request.user.may(permissions.DRAFT_RATES),
        "may_lay_aside": request.user.may(permissions.DRAFT_RATES) and not shown.version_id,
        "may_adopt": shown.waits
        and request.user.may(permissions.ADOPT_RATES)
        and request.user.pk not in {shown.proposed_by_id, shown.written_by_id},
    }
    return render(request, "rates/draft.html", context, status=400 if form else 200)


def _numbered(sheets: tuple[Sheet, ...]) -> list[dict[str, object]]:
    """Return the components with each amount and each list of tiers under the number that the form gives it."""
    shown: list[dict[str, object]] = []
    amounts = tables = 0
    for sheet in sheets:
        shown.append(
            {
                "sheet": sheet,
                "amounts": list(enumerate(sheet.amounts, start=amounts)),
                "tiers": list(enumerate(sheet.tiers, start=tables)),
            }
        )
        amounts += len(sheet.amounts)
        tables += len(sheet.tiers)
    return shown
