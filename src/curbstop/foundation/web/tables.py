"""The table of every list page: sorted, paged, and downloadable as CSV or Excel from the same rows."""

from collections.abc import Iterator
from typing import Any

import django_tables2
from django.http import HttpRequest, HttpResponse
from django_tables2 import RequestConfig

from curbstop.foundation.exports import Heading, write_csv, write_xlsx
from curbstop.foundation.money import dollars
from curbstop.foundation.web.tags import day, money

PER_PAGE = 25
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Table(django_tables2.Table):  # type: ignore[misc]  # django-tables2 has no types
    """A list of rows; a room subclasses it, names its columns and sets `title`."""

    title = "List"

    class Meta:
        template_name = "foundation/table.html"
        attrs = {"class": "office-table"}


class MoneyColumn(django_tables2.Column):  # type: ignore[misc]  # django-tables2 has no types
    """Cents, shown as dollars on the right."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("attrs", {"td": {"class": "amount"}, "th": {"class": "amount"}})
        super().__init__(**options)

    def render(self, value: int) -> str:
        """Return the cell as dollars."""
        return money(value)

    def value(self, value: int) -> Any:
        """Return the cell for a download: dollars as a number."""
        return dollars(value)


class DayColumn(django_tables2.Column):  # type: ignore[misc]  # django-tables2 has no types
    """A day, shown as `Nov 22, 2026`."""

    def render(self, value: Any) -> str:
        """Return the cell as a day people read."""
        return str(day(value))

    def value(self, value: Any) -> Any:
        """Return the cell for a download: the day itself."""
        return value


def arranged(table: Table, request: HttpRequest, *, per_page: int = PER_PAGE) -> Table:
    """Return the table sorted and paged as the address asks."""
    RequestConfig(request, paginate={"per_page": per_page}).configure(table)
    return table


def download(table: Table, request: HttpRequest, *, name: str) -> HttpResponse | None:
    """Return the whole sorted table as the file that `?as=csv` or `?as=xlsx` asks for, else None."""
    form = request.GET.get("as")
    if form not in {"csv", "xlsx"}:
        return None
    RequestConfig(request, paginate=False).configure(table)
    columns = [Heading(str(column.header), column.name) for column in table.columns]
    if form == "csv":
        content, kind = write_csv(_rows(table, columns), columns), "text/csv; charset=utf-8"
    else:
        content, kind = write_xlsx(_rows(table, columns), columns, sheet=table.title), XLSX
    disposition = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return HttpResponse(content, content_type=kind, headers=disposition)


def _rows(table: Table, columns: list[Heading]) -> Iterator[dict[str, Any]]:
    for row in table.rows:
        yield {column.name: row.get_cell_value(column.name) for column in columns}
