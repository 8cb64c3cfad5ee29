"""A draft tariff on accounts that somebody chooses: each line beside the one in force; or a study of the city."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.rates.domain.schedule import ScheduleRefused
from curbstop.rates.queries import NoSuchVersion, drafts_visible_to
from curbstop.reports import forms, operations, permissions
from curbstop.reports.domain.studies import Affordability
from curbstop.reports.queries.previews import days_before, preview_accounts, preview_some
from curbstop.reports.queries.what_if import Question, question_of


@requires(permissions.STUDY_RATES)
def rate_preview(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the last bills of some accounts under a draft beside the rates in force."""
    draft = get_object_or_404(drafts_visible_to(request.user), pk=pk)
    form = forms.ChooseAccounts(request.GET or None)
    context: dict[str, Any] = {"draft": draft, "form": form}
    if not request.GET or form.is_valid():
        numbers = form.cleaned_data["numbers"] if form.is_bound else ()
        count = form.cleaned_data["count"] if form.is_bound else forms.ACCOUNTS_SHOWN
        try:
            question = _question(draft)
            if numbers:
                context["previews"], context["missing"] = preview_accounts(question, numbers, request.user)
            else:
                context["previews"] = preview_some(question, count)
        except (NoSuchVersion, ScheduleRefused) as refusal:
            context["refusal"] = str(refusal)
    return render(request, "reports/rate_preview.html", context)


@requires(permissions.STUDY_RATES)
@require_POST
def study_draft(request: StaffRequest, pk: int) -> HttpResponse:
    """Begin a study of the whole city's last year under a draft."""
    draft = get_object_or_404(drafts_visible_to(request.user), pk=pk)
    try:
        study = operations.ask_for_study(
            question=_question(draft), asked=Affordability((), (), None), by=request.user, at=timezone.now()
        )
    except (operations.StudyRefused, NoSuchVersion) as refusal:
        messages.error(request, str(refusal))
        return redirect("reports:rate_preview", pk)
    return redirect("reports:rate_study", study.pk)


def _question(draft: Any) -> Question:
    from_on, to_on = days_before(timezone.localdate() + timedelta(days=1))
    return question_of(
        draft.schedule.code, draft=draft.document, draft_format="tariff", from_on=from_on, to_on=to_on
    )  # fmt: skip
