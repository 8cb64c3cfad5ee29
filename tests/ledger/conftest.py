"""A small set of books: two services, one open month, two debtors who owe nothing yet."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import transaction
from curbstop.ledger import operations, queries
from curbstop.ledger.models import Allocation, Entry, OpenItem, Posting
from curbstop.ledger.operations import AccountRow, Line, NewAllocation, NewItem, ServiceRow

DAY = date(2026, 7, 1)
NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
ACCOUNTS = (
    AccountRow("501-000-1010", "501", "000", "1010", "Cash drawers", "asset", "cash_drawer"),
    AccountRow("501-000-1150", "501", "000", "1150", "Water receivable", "asset"),
    AccountRow("502-000-1150", "502", "000", "1150", "Sewer receivable", "asset"),
    AccountRow("501-000-2400", "501", "000", "2400", "Unapplied credit", "liability", "unapplied_credit"),
    AccountRow("501-400-4010", "501", "400", "4010", "Water sales", "revenue"),
    AccountRow("502-400-4010", "502", "400", "4010", "Sewer service", "revenue"),
)
SERVICES = (
    ServiceRow("water", "Water", "Agua", "501-000-1150", "501-400-4010", 2),
    ServiceRow("sewer", "Sewer", "Alcantarillado", "502-000-1150", "502-400-4010", 1),
)


@dataclass(frozen=True)
class Books:
    """The ids a test needs, and the three things an office does."""

    clerk: User
    accounts: dict[str, int]
    services: dict[str, int]
    debtors: tuple[int, ...]

    def bill(self, cents: int, *, debtor: int = 0, service: str = "water", on: date = DAY) -> OpenItem:
        row = queries.service_of(service)
        debtor_id = self.debtors[debtor]
        entry = self.post(
            kind="bill",
            lines=[
                Line.debit(row.receivable_id, cents, debtor_id=debtor_id),
                Line.credit(row.revenue_id, cents),
            ],
            items=[NewItem(debtor_id, row.pk, on, cents, source="test.bill:1", label=f"{service} bill")],
            business_date=on,
        )
        return OpenItem.objects.get(entry=entry)

    def pay(self, *shares: tuple[OpenItem, int], credit: int = 0) -> Entry:
        allocations = [NewAllocation(item.pk, cents) for item, cents in shares]
        total = sum(cents for _, cents in shares) + credit
        lines = [Line.debit(queries.gl_account("cash_drawer").pk, total), *operations.settling_lines(allocations)]
        if credit:
            debtor_id = shares[0][0].debtor_id if shares else self.debtors[0]
            lines.append(Line.credit(queries.gl_account("unapplied_credit").pk, credit, debtor_id=debtor_id))
        return self.post(kind="payment", lines=lines, allocations=allocations)

    def reverse(self, entry: Entry) -> Entry:
        with transaction():
            return operations.reverse_entry(
                entry=entry, actor=self.clerk, business_date=DAY, posted_at=NOON, source="test.void:1", memo="mistake"
            )

    def apply_credit(self, item: OpenItem, cents: int) -> Entry:
        with transaction():
            return operations.apply_credit(
                allocations=[NewAllocation(item.pk, cents)],
                source="test.credit:1",
                business_date=DAY,
                actor=self.clerk,
                posted_at=NOON,
            )

    def post(self, **parts: Any) -> Entry:
        usual = {"kind": "test", "source": "test.entry:1", "business_date": DAY, "actor": self.clerk, "posted_at": NOON}
        with transaction():
            return operations.post_entry(**(usual | parts))

    def balance(self, item: OpenItem) -> int:
        return queries.balances_of_items([item.pk])[item.pk]

    def cash_lines(self, cents: int = 100) -> list[Line]:
        """Two lines that balance and touch no control account."""
        return [Line.debit(self.accounts["501-000-1010"], cents), Line.credit(self.accounts["501-400-4010"], cents)]


def row_counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Entry, Posting, OpenItem, Allocation))


@pytest.fixture
def make_books(person: Callable[..., Any]) -> Callable[[], Books]:
    def make() -> Books:
        clerk = person("clerk")
        operations.open_period(starts_on=date(2026, 7, 1), ends_on=date(2026, 8, 1), by=clerk, at=NOON)
        with transaction():
            accounts = operations.declare_accounts(ACCOUNTS)
            services = operations.declare_services(SERVICES)
            debtors = operations.new_debtors(["Ada Lane 1", "Bo Street 2"])
        return Books(clerk=clerk, accounts=accounts, services=services, debtors=debtors)

    return make


@pytest.fixture
def books(make_books: Callable[[], Books]) -> Books:
    return make_books()


@pytest.fixture
def no_row_changes(books: Books) -> Any:
    before = row_counts()
    yield
    assert row_counts() == before


def seal() -> int:
    """Seal once every entry can be: the horizon is the whole server's, and other tests work in its other databases."""
    from django.db import connection

    from curbstop.ledger.operations import seal_now

    newest = "select coalesce(max(xact), '0'::xid8) < pg_snapshot_xmin(pg_current_snapshot()) from ledger_entry"
    for _ in range(2_400):
        with connection.cursor() as cursor:
            cursor.execute(newest)
            (is_past,) = cursor.fetchone()
        if is_past:
            return seal_now()
        time.sleep(0.05)
    raise AssertionError("another transaction of this server has been open for two minutes")
