"""The billing calendar of a year, on the page and as a file."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from curbstop.billing import permissions
from curbstop.billing.queries import year_of_rounds
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.foundation.exports import Heading, write_csv
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day
from curbstop.ordinances.queries import NoSuchRule

COLUMNS = (
    Heading("Cycle", "cycle"),
    Heading("Read on", "read_on"),
    Heading("Days", "days"),
    Heading("Billed on", "bill_on"),
    Heading("Due on", "due_on"),
    Heading("Shut off from", "shut_off_on"),
)
YEARS = range(2000, 2200)


@requires(permissions.SEE_RUNS)
def year(request: StaffRequest, year: int | None = None) -> HttpResponse:
    """Show when each cycle is read, billed, due and may be shut off; `?as=csv` is the same list as a file."""
    try:
        today = current_business_day()
        shown = year_of_rounds(year or today.year, today)
    except (NoOpenBusinessDay, NoSuchRule) as refusal:
        return render(request, "billing/year.html", {"refusal": str(refusal)})
    if shown.year not in YEARS:
        raise Http404
    rows = [{column.name: getattr(each, column.name) for column in COLUMNS} for each in shown.rounds]
    if request.GET.get("as") == "csv":
        name = f"billing-calendar-{shown.year}.csv"
        return HttpResponse(
            write_csv(rows, COLUMNS),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    for row, each in zip(rows, shown.rounds, strict=True):
        row["is_odd"] = each.days is not None and not shown.shortest <= each.days <= shown.longest
    return render(request, "billing/year.html", {"shown": shown, "rows": rows, "today": today})
