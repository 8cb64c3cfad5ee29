"""A drawer's day: opened with a counted float, counted blind, closed with its difference posted."""

from collections.abc import Mapping
from datetime import datetime

from curbstop.cashiering.domain.counts import DrawerDifference, Oversight, count_cents
from curbstop.cashiering.models import DenominationCount, Drawer, DrawerCount, Till
from curbstop.cashiering.queries import closing_terms, difference_of, expectation_of, movements_of, recounts_left
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.card_numbers import refuse_card_number
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

    :raises CountRefused: if the drawer is closed, was recounted already since money last moved, or a number is
        negative
    """
    if check_cents < 0 or any(number < 0 for number in pieces.values()):
        raise CountRefused("A count cannot be negative.")
    locked = Drawer.objects.select_for_update().get(pk=drawer.pk)
    if not locked.is_open:
        raise CountRefused("This drawer is closed and cannot be counted again.")
    if not recounts_left(locked):
        raise CountRefused("This drawer was recounted as often as the city allows. Close it with its last count.")
    count = DrawerCount.objects.create(
        drawer=locked,
        attempt=locked.counts.count() + 1,
        counted_by=counted_by,
        at=at,
        cash_cents=count_cents(pieces),
        check_cents=check_cents,
        expected_cents=expectation_of(locked).total_cents,
        movements=movements_of(locked),
    )
    DenominationCount.objects.bulk_create(
        DenominationCount(count=count, face_cents=face, pieces=number) for face, number in pieces.items()
    )
    audit.record(actor=counted_by, event="cashiering.drawer.counted", subject=locked, at=at)
    return count


@transaction
def close_drawer(*, drawer: Drawer, by: User, at: datetime, note: str = "") -> Drawer:
    """Close a counted drawer and post what it is over or short, the same day and to the cent.

    :raises DrawerRefused: if the drawer was not counted since money last moved, is closed already, or the
        difference wants a note or a second person by the city's limits
    """
    # The lock makes the total final: a receipt takes the same row before it is written.
    locked = Drawer.objects.select_for_update().get(pk=drawer.pk)
    count = _closing_count(locked)
    expected, found = expectation_of(locked), difference_of(count)
    _refuse_without_oversight(locked, found, by=by, note=note)
    locked.closing_count = count
    locked.expected_cash_cents = expected.cash_cents
    locked.expected_check_cents = expected.check_cents
    locked.over_cents, locked.short_cents = found.over_cents, found.short_cents
    if found.cents:
        locked.difference_entry_id = _post_difference(locked, found, by=by, at=at)
    locked.closed_at, locked.closed_by, locked.difference_note = at, by, note.strip()
    locked.save()
    audit.record(
        actor=by,
        event="cashiering.drawer.closed",
        subject=locked,
        at=at,
        detail={"over_cents": found.over_cents, "short_cents": found.short_cents},
    )
    return locked


def _closing_count(drawer: Drawer) -> DrawerCount:
    count = drawer.counts.order_by("-attempt").first()
    if not drawer.is_open:
        raise DrawerRefused("This drawer is already closed.")
    if count is None:
        raise DrawerRefused("Count the drawer before closing it.")
    if count.movements != movements_of(drawer):
        raise DrawerRefused("Money moved after the count: count again.")
    return count


def _refuse_without_oversight(drawer: Drawer, found: DrawerDifference, *, by: User, note: str) -> None:
    refuse_card_number(note, DrawerRefused)
    terms = closing_terms(drawer, found)
    limit = format_cents(terms.limit_cents)
    if not terms.may_be_met_by(by, drawer=drawer):
        who = "A manager" if terms.oversight is Oversight.MANAGER else "A supervisor"
        raise DrawerRefused(
            f"{who} closes this drawer: it is {terms.difference}, which is above {limit}. "
            "It is never the cashier of the drawer."
        )
    if terms.needs_note and not note.strip():
        raise DrawerRefused(f"Say in a note why this drawer is {terms.difference}: it is above {limit}.")


def _post_difference(drawer: Drawer, found: DrawerDifference, *, by: User, at: datetime) -> int:
    cash, over_short = gl_account("cash_drawer").pk, gl_account("over_short").pk
    amount = found.cents
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
