"""An account as its page shows it, gathered from the rooms that each know one part."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from curbstop.billing.domain.explaining import long_date, unit_words
from curbstop.billing.permissions import SEE_BILLS
from curbstop.billing.queries import held_bill_of
from curbstop.billing.queries.budget_plans import BudgetDue, budget_due
from curbstop.cashiering.permissions import VIEW_RECEIPTS
from curbstop.cashiering.queries import PaymentRow, payments_of_debtor
from curbstop.customers.queries import AccountPage, account_page, accounts_visible_to, contacts_of
from curbstop.foundation.access.models import User
from curbstop.foundation.web.charts import Bar
from curbstop.ledger.queries import OpenItemRow, balances_of, held_on, open_items_of, unapplied_credit_of
from curbstop.metering.permissions import SEE_READS
from curbstop.metering.queries import usage_history
from curbstop.staff.queries.bills import ExplainedBill, explained_bills

BILLS_SHOWN = 13
PAYMENTS_SHOWN = 13
CONTACTS_SHOWN = 10
PERIODS_SHOWN = 13


@dataclass(frozen=True, slots=True)
class ServiceBalance:
    """What is owed for one service, and how much of it is past its due date."""

    name: str
    owed_cents: int
    overdue_cents: int


@dataclass(frozen=True, slots=True)
class ServiceUse:
    """The use of one service agreement, oldest period first."""

    name: str
    unit: str
    bars: tuple[Bar, ...]
    periods: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """What a clerk should know before anything else; `kind` colors it: warning or info."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything on the account page; what the person may not see is empty."""

    account: AccountPage
    balance_cents: int
    credit_cents: int
    overdue_cents: int
    services: tuple[ServiceBalance, ...]
    items: tuple[OpenItemRow, ...]
    bills: tuple[ExplainedBill, ...]
    uses: tuple[ServiceUse, ...]
    payments: tuple[PaymentRow, ...]
    contacts: tuple[Any, ...]
    alerts: tuple[Alert, ...]
    budget: BudgetDue | None


def overview_of(number: str, user: User, *, on: date) -> Overview | None:
    """Return the account with a number as it stands on a day, or None if the person may not see it."""
    if not accounts_visible_to(user).filter(number=number).exists():
        return None
    account = account_page(number)
    items = tuple(open_items_of(account.debtor_id))
    services = tuple(_by_service(items, on))
    balance = balances_of([account.debtor_id]).get(account.debtor_id, 0)
    budget = budget_due([account.id], on=on).get(account.id)
    # A customer on a budget plan is late by the plan and never by the true balance.
    overdue = budget.past_due_cents if budget else sum(service.overdue_cents for service in services)
    return Overview(
        account=account,
        balance_cents=balance,
        credit_cents=unapplied_credit_of([account.debtor_id]).get(account.debtor_id, 0),
        overdue_cents=overdue,
        services=services,
        items=items,
        bills=explained_bills(account.id, BILLS_SHOWN) if user.may(SEE_BILLS) else (),
        uses=_uses(account) if user.may(SEE_READS) else (),
        payments=_payments(account, user),
        contacts=tuple(contacts_of(account.customer_id, CONTACTS_SHOWN)),
        alerts=tuple(_alerts(account, overdue, items)),
        budget=budget,
    )


def _by_service(items: Iterable[OpenItemRow], on: date) -> Iterable[ServiceBalance]:
    by_service: dict[str, list[OpenItemRow]] = {}
    for item in items:
        by_service.setdefault(item.service_name, []).append(item)
    for name, rows in by_service.items():
        yield ServiceBalance(
            name,
            sum(row.balance_cents for row in rows),
            sum(row.balance_cents for row in rows if row.due_on < on),
        )


def _payments(account: AccountPage, user: User) -> tuple[PaymentRow, ...]:
    if not user.may(VIEW_RECEIPTS):
        return ()
    return tuple(payments_of_debtor(account.debtor_id)[:PAYMENTS_SHOWN])


def _uses(account: AccountPage) -> tuple[ServiceUse, ...]:
    names = {agreement.id: agreement.service_name for agreement in account.agreements}
    history = usage_history(list(names))
    uses = []
    for (agreement_id,), rows in history.group_by("agreement_id", maintain_order=True):
        periods = rows.sort("starts_on").tail(PERIODS_SHOWN).to_dicts()
        bars = tuple(_bar(period, is_last=period is periods[-1]) for period in periods)
        unit = unit_words(periods[-1]["unit"])
        uses.append(ServiceUse(names[int(str(agreement_id))], unit, bars, tuple(reversed(periods))))
    return tuple(uses)


def _bar(period: dict[str, Any], *, is_last: bool) -> Bar:
    ends_on = period["ends_on"]
    name = f"{period['starts_on']:%b %d, %Y} to {ends_on:%b %d, %Y}"
    return Bar(f"{ends_on:%b %y}", name, period["billed"], "now" if is_last else "")


def _alerts(account: AccountPage, overdue_cents: int, items: Iterable[OpenItemRow]) -> Iterable[Alert]:
    if account.closed_on is not None:
        yield Alert("warning", f"This account was closed on {account.closed_on:%B %d, %Y}.")
    held = held_bill_of(account.id)
    if held is not None:
        since = long_date(held.since, "en")
        yield Alert("warning", f"Bill held for review since {since}: {held.reason.rstrip('.')}.")
    if overdue_cents > 0:
        yield Alert("warning", "Part of the balance is past its due date.")
    if held_on(item.id for item in items):
        yield Alert("info", "Part of what is owed is held: nothing is charged for it until that is settled.")
    if account.language == "es":
        yield Alert("info", "The customer reads Spanish: bills are printed in Spanish.")
