"""Days, periods, accounts and services: opened and declared by people, refused in words, never taken back."""

from datetime import date

import pytest

from curbstop.foundation.database.transactions import transaction
from curbstop.ledger import operations, queries
from curbstop.ledger.models import BusinessDay, FiscalPeriod, GlAccount, Service
from curbstop.ledger.operations import AccountRow, ChartRefused, DayRefused, PeriodRefused, ServiceRow
from curbstop.ledger.queries import NoOpenBusinessDay, NoSuchAccount
from tests.ledger.conftest import ACCOUNTS, DAY, NOON, SERVICES, Books
from tests.refusals import refusing

pytestmark = pytest.mark.django_db
NEXT_DAY = date(2026, 7, 2)


class TestOpenBusinessDay:
    def test_makes_it_the_day_of_the_office(self, books: Books) -> None:
        operations.open_business_day(day=DAY, by=books.clerk, at=NOON)

        assert queries.current_business_day() == DAY

    def test_refuses_a_second_open_day(self, books: Books) -> None:
        operations.open_business_day(day=DAY, by=books.clerk, at=NOON)

        with pytest.raises(DayRefused, match="open already"):
            operations.open_business_day(day=NEXT_DAY, by=books.clerk, at=NOON)

        assert BusinessDay.objects.count() == 1

    def test_refuses_a_day_that_was_worked(self, books: Books) -> None:
        operations.open_business_day(day=DAY, by=books.clerk, at=NOON)
        operations.close_business_day(day=DAY, by=books.clerk, at=NOON)

        with pytest.raises(DayRefused, match="opened before"):
            operations.open_business_day(day=DAY, by=books.clerk, at=NOON)

        assert BusinessDay.objects.get().closed_at == NOON

    def test_refuses_a_day_before_one_that_was_worked(self, books: Books) -> None:
        operations.open_business_day(day=NEXT_DAY, by=books.clerk, at=NOON)
        operations.close_business_day(day=NEXT_DAY, by=books.clerk, at=NOON)

        with pytest.raises(DayRefused, match="go forward"):
            operations.open_business_day(day=DAY, by=books.clerk, at=NOON)

        assert BusinessDay.objects.get().day == NEXT_DAY

    def test_refuses_a_day_outside_the_periods(self, books: Books) -> None:
        with pytest.raises(DayRefused, match="no open fiscal period"):
            operations.open_business_day(day=date(2026, 9, 1), by=books.clerk, at=NOON)

        assert not BusinessDay.objects.exists()


class TestCloseBusinessDay:
    def test_leaves_the_office_without_a_day(self, books: Books) -> None:
        operations.open_business_day(day=DAY, by=books.clerk, at=NOON)
        operations.close_business_day(day=DAY, by=books.clerk, at=NOON)

        with pytest.raises(NoOpenBusinessDay):
            queries.current_business_day()

    @pytest.mark.parametrize("change", ["closed_at = null", "day = day + 1", "closed_at = closed_at + interval '1 h'"])
    def test_is_for_good(self, books: Books, change: str) -> None:
        operations.open_business_day(day=DAY, by=books.clerk, at=NOON)
        operations.close_business_day(day=DAY, by=books.clerk, at=NOON)
        before = list(BusinessDay.objects.values())

        assert refusing(f"update ledger_businessday set {change}") == "ledger_businessday_set_once"

        assert list(BusinessDay.objects.values()) == before

    def test_refuses_a_day_that_is_not_open(self, books: Books) -> None:
        with pytest.raises(DayRefused, match="not open"):
            operations.close_business_day(day=DAY, by=books.clerk, at=NOON)


class TestOpenPeriod:
    @pytest.mark.parametrize(
        ("starts_on", "ends_on"),
        [(date(2026, 7, 31), date(2026, 9, 1)), (date(2026, 8, 1), date(2026, 8, 1))],
        ids=["overlap", "no days"],
    )
    def test_refuses_a_shared_day_or_none(self, books: Books, starts_on: date, ends_on: date) -> None:
        with pytest.raises(PeriodRefused):
            operations.open_period(starts_on=starts_on, ends_on=ends_on, by=books.clerk, at=NOON)

        assert FiscalPeriod.objects.count() == 1


