"""Security deposits as they stand: what is held, what it earned, the good months, and what may be done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
from django.db.models import Q, QuerySet

from curbstop.billing.queries import bills_of
from curbstop.collections.domain.deposits import average_month, deposit_interest, eligible_on, good_months, increase_due
from curbstop.collections.models import DepositBreach, ReleaseRequest, SecurityDeposit
from curbstop.collections.permissions import SEE_COLLECTIONS
from curbstop.collections.queries.late import BILLS
from curbstop.collections.queries.rules import deposit_increase, deposit_percent, optional_value
from curbstop.foundation.access.models import User
from curbstop.foundation.periods import add_months
from curbstop.ledger.queries import (
    accounts_by_role,
    held_on,
    item_moves_frame,
    overdue_items_frame,
    services,
    trial_balance,
)

BILLS_IN_AVERAGE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositRow:
    """One deposit as it stands on a day; amounts in cents."""

    id: int
    account_id: int
    account_number: str
    depositor: str
    asked_on: date
    amount_cents: int
    held_cents: int
    paid_on: date | None
    interest_cents: int
    good_months: int
    eligible_on: date | None
    increase_cents: int

    def may_go_back(self, on: date) -> bool:
        """Tell whether the account kept all good months that the city asks for."""
        return self.eligible_on is not None and self.eligible_on <= on


def deposits_visible_to(user: User) -> QuerySet[SecurityDeposit]:
    """Return the deposits that a person may see, oldest first."""
    deposits = SecurityDeposit.objects.select_related("account", "depositor", "asked_by", "release").order_by("pk")
    return deposits if user.may(SEE_COLLECTIONS) else deposits.none()


def standing_deposits(on: date | None = None) -> QuerySet[SecurityDeposit]:
    """Return every deposit that was not given back, now or by the end of a day, oldest first."""
    deposits = SecurityDeposit.objects.select_related("account", "depositor").order_by("pk")
    if on is None:
        return deposits.filter(release=None)
    return deposits.filter(Q(release=None) | Q(release__released_on__gt=on), asked_on__lte=on)


def deposits_in_books(on: date) -> int:
    """Return what the ledger holds of customers' deposits at the end of a day: held, less asked for and unpaid."""
    service = next((service for service in services() if service.code == "deposit"), None)
    held = accounts_by_role().get("deposits_held")
    if service is None or held is None:
        return 0
    codes = {service.receivable.code, service.revenue.code}
    rows = trial_balance(starts_on=on, ends_on=on + timedelta(days=1))
    return -sum(row.closing_cents for row in rows if row.code in codes)


def payments_on(deposits: Iterable[SecurityDeposit]) -> dict[int, list[tuple[date, int]]]:
    """Return deposit → the days on which its item was paid or a payment was taken back, in cents."""
    by_item = {deposit.open_item_id: deposit.pk for deposit in deposits}
    found: dict[int, list[tuple[date, int]]] = {pk: [] for pk in by_item.values()}
    for item, day, cents in item_moves_frame(by_item).iter_rows():
        if cents:
            found[by_item[item]].append((day, -cents))
    return found


def deposit_rows(deposits: Iterable[SecurityDeposit], *, on: date) -> list[DepositRow]:
    """Return the deposits as they stand on a day, in their order; with as many queries for many as for one."""
    rows = list(deposits)
    paid, late = payments_on(rows), late_days_of({row.account.debtor_id for row in rows}, on=on)
    breaches = _breaches({row.account_id for row in rows})
    percent, rule = deposit_percent(on), optional_value("deposit.good_months", on)
    allowed, within, factor = deposit_increase(on)
    since_when = add_months(on, -within)
    held_of: dict[int, int] = {}
    for row in rows:
        held_of[row.account_id] = held_of.get(row.account_id, 0) + row.amount_cents
    found = []
    for row in rows:
        moves = [(day, cents) for day, cents in paid[row.pk] if day <= on]
        held = sum(cents for _, cents in moves)
        # The months begin when all of it is there.
        full_on = max((day for day, cents in moves if cents > 0), default=None) if held == row.amount_cents else None
        bad = sorted([*late.get(row.account.debtor_id, ()), *breaches.get(row.account_id, ())])
        recent = sum(day > since_when for day in late.get(row.account.debtor_id, ()))
        found.append(
            DepositRow(
                id=row.pk,
                account_id=row.account_id,
                account_number=row.account.number,
                depositor=row.depositor.name,
                asked_on=row.asked_on,
                amount_cents=row.amount_cents,
                held_cents=held,
                paid_on=full_on,
                interest_cents=deposit_interest(moves, through=on, percent_yearly=percent),
                good_months=good_months(since=full_on, breaches=bad, on=on) if full_on else 0,
                eligible_on=eligible_on(since=full_on, breaches=bad, months=rule.number) if full_on and rule else None,
                increase_cents=increase_due(
                    base_cents=row.amount_cents,
                    held_cents=held_of[row.account_id],
                    breaches=recent,
                    allowed=allowed,
                    factor=factor,
                ),
            )
        )
    return found


def late_days_of(debtor_ids: Iterable[int], *, on: date) -> dict[int, list[date]]:
    """Return debtor → the day after the due date of every bill of which something was unpaid then and not held.

    A bill that is disputed now does not count; who paid on the due date paid in time.
    """
    wanted = set(debtor_ids)
    items = overdue_items_frame(before=on, sources=BILLS, settled=True).filter(pl.col("debtor_id").is_in(wanted))
    if items.is_empty():
        return {}
    ids = items["open_item_id"].to_list()
    in_time = (
        item_moves_frame(ids)
        .join(items.select("open_item_id", "due_on"), on="open_item_id")
        .filter(pl.col("day") <= pl.col("due_on"))
        .group_by("open_item_id")
        .agg(pl.col("cents").sum())
    )
    held = pl.DataFrame(list(held_on(ids).items()), schema={"open_item_id": pl.Int64, "held": pl.Int64}, orient="row")
    late = (
        items.join(in_time, on="open_item_id", how="left")
        .join(held, on="open_item_id", how="left")
        .with_columns(unpaid=pl.col("amount_cents") + pl.col("cents").fill_null(0) - pl.col("held").fill_null(0))
        .filter(pl.col("unpaid") > 0)
        .select("debtor_id", "source", "due_on")
        .unique()
        .sort("due_on")
    )
    found: dict[int, list[date]] = {}
    for debtor, _, due_on in late.iter_rows():
        found.setdefault(debtor, []).append(due_on + timedelta(days=1))
    return found


def average_month_of(account_id: int) -> int | None:
    """Return the average charges of a month of an account's last year of bills, in cents; None without a bill."""
    bills = [bill for bill in bills_of(account_id, BILLS_IN_AVERAGE) if bill.cancelled_at is None]
    return average_month([(bill.days, bill.total_cents) for bill in bills])


def _breaches(account_ids: set[int]) -> dict[int, list[date]]:
    found: dict[int, list[date]] = {}
    for account, day in DepositBreach.objects.filter(account_id__in=account_ids).values_list("account_id", "on"):
        found.setdefault(account, []).append(day)
    return found


def release_request_of(deposit_id: int) -> ReleaseRequest | None:
    """Return the latest preparation of a deposit's release."""
    return ReleaseRequest.objects.filter(deposit_id=deposit_id).select_related("by", "deposit").first()
