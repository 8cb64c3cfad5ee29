"""The pages of reads: what waits for a person, and the decision about one read."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.foundation.web.tables import arranged, download
from curbstop.metering import forms, operations, permissions, tables
from curbstop.metering.domain.exceptions import MEANINGS, Code, found_words
from curbstop.metering.queries.exceptions import (
    days_open,
    exceptions_visible_to,
    next_open_after,
    open_by_code,
    open_exceptions,
    reads_around,
)


@requires(permissions.SEE_READS)
def exceptions(request: StaffRequest) -> HttpResponse:
    """List the reads that wait for a person, of one code or all; `?as=csv` or `xlsx` is the list as a file."""
    code = request.GET.get("code", "")
    table = tables.Exceptions(open_exceptions(request.user, code=code))
    file = download(table, request, name="read-exceptions")
    if file is not None:
        return file
    counts = [{**each, "meaning": MEANINGS[Code(each["code"])]} for each in open_by_code(request.user)]
    context = {"table": arranged(table, request), "counts": counts, "code": code}
    return render(request, "metering/exceptions.html", context)


@requires(permissions.SEE_READS)
def exception(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what was noticed about one read, the reads around it, and the form for a decision."""
    found = get_object_or_404(exceptions_visible_to(request.user), pk=pk)
    return _page(request, found, forms.Decision(initial={"read_on": found.read_on}))


@requires(permissions.REVIEW_READS)
def decide(request: StaffRequest, pk: int) -> HttpResponse:
    """Decide about one read and go on to the next."""
    found = get_object_or_404(exceptions_visible_to(request.user), pk=pk)
    form = forms.Decision(request.POST or None, initial={"read_on": found.read_on})
    if request.method == "POST" and form.is_valid():
        try:
            _decide(request, found, form.cleaned_data)
        except operations.DispositionRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Decided about the read of meter {found.installation.meter}.")
            following = next_open_after(request.user, found)
            return redirect("metering:exception", following.pk) if following else redirect("metering:exceptions")
    return _page(request, found, form)


def _decide(request: StaffRequest, found: Any, typed: dict[str, Any]) -> None:
    facts = {"exception": found, "note": typed["note"], "by": request.user, "at": timezone.now()}
    match typed["decision"]:
        case "accept":
            operations.accept_read(**facts)
        case "reread":
            operations.reread(**facts, register=typed["register"], read_on=typed["read_on"])
        case "estimate":
            operations.estimate_held_read(**facts)
        case "correct":
            operations.correct_held_read(**facts, register=typed["register"])
        case _:
            operations.spread_again(**facts)


def _page(request: StaffRequest, found: Any, form: forms.Decision) -> HttpResponse:
    beside = exceptions_visible_to(request.user).filter(read_id=found.read_id).order_by("pk")
    context = {
        "exception": found,
        "noted": [(each, MEANINGS[Code(each.code)], _found_words(each)) for each in beside],
        "reads": reads_around(found),
        "days_open": days_open(found, timezone.localdate()),
        "next_open": next_open_after(request.user, found),
        "may_decide": request.user.may(permissions.REVIEW_READS) and found.disposed_at is None,
        "form": form,
    }
    return render(request, "metering/exception.html", context)


def _found_words(each: Any) -> str:
    return found_words(each.code, each.values, baseline=each.baseline, source=each.baseline_source)
