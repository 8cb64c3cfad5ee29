"""Rate studies on the page: asked for with a draft tariff, watched while a worker is at it, read and downloaded."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.foundation.exports import csv_chunks, write_xlsx
from curbstop.foundation.web.tables import XLSX
from curbstop.reports import forms, operations, permissions
from curbstop.reports.domain.registers import RegisterColumn
from curbstop.reports.domain.studies import PERCENTILES
from curbstop.reports.queries.study_tables import ACCOUNT_COLUMNS, exported
from curbstop.reports.queries.what_if import studies_visible_to
from curbstop.reports.views.registers import Head, this_month
from curbstop.reports.views.study_parts import charts_of, page_of_accounts, percentile_rows

ROWS_A_PAGE = 25
# A sheet of Excel ends there, the heading included.
SHEET_ROWS = 1_048_576


@requires(permissions.STUDY_RATES)
def studies(request: StaffRequest) -> HttpResponse:
    """List the rate studies, and begin one."""
    form = forms.AskForStudy(request.POST or None, request.FILES or None, initial=_last_year())
    if request.method == "POST" and form.is_valid():
        assert form.question is not None, "a sound form has its question"
        try:
            study = operations.ask_for_study(
                question=form.question,
                asked=form.affordability,
                by=request.user,
                at=timezone.now(),
            )
        except operations.StudyRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("reports:rate_study", study.pk)
    page = Paginator(studies_visible_to(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    status = 400 if form.is_bound else 200
    return render(request, "reports/what_if.html", {"form": form, "page": page}, status=status)


@requires(permissions.STUDY_RATES)
def one_study(request: StaffRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
    """Show a study: how far it is, or what came of it; any of its tables as CSV or Excel."""
    study = get_object_or_404(studies_visible_to(request.user), pk=pk)
    if request.GET.get("as") in {"csv", "xlsx"}:
        return _download(study, request.GET.get("table", "accounts"), request.GET["as"])
    context: dict[str, Any] = {"study": study}
    if study.results:
        sort = request.GET.get("sort", "-change_cents")
        page, rows = page_of_accounts(study.pk, sort=sort, number=request.GET.get("page"), size=ROWS_A_PAGE)
        context |= {
            "results": study.results,
            "charts": charts_of(study.results),
            "percents": PERCENTILES,
            "spreads": percentile_rows(study.results),
            "page": page,
            "rows": rows,
            "heads": [
                Head.of(RegisterColumn(name, heading, "count" if kind else "text"), sort)
                for name, heading, kind in ACCOUNT_COLUMNS
            ],
            "fits_a_sheet": page.paginator.count < SHEET_ROWS,
        }
    return render(request, "reports/rate_study.html", context)


@requires(permissions.STUDY_RATES)
def progress(request: StaffRequest, pk: int) -> HttpResponse:
    """Show how far a study is, for a page that asks every second, and have it renewed at the end."""
    study = get_object_or_404(studies_visible_to(request.user), pk=pk)
    response = render(request, "reports/_study_progress.html", {"study": study})
    if not study.is_running:
        response["HX-Refresh"] = "true"
    return response


def _last_year() -> dict[str, Any]:
    last = this_month()["last_day"]
    day = min(last.day, 28) if last.month == 2 else last.day  # noqa: PLR2004 - a leap day has no last year
    return {"first_day": last.replace(year=last.year - 1, day=day), "last_day": last}


def _download(study: Any, table: str, kind: str) -> HttpResponse | StreamingHttpResponse:
    if not study.results:
        raise Http404("The study is not done.")
    try:
        rows, headings = exported(study, table)
    except KeyError as missing:
        raise Http404("A study has no such table.") from missing
    name = {"Content-Disposition": f'attachment; filename="rate-study-{study.pk}-{table}.{kind}"'}
    if kind == "csv":
        return StreamingHttpResponse(csv_chunks(rows, headings), content_type="text/csv", headers=name)
    return HttpResponse(write_xlsx(rows, headings, sheet=table), content_type=XLSX, headers=name)
