"""The registers on the page: sorted, paged and downloaded, with every refusal in words."""

import csv
import io
import zipfile
from datetime import date

import pytest
from django.urls import reverse

from curbstop.reports.domain.registers import Register, RegisterColumn
from curbstop.reports.queries import CATALOG
from curbstop.reports.views.registers import ROWS_A_PAGE
from tests.cashiering.conftest import open_account

DAYS = {"first_day": "2026-07-01", "last_day": "2026-07-31"}
AGED_QUERIES = 12


@pytest.fixture
def reader(city, signed_in):
    return signed_in(city["supervisor"])


@pytest.fixture
def debts(city, owe):
    """Return a function that opens that many accounts, the first owing one dollar, the second two …"""
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ledger.operations import new_debtors

    def make(count):
        with transaction():
            debtors = list(new_debtors([f"D{number}" for number in range(count)]))
        for number, debtor in enumerate(debtors, start=1):
            open_account(f"{100_000 + number}", debtor, name="=HYPERLINK(1)" if number == 1 else f"Name {number}")
            owe(to=debtor, water=100 * number)

    return make


def aged(**asked):
    return reverse("reports:register", args=["aged-receivables"]), {**DAYS, **asked}


class TestCatalog:
    def test_leads_to_every_register(self, reader):
        page = reader.get(reverse("reports:registers")).content.decode()

        assert all(reverse("reports:register", args=[entry.code]) in page for entry in CATALOG)


class TestRegister:
    @pytest.mark.parametrize("code", [entry.code for entry in CATALOG])
    def test_opens_with_and_without_rows(self, reader, debts, code):
        address = reverse("reports:register", args=[code])

        assert reader.get(address).status_code == 200
        debts(2)
        assert reader.get(address).status_code == 200
        for kind in ("csv", "xlsx"):
            assert "attachment" in reader.get(address, {**DAYS, "as": kind})["Content-Disposition"]

    def test_is_missing_under_an_unknown_name(self, reader):
        assert reader.get(reverse("reports:register", args=["nonsense"])).status_code == 404

    @pytest.mark.parametrize(
        "days",
        [
            {"first_day": "", "last_day": ""},
            {"first_day": "july", "last_day": "2026-07-31"},
            {"first_day": "2026-02-30", "last_day": "2026-07-31"},
            {"first_day": "2026-07-31", "last_day": "2026-07-01"},
        ],
    )
    def test_asks_again_for_days_that_are_none(self, reader, days):
        answer = reader.get(reverse("reports:register", args=["daily-cash"]), days)

        assert answer.status_code == 400
        assert 'role="alert"' in answer.content.decode()

    def test_says_when_there_is_nothing(self, reader):
        page = reader.get(reverse("reports:register", args=["deposits"]), DAYS).content.decode()

        assert "Nothing in these days" in page

    def test_leaves_zeros_blank_but_not_in_the_total(self, reader, debts):
        debts(1)
        page = reader.get(*aged()).content.decode()

        body, foot = page.split("<tbody>")[1].split("<tfoot>")
        assert "$0.00" not in body
        assert "$0.00" in foot

    @pytest.mark.parametrize(
        ("sort", "is_largest_first"),
        [("", False), ("total", False), ("-total", True), ("-account", True), ("; drop", False)],
    )
    def test_sorts_by_a_column(self, reader, debts, sort, is_largest_first):
        debts(3)
        page = reader.get(*aged(sort=sort)).content.decode()

        assert (page.index("$3.00") < page.index("$1.00")) is is_largest_first
        assert ('aria-sort="descending"' in page) is is_largest_first

    def test_keeps_the_order_from_page_to_page_and_in_the_file(self, reader, debts):
        debts(ROWS_A_PAGE + 1)
        second = reader.get(*aged(sort="-total", page="2")).content.decode()
        file = reader.get(*aged(sort="-total", **{"as": "csv"})).getvalue().decode()

        assert "sort=-total" in second
        assert "100001" in second.split("<tbody>")[1]
        assert "100002" not in second.split("<tbody>")[1]
        rows = list(csv.DictReader(io.StringIO(file)))
        assert [rows[0]["Account"], rows[-2]["Account"]] == [f"{100_001 + ROWS_A_PAGE}", "100001"]

    @pytest.mark.parametrize("code", [entry.code for entry in CATALOG])
    def test_ends_its_file_with_the_total(self, reader, debts, code):
        debts(2)
        file = reader.get(reverse("reports:register", args=[code]), {**DAYS, "as": "csv"}).getvalue().decode()

        assert file.splitlines()[-1].startswith("Total,")
        if code == "aged-receivables":
            assert file.splitlines()[-1].endswith(",3.00")

    @pytest.mark.parametrize("page", ["0", "-1", "99", "two"])
    def test_shows_some_page_for_any_number(self, reader, debts, page):
        debts(1)

        assert reader.get(*aged(page=page)).status_code == 200

    def test_never_carries_a_formula(self, reader, debts):
        debts(1)
        text = reader.get(*aged(**{"as": "csv"})).getvalue().decode()
        sheet = zipfile.ZipFile(io.BytesIO(reader.get(*aged(**{"as": "xlsx"})).content))

        assert "'=HYPERLINK(1)" in text
        assert b"<f>" not in sheet.read("xl/worksheets/sheet1.xml")

    @pytest.mark.parametrize("rows", [1, 3])
    def test_asks_as_often_for_three_rows_as_for_one(self, reader, debts, rows, django_assert_num_queries):
        debts(rows)

        with django_assert_num_queries(AGED_QUERIES):
            reader.get(*aged())


class TestSortedBy:
    def test_puts_rows_without_a_value_last_either_way(self):
        columns = (RegisterColumn("on", "On", "day"),)
        days = [date(2026, 7, 2), None, date(2026, 7, 1)]
        register = Register("x", "X", (), columns, [{"on": day} for day in days])

        assert [row["on"] for row in register.sorted_by("on").rows] == [days[2], days[0], None]
        assert [row["on"] for row in register.sorted_by("-on").rows] == [days[0], days[2], None]
