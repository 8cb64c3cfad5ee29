"""The city's rules at the counter, as they stood on a day: values of the city pack, never of the code."""

from datetime import date

from curbstop.cashiering.domain.counts import DifferenceLimits
from curbstop.ledger.domain.allocation import ApplicationOrder, read_order
from curbstop.ordinances.queries import value_on


def application_order(on: date) -> ApplicationOrder:
    """Return the order in which a payment settles items, as the city adopted it."""
    return read_order(value_on("payment.application_order", on).value)


def smallest_coin_cents(on: date) -> int:
    """Return the smallest coin that the counter gives: one cent, or five where pennies are gone."""
    return value_on("cash.nearest_cents", on).number


def denominations(on: date) -> tuple[int, ...]:
    """Return the bills and coins a count asks for, in cents, largest first."""
    faces = value_on("cash.denominations", on).value
    return tuple(sorted((int(face) for face in faces), reverse=True))


def tenders_taken(on: date) -> frozenset[str]:
    """Return the kinds of payment that the counter takes."""
    return frozenset(value_on("payment.tenders", on).words)


def recounts_max(on: date) -> int:
    """Return how often a drawer may be counted again after its first blind count."""
    return value_on("cash.recounts_max", on).number


def difference_limits(on: date) -> DifferenceLimits:
    """Return above which difference a drawer is closed with a note, by a supervisor, and by a manager."""
    return DifferenceLimits(
        note_over_cents=value_on("cash.over_short_note_over", on).cents,
        supervisor_over_cents=value_on("cash.over_short_supervisor_over", on).cents,
        manager_over_cents=value_on("cash.over_short_manager_over", on).cents,
    )


def reason_letters_min(on: date) -> int:
    """Return how many letters the reason of a void must have at least."""
    return value_on("payment.void_reason_letters_min", on).number


def float_cents(on: date) -> int:
    """Return the change fund with which a drawer is opened."""
    return value_on("cash.float", on).cents
