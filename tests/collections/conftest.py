"""Pine Hollow with penalties, interest and deposits: bills are posted as billing posts them, days go on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.billing.conftest import NOON, TODAY, Town, people, town

__all__ = ["NOON", "TODAY", "people", "town"]

DUE = date(2026, 7, 21)
RULES = {
    "penalty.late_rule": ("greater", "choice"),
    "penalty.late_percent": ("10", "percent"),
    "penalty.late_amount": ("10.00", "dollars"),
    "penalty.interest_percent_yearly": ("10", "percent"),
    "penalty.interest_on": (["principal", "penalty"], "choices"),
    "penalty.waiver_alone_max": ("25.00", "dollars"),
    "penalty.low_income_waiver_months": (12, "months"),
    "adjustment.window_days": (30, "days"),
    "deposit.months": (2, "months"),
    "deposit.good_months": (12, "months"),
    "deposit.interest_percent_yearly": ("2", "percent"),
    "deposit.increase_after_late_bills": (2, "count"),
    "payment.application_order": (
        [{"charges": ["penalty", "interest", "principal"], "sort_by": ["oldest", "service", "charge"]}],
        "order",
    ),
}


@dataclass
class Office:
    """What the office of a test does, on the business day that it opened last."""

    town: Town
    day: date = TODAY
    last_bill: int = 9_000

    @property
    def at(self) -> datetime:
        return NOON + (self.day - TODAY)

    def __getattr__(self, name: str) -> Any:
        people: dict[str, Any] = self.town.people
        if name in people:
            return people[name]
        raise AttributeError(name)

    def go_to(self, day: date) -> None:
        """Close the business day and open a later one."""
        from curbstop.ledger.models import BusinessDay

        BusinessDay.objects.filter(closed_at=None).update(closed_at=self.at)
        self.day = day
        BusinessDay.objects.create(day=day, opened_at=self.at, opened_by=self.supervisor)

    def set_rule(self, code: str, value: Any, unit: str) -> None:
        from curbstop.ordinances.models import CodeSection, RuleValue

        section = CodeSection.objects.get(citation="13.1")
        RuleValue.objects.get_or_create(
            code=code,
            defaults={
                "starts_on": date(2026, 1, 1), "value": value, "unit": unit, "section": section,
                "proposed_by": self.supervisor, "adopted_by": self.manager,
            },
        )  # fmt: skip

    def bill(self, account: Any, *, due_on: date = DUE, source: str = "", **cents: int) -> tuple[str, list[int]]:
        """Post a bill of cents for services and return its source and its open items."""
        from curbstop.foundation.database.transactions import transaction
        from curbstop.ledger.models import OpenItem
        from curbstop.ledger.operations import Line, NewItem, post_entry
        from curbstop.ledger.queries import service_of

        self.last_bill += 1
        source = source or f"billing.bill:{self.last_bill}"
        lines, items = [], []
        for code, amount in cents.items():
            service = service_of(code)
            lines += [
                Line.debit(service.receivable_id, amount, debtor_id=account.debtor_id),
                Line.credit(service.revenue_id, amount),
            ]
            items.append(NewItem(account.debtor_id, service.pk, due_on, amount, service.rank, source, code))
        with transaction():
            entry = post_entry(
                kind="bill", lines=lines, source=source, business_date=self.day, actor=self.lead, posted_at=self.at,
                items=items,
            )  # fmt: skip
        return source, list(OpenItem.objects.filter(entry=entry).order_by("pk").values_list("pk", flat=True))

    def pay(self, account: Any, cents: int, *, items: list[int] | None = None) -> Any:
        """Take money on the business day, for some items or as the city's order says."""
        from curbstop.foundation.database.transactions import transaction
        from curbstop.ledger.domain.allocation import allocate, read_order
        from curbstop.ledger.operations import Line, NewAllocation, post_entry, settling_lines
        from curbstop.ledger.queries import gl_account, open_items_of

        owed = [item for item in open_items_of(account.debtor_id) if items is None or item.id in items]
        order = read_order(RULES["payment.application_order"][0])
        shares = allocate(cents, [item.payable() for item in owed], order=order, on=self.day)
        allocations = [NewAllocation(item, share) for item, share in shares.items()]
        lines = [Line.debit(gl_account("cash_drawer").pk, cents), *settling_lines(allocations)]
        if rest := cents - sum(shares.values()):
            lines.append(Line.credit(gl_account("unapplied_credit").pk, rest, debtor_id=account.debtor_id))
        with transaction():
            return post_entry(
                kind="payment", lines=lines, source="test.payment:1", business_date=self.day, actor=self.lead,
                posted_at=self.at, allocations=allocations,
            )  # fmt: skip

    def hold(self, item: int, cents: int | None = None, kind: str = "dispute") -> Any:
        from curbstop.foundation.database.transactions import transaction
        from curbstop.ledger.operations import place_hold

        with transaction():
            return place_hold(
                open_item_id=item,
                kind=kind,
                amount_cents=cents,
                reason="The customer asks why",
                by=self.lead,
                at=self.at,
            )

    def release(self, hold: Any) -> None:
        from curbstop.foundation.database.transactions import transaction
        from curbstop.ledger.operations import release_hold

        with transaction():
            release_hold(hold=hold, by=self.lead, at=self.at)

    def propose(self, kind: str = "penalty") -> Any:
        from curbstop.collections.operations import propose_charges

        return propose_charges(kind=kind, by=self.lead, at=self.at)

    def charge(self, kind: str = "penalty") -> Any:
        """Propose, approve and post."""
        from curbstop.collections.operations import approve_charges, post_charges

        run = approve_charges(run=self.propose(kind), by=self.manager, at=self.at)
        post_charges(run=run, by=self.manager, at=self.at)
        run.refresh_from_db()
        return run

    def owed(self, account: Any, charge: str) -> list[int]:
        from curbstop.ledger.queries import open_items_of

        return [item.balance_cents for item in open_items_of(account.debtor_id) if item.charge == charge]


@pytest.fixture
def office(town: Town) -> Office:
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ledger.operations import AccountRow, ServiceRow, declare_accounts, declare_services

    found = Office(town)
    for code, (value, unit) in RULES.items():
        found.set_rule(code, value, unit)
    with transaction():
        declare_accounts(
            [
                AccountRow("500-000-2420", "500", "000", "2420", "Deposits held", "liability", "deposits_held"),
                AccountRow("500-000-2421", "500", "000", "2421", "Deposits asked for", "liability"),
                AccountRow("500-000-5420", "500", "000", "5420", "Deposit interest", "expense", "deposit_interest"),
                AccountRow("500-000-4930", "500", "000", "4930", "Penalties", "revenue", "penalty_revenue"),
            ]
        )
        declare_services([ServiceRow("deposit", "Deposit", "Depósito", "500-000-2421", "500-000-2420", 9)])
    return found


@pytest.fixture
def account(office: Office) -> Any:
    return office.town.account("100001")


@pytest.fixture
def days_on() -> Callable[[int], date]:
    return lambda days: DUE + timedelta(days=days)