class TestClosePeriod:
    def test_refuses_while_a_business_day_is_open(self, books: Books) -> None:
        operations.open_business_day(day=DAY, by=books.clerk, at=NOON)

        with pytest.raises(PeriodRefused, match="still open"):
            operations.close_period(starts_on=DAY, by=books.clerk, at=NOON)

        assert FiscalPeriod.objects.get().closed_at is None

    def test_refuses_a_second_close(self, books: Books) -> None:
        operations.close_period(starts_on=DAY, by=books.clerk, at=NOON)

        with pytest.raises(PeriodRefused, match="No open"):
            operations.close_period(starts_on=DAY, by=books.clerk, at=NOON)

    def test_cannot_be_undone(self, books: Books) -> None:
        operations.close_period(starts_on=DAY, by=books.clerk, at=NOON)

        with pytest.raises(Exception, match="stays closed"), transaction():
            FiscalPeriod.objects.update(closed_at=None, closed_by=None)

        assert FiscalPeriod.objects.get().closed_at == NOON


class TestDeclareAccounts:
    def test_changes_nothing_when_declared_again(self, books: Books) -> None:
        with transaction():
            again = operations.declare_accounts(ACCOUNTS)

        assert again == books.accounts

    def test_moves_a_role_to_another_account(self, books: Books) -> None:
        old, new = ACCOUNTS[0], AccountRow("501-000-1011", "501", "000", "1011", "New drawers", "asset", "cash_drawer")
        with transaction():
            operations.declare_accounts([AccountRow(old.code, "501", "000", "1010", old.name, "asset"), new])

        assert queries.gl_account("cash_drawer").code == new.code

    @pytest.mark.parametrize(
        "row",
        [
            AccountRow("1", "1", "1", "1", "Two drawers", "asset", "cash_drawer"),
            AccountRow("1", "1", "1", "1", "What is it", "thing"),
        ],
        ids=["role", "kind"],
    )
    def test_refuses_a_taken_role_or_unknown_kind(self, books: Books, row: AccountRow) -> None:
        with pytest.raises(ChartRefused), transaction():
            operations.declare_accounts([row])

        assert GlAccount.objects.count() == len(ACCOUNTS)

    def test_refuses_to_move_unapplied_credit_from_under_the_debtors(self, books: Books) -> None:
        books.pay(credit=100)

        with pytest.raises(ChartRefused, match="unapplied credit"), transaction():
            operations.declare_accounts([AccountRow("501-000-2400", "501", "000", "2400", "Credit", "liability")])

        assert queries.gl_account("unapplied_credit").code == "501-000-2400"

    def test_leaves_a_missing_role_to_be_named(self, books: Books) -> None:
        with pytest.raises(NoSuchAccount, match="over_short"):
            queries.gl_account("over_short")


class TestDeclareServices:
    def test_changes_nothing_when_declared_again(self, books: Books) -> None:
        with transaction():
            assert operations.declare_services(SERVICES) == books.services

    def test_refuses_an_account_that_is_not_in_the_chart(self, books: Books) -> None:
        with pytest.raises(ChartRefused, match="999"), transaction():
            operations.declare_services([ServiceRow("fire", "Fire", "Fuego", "999", "501-400-4010", 9)])

        assert Service.objects.count() == 2

    def test_refuses_another_control_account(self, books: Books) -> None:
        water = ServiceRow("water", "Water", "Agua", "502-000-1150", "501-400-4010", 2)

        with pytest.raises(ChartRefused, match="control account"), transaction():
            operations.declare_services([water])


class TestReports:
    def test_balance_to_zero_and_split_by_period(self, books: Books) -> None:
        item = books.bill(1_000)
        books.pay((item, 1_000))
        rows = queries.trial_balance(starts_on=NEXT_DAY, ends_on=date(2026, 8, 1))

        assert sum(row.closing_cents for row in rows) == 0
        assert {row.code: row.opening_cents for row in rows} == {
            "501-000-1010": 1_000,
            "501-000-1150": 0,
            "501-400-4010": -1_000,
        }

    def test_give_the_journal_by_account_and_service(self, books: Books) -> None:
        books.bill(1_000)
        books.bill(500)

        journal = queries.journal_frame(starts_on=DAY, ends_on=NEXT_DAY)

        assert journal.select("code", "service", "source", "debit_cents", "credit_cents").rows() == [
            ("501-000-1150", "water", "test.entry", 1_500, 0),
            ("501-400-4010", "water", "test.entry", 0, 1_500),
        ]

    def test_keep_their_columns_without_rows(self, books: Books) -> None:
        assert queries.journal_frame(starts_on=DAY, ends_on=NEXT_DAY).width == 11


class TestGlAccount:
    def test_keeps_its_code(self, books: Books) -> None:
        before = list(GlAccount.objects.order_by("pk").values())

        assert refusing("update ledger_glaccount set code = code || '0'") == "ledger_glaccount_code_stays"

        assert list(GlAccount.objects.order_by("pk").values()) == before
