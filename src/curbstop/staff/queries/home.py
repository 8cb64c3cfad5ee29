"""What waits for a person: one card for each kind of work that their roles open."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.timezone import localtime

from curbstop.billing.permissions import APPROVE_ADJUSTMENT, APPROVE_REFUND, APPROVE_RUN, RELEASE_RUN
from curbstop.billing.queries import runs_visible_to
from curbstop.billing.queries.adjustments import waiting_adjustments
from curbstop.billing.queries.refunds import waiting_refunds
from curbstop.cashiering.permissions import APPROVE_VOID, TAKE_PAYMENT
from curbstop.cashiering.queries import open_drawer_of, void_requests_visible_to
from curbstop.foundation.access.models import User
from curbstop.foundation.access.permissions import Permission
from curbstop.treasury.permissions import MAKE_DEPOSIT, VERIFY_DEPOSIT
from curbstop.treasury.queries import deposits_visible_to, drawers_to_deposit


@dataclass(frozen=True, slots=True)
class Card:
    """One kind of work: how much of it waits (empty if it is not counted), and where it is done."""

    title: str
    count: str
    about: str
    address: str


def cards_of(user: User) -> list[Card]:
    """Return the person's cards in the order of a working day."""
    return [Card(title, *count(user), reverse(route)) for title, route, needed, count in WORK if user.may(needed)]


def _drawer(user: User) -> tuple[str, str]:
    drawer = open_drawer_of(user)
    if drawer is None:
        return "Closed", "Open your drawer with its counted float to take payments."
    return "Open", f"{drawer.till} has been yours since {localtime(drawer.opened_at):%I:%M %p}."


def _voids(user: User) -> tuple[str, str]:
    return str(void_requests_visible_to(user).count()), "voids wait for a second person."


def _drawers(_user: User) -> tuple[str, str]:
    count = drawers_to_deposit().count()
    return str(count), "closed drawers wait for the bank."


def _deposits(user: User) -> tuple[str, str]:
    count = deposits_visible_to(user).filter(verification__isnull=True).exclude(prepared_by=user).count()
    return str(count), "deposits wait for a second person."


def _runs_to_approve(user: User) -> tuple[str, str]:
    count = runs_visible_to(user).filter(state="drafted").exclude(drafted_by=user).count()
    return str(count), "drafted runs wait for a second person."


def _runs_to_release(user: User) -> tuple[str, str]:
    count = runs_visible_to(user).filter(state="approved").count()
    return str(count), "approved runs wait to be released."


def _adjustments(user: User) -> tuple[str, str]:
    return str(waiting_adjustments(user).exclude(requested_by=user).count()), "adjustments wait for a second person."


def _refunds(user: User) -> tuple[str, str]:
    return str(waiting_refunds(user).exclude(requested_by=user).count()), "refunds wait for an approval or release."


Counter = Callable[[User], tuple[str, str]]

WORK: tuple[tuple[str, str, Permission, Counter], ...] = (
    ("Your drawer", "cashiering:counter", TAKE_PAYMENT, _drawer),
    ("Voids to approve", "cashiering:void_requests", APPROVE_VOID, _voids),
    ("Drawers to deposit", "treasury:deposits", MAKE_DEPOSIT, _drawers),
    ("Deposits to verify", "treasury:deposits", VERIFY_DEPOSIT, _deposits),
    ("Runs to approve", "billing:runs", APPROVE_RUN, _runs_to_approve),
    ("Runs to release", "billing:runs", RELEASE_RUN, _runs_to_release),
    ("Adjustments to approve", "billing:adjustments", APPROVE_ADJUSTMENT, _adjustments),
    ("Refunds to decide", "billing:refunds", APPROVE_REFUND, _refunds),
)
