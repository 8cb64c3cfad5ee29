"""A drawer's day: opened with a counted float, counted blind, closed with its difference posted."""

from collections.abc import Mapping
from datetime import datetime

from curbstop.cashiering.domain.counts import DrawerDifference, count_cents, difference
from curbstop.cashiering.models import DenominationCount, Drawer, DrawerCount, Till
from curbstop.cashiering.queries import expectation_of, recounts_max
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.foundation.money import format_cents
from curbstop.ledger.operations import Line, post_entry
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day, gl_account


class DrawerRefused(Exception):
    """The drawer was not opened or closed; the message says why."""


class CountRefused(Exception):
    """The count was not taken; the message says why."""


@transaction
def open_drawer(*, till: Till, cashier: User, float_cents: int, at: datetime) -> Drawer:
    """Open a till for one cashier with the float that the cashier counted.

    :raises DrawerRefused: if the till or the cashier has an open drawer, the float is negative, or
        no business day is open
    """
    if float_cents < 0:
        raise DrawerRefused("The float cannot be negative.")
    try:
        day = current_business_day()
    except NoOpenBusinessDay as refusal:
        raise DrawerRefused(str(refusal)) from refusal
    with (
        refused_by("one_open_drawer_per_cashier", DrawerRefused("You already have an open drawer.")),
        refused_by("drawer_on_an_open_day", DrawerRefused("The business day was closed just now.")),
        refused_by("one_open_drawer_per_till", DrawerRefused(f"{till.name} is open under another cashier.")),
    ):
        drawer = Drawer.objects.create(
            till=till, cashier=cashier, business_day=day, float_cents=float_cents, opened_at=at
        )
    audit.record(actor=cashier, event="cashiering.drawer.opened", subject=drawer, at=at)
    return drawer


@transaction
def count_drawer(
    *, drawer: Drawer, pieces: Mapping[int, int], check_cents: int, counted_by: User, at: datetime
) -> DrawerCount:
    """Store one blind count: pieces by face value in cents, and the checks in cents.

    :raises CountRefused: if the drawer is closed, was recounted already, or a number is negative
    """
    if check_cents < 0 or any(number < 0 for number in pieces.values()):
        raise CountRefused("A count cannot be negative.")
    locked = Drawer.objects.select_for_update().get(pk=drawer.pk)
    if not locked.is_open:
        raise CountRefused("This drawer is closed and cannot be counted again.")
    counted_before = locked.counts.count()
    if counted_before > recounts_max(locked.business_day):
        raise CountRefused("This drawer was recounted as often as the city allows. Close it with its last count.")
    count = DrawerCount.objects.create(
        drawer=locked,
        attempt=counted_before + 1,
        counted_by=counted_by,
        at=at,
        cash_cents=count_cents(pieces),
        check_cents=check_cents,
    )
    DenominationCount.objects.bulk_create(
        DenominationCount(count=count, face_cents=face, pieces=number) for face, number in pieces.items()
    )
    audit.record(actor=counted_by, event="cashiering.drawer.counted", subject=locked, at=at)
    return count


@transaction
def close_drawer(*, drawer: Drawer, by: User, at: datetime) -> Drawer:
    """Close a counted drawer and post what it is over or short, the same day and to the cent.

    :raises DrawerRefused: if the drawer was not counted, or is closed already
    """
    # The lock makes the total final: a receipt takes the same row before it is written.
    locked = Drawer.objects.select_for_update().get(pk=drawer.pk)
    count = locked.counts.order_by("-attempt").first()
    if not locked.is_open:
        raise DrawerRefused("This drawer is already closed.")
    if count is None:
        raise DrawerRefused("Count the drawer before closing it.")
    expected = expectation_of(locked)
    found = difference(expected, counted_cash_cents=count.cash_cents, counted_check_cents=count.check_cents)
    locked.closing_count = count
    locked.expected_cash_cents = expected.cash_cents
    locked.expected_check_cents = expected.check_cents
    locked.over_cents, locked.short_cents = found.over_cents, found.short_cents
    if found.over_cents or found.short_cents:
        locked.difference_entry_id = _post_difference(locked, found, by=by, at=at)
    locked.closed_at = at
    locked.save()
    audit.record(
        actor=by,
        event="cashiering.drawer.closed",
        subject=locked,
        at=at,
        detail={"over_cents": found.over_cents, "short_cents": found.short_cents},
    )
    return locked


def _post_difference(drawer: Drawer, found: DrawerDifference, *, by: User, at: datetime) -> int:
    cash, over_short = gl_account("cash_drawer").pk, gl_account("over_short").pk
    amount = found.over_cents or found.short_cents
    debited, credited = (cash, over_short) if found.over_cents else (over_short, cash)
    word = "over" if found.over_cents else "short"
    entry = post_entry(
        kind="cash over/short",
        lines=(Line.debit(debited, amount), Line.credit(credited, amount)),
        source=f"cashiering.drawer:{drawer.pk}",
        business_date=drawer.business_day,
        actor=by,
        posted_at=at,
        memo=f"{drawer.till.code} {word} {format_cents(amount)}",
    )
    return int(entry.pk)
