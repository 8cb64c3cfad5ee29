"""The catalog of registers, and one register on the page, as CSV or as an Excel workbook."""

from dataclasses import dataclass
from datetime import date

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone

from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.foundation.exports import Heading, csv_chunks, write_xlsx
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day
from curbstop.reports import forms, permissions
from curbstop.reports.domain.registers import Register, RegisterColumn
from curbstop.reports.queries import CATALOG, NoSuchRegister, register

ROWS_A_PAGE = 100
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@requires(permissions.READ_REGISTERS)
def registers(request: StaffRequest) -> HttpResponse:
    """List the registers."""
    may_study = request.user.may(permissions.STUDY_RATES)
    return render(request, "reports/registers.html", {"catalog": CATALOG, "may_study": may_study})


@requires(permissions.READ_REGISTERS)
def one_register(request: StaffRequest, code: str) -> HttpResponse | StreamingHttpResponse:
    """Show one register of some days; without days, of the month so far."""
    form = forms.Days(request.GET if "last_day" in request.GET else this_month())
    if not form.is_valid():
        return render(request, "reports/one_register.html", {"form": form, "code": code}, status=400)
    try:
        shown = register(code, first_day=form.cleaned_data["first_day"], last_day=form.cleaned_data["last_day"])
    except NoSuchRegister as missing:
        raise Http404(str(missing)) from missing
    sort = request.GET.get("sort", "")
    shown = shown.sorted_by(sort)
    if request.GET.get("as") in {"csv", "xlsx"}:
        return _download(shown, request.GET["as"])
    page = Paginator(shown.rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "code": code,
        "register": shown,
        "page": page,
        "table": [[(column, row[column.name]) for column in shown.columns] for row in page.object_list],
        "totals": [(column, shown.totals.get(column.name)) for column in shown.columns],
        "heads": [Head.of(column, sort) for column in shown.columns],
        "sort": sort,
        "made_at": timezone.now(),
    }
    return render(request, "reports/one_register.html", context)


@dataclass(frozen=True, slots=True)
class Head:
    """The heading of a column, and the order that a click on it asks for."""

    column: RegisterColumn
    state: str
    next_sort: str

    @classmethod
    def of(cls, column: RegisterColumn, sort: str) -> "Head":
        """Return the heading of a column of a table that is sorted so."""
        if sort == column.name:
            return cls(column, "ascending", f"-{column.name}")
        return cls(column, "descending" if sort == f"-{column.name}" else "", column.name)


def this_month() -> dict[str, date]:
    """Return the days of the month so far, or of the open business day."""
    try:
        today = current_business_day()
    except NoOpenBusinessDay:
        today = timezone.localdate()
    return {"first_day": today.replace(day=1), "last_day": today}


def _download(shown: Register, kind: str) -> HttpResponse | StreamingHttpResponse:
    headings = [Heading(column.heading, column.name) for column in shown.columns]
    name = f'attachment; filename="{shown.code}.{kind}"'
    if kind == "csv":
        chunks = csv_chunks(shown.exported(), headings)
        return StreamingHttpResponse(chunks, content_type="text/csv", headers={"Content-Disposition": name})
    content = write_xlsx(shown.exported(), headings, sheet=shown.title)
    return HttpResponse(content, content_type=XLSX, headers={"Content-Disposition": name})
