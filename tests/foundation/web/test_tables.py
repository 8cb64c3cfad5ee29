"""A list page's table: sorted and paged as the address asks, downloaded whole and without formulas."""

import io
import zipfile

import django_tables2
import pytest

from curbstop.foundation.web.tables import MoneyColumn, Table, arranged, download

ROWS = [{"name": f"Customer {number:02d}", "cents": number * 100} for number in range(30)]
ROWS[7]["name"] = '=HYPERLINK("http://evil")'


class Balances(Table):
    title = "Balances"
    name = django_tables2.Column()
    cents = MoneyColumn(verbose_name="Balance")


class TestArranged:
    def test_shows_a_page_at_a_time(self, rf):
        table = arranged(Balances(ROWS), rf.get("/?page=2"))

        assert len(table.page.object_list) == 5

    def test_sorts_as_asked(self, rf):
        request = rf.get("/?sort=-cents")

        html = arranged(Balances(ROWS), request).as_html(request)

        assert html.index("$29.00") < html.index("$28.00")
        assert 'aria-sort="descending"' in html

    def test_says_so_when_there_is_nothing(self, rf):
        request = rf.get("/")

        assert "Nothing to show." in arranged(Balances([]), request).as_html(request)


class TestDownload:
    def test_is_only_for_who_asks(self, rf):
        assert download(Balances(ROWS), rf.get("/"), name="balances") is None

    def test_gives_every_row_as_csv(self, rf):
        answer = download(Balances(ROWS), rf.get("/?as=csv"), name="balances")

        lines = answer.content.decode().splitlines()
        assert lines[0] == "Name,Balance"
        assert len(lines) == 31
        assert lines[2] == "Customer 01,1.00"
        assert answer["Content-Disposition"] == 'attachment; filename="balances.csv"'

    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_never_carries_a_formula(self, rf, form):
        answer = download(Balances(ROWS), rf.get(f"/?as={form}"), name="balances")

        if form == "csv":
            assert "'=HYPERLINK" in answer.content.decode()
        else:
            sheet = zipfile.ZipFile(io.BytesIO(answer.content)).read("xl/worksheets/sheet1.xml")
            assert b"<f>" not in sheet
