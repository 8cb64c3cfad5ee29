"""Released bills, one by one: what an account was billed, and how each line came about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from curbstop.billing.models import Bill, BillLine, CancellationRequest
from curbstop.billing.permissions import SEE_BILLS
from curbstop.foundation.access.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class BillRow:
    """One bill as a list shows it; amounts in cents."""

    number: int
    account_id: int
    bill_on: date
    due_on: date
    starts_on: date
    ends_on: date
    days: int
    total_cents: int
    prior_balance_cents: int
    payments_cents: int
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLineRow:
    """One line with its derivation: what it was computed from, as the rate engine wrote it down."""

    line_number: int
    service: str
    schedule_version_id: int
    label: str
    component: str
    customer_class: str
    starts_on: date
    ends_on: date
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount_cents: int
    section: str
    derivation: dict[str, Any]


def bills_visible_to(user: User) -> QuerySet[Bill]:
    """Return the bills a person may see."""
    bills = Bill.objects.select_related("account__customer", "account__premises", "run")
    return bills if user.may(SEE_BILLS) else bills.none()


def bills_of_run(run_id: int, user: User) -> QuerySet[Bill]:
    """Return the bills that a run released, by number, as far as a person may see them."""
    return bills_visible_to(user).filter(run_id=run_id).order_by("number")


def bills_of(account_id: int, limit: int = 36) -> list[BillRow]:
    """Return the account's bills, newest first."""
    bills = Bill.objects.filter(account_id=account_id).order_by("-number")[:limit]
    return [
        BillRow(
            number=bill.number,
            account_id=bill.account_id,
            bill_on=bill.bill_on,
            due_on=bill.due_on,
            starts_on=bill.starts_on,
            ends_on=bill.ends_on,
            days=bill.days,
            total_cents=bill.total_cents,
            prior_balance_cents=bill.prior_balance_cents,
            payments_cents=bill.payments_cents,
            cancelled_at=bill.cancelled_at,
        )
        for bill in bills
    ]


def bill_lines_of(numbers: Iterable[int]) -> dict[int, list[BillLineRow]]:
    """Return the lines of the bills with these numbers, in printing order."""
    wanted = list(numbers)
    found: dict[int, list[BillLineRow]] = {number: [] for number in wanted}
    lines = BillLine.objects.filter(bill_id__in=wanted).select_related("service")
    for line in lines.order_by("bill_id", "line_number"):
        found[line.bill_id].append(
            BillLineRow(
                line_number=line.line_number,
                service=line.service.name_en,
                schedule_version_id=line.schedule_version_id,
                label=line.label,
                component=line.component,
                customer_class=line.customer_class,
                starts_on=line.starts_on,
                ends_on=line.ends_on,
                quantity=line.quantity,
                unit=line.unit,
                unit_price=line.unit_price,
                amount_cents=line.amount_cents,
                section=line.section,
                derivation=line.derivation,
            )
        )
    return found


def cancellation_request_of(number: int) -> CancellationRequest | None:
    """Return the latest request to cancel a bill, if there is one."""
    requests = CancellationRequest.objects.filter(bill_id=number).select_related("by")
    return requests.order_by("-pk").first()
