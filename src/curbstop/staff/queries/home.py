"""What waits for a person: one card for each kind of work that their roles open."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.timezone import localtime

from curbstop.billing.permissions import (
    APPROVE_ADJUSTMENT,
    APPROVE_AVERAGES,
    APPROVE_CANCELLATION,
    APPROVE_REFUND,
    APPROVE_RUN,
    RELEASE_RUN,
    SETTLE_AGENCIES,
)
from curbstop.billing.queries import average_sets_visible_to, runs_visible_to, settlements_visible_to
from curbstop.billing.queries.adjustments import waiting_adjustments
from curbstop.billing.queries.rebilling import rebills_visible_to
from curbstop.billing.queries.refunds import waiting_refunds
from curbstop.cashiering.permissions import APPROVE_VOID, TAKE_PAYMENT
from curbstop.cashiering.queries import open_drawer_of, void_requests_visible_to
from curbstop.collections.permissions import APPROVE_CHARGES, APPROVE_WAIVER
from curbstop.collections.queries import runs_visible_to as charge_runs_visible_to
from curbstop.collections.queries import waivers_waiting
from curbstop.foundation.access.models import User
from curbstop.foundation.access.permissions import Permission
from curbstop.metering.permissions import REVIEW_READS
from curbstop.metering.queries.exceptions import open_exceptions
from curbstop.rates.permissions import ADOPT_RATES
from curbstop.rates.queries import waiting_drafts
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


def _rebills(user: User) -> tuple[str, str]:
    waiting = rebills_visible_to(user).filter(approved_at=None, discarded_at=None).exclude(drafted_by=user)
    return str(waiting.count()), "corrections of bills wait for a second person."


def _averages(user: User) -> tuple[str, str]:
    waiting = average_sets_visible_to(user).filter(approved_at=None, withdrawn_at=None).exclude(proposed_by=user)
    return str(waiting.count()), "computations of averages wait for a second person."


def _settlements(user: User) -> tuple[str, str]:
    waiting = settlements_visible_to(user).filter(approved_by=None).exclude(prepared_by=user)
    return str(waiting.count()), "settlements with partners wait for a second person."


def _penalties(user: User) -> tuple[str, str]:
    waiting = charge_runs_visible_to(user).filter(approved_at=None, discarded_at=None).exclude(proposed_by=user)
    return str(waiting.count()), "penalty and interest runs wait for a second person."


def _waivers(user: User) -> tuple[str, str]:
    return str(waivers_waiting(user).exclude(asked_by=user).count()), "waivers wait for a second person."


def _reads(user: User) -> tuple[str, str]:
    return str(open_exceptions(user).count()), "reads wait for a decision."


def _tariffs(user: User) -> tuple[str, str]:
    return str(waiting_drafts(user).count()), "drafted tariffs wait for a second person."


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
    ("Corrected bills to approve", "billing:rebills", APPROVE_CANCELLATION, _rebills),
    ("Averages to approve", "billing:averages", APPROVE_AVERAGES, _averages),
    ("Settlements to approve", "billing:settlements", SETTLE_AGENCIES, _settlements),
    ("Penalties to approve", "collections:runs", APPROVE_CHARGES, _penalties),
    ("Waivers to approve", "collections:waivers", APPROVE_WAIVER, _waivers),
    ("Reads to decide", "metering:exceptions", REVIEW_READS, _reads),
    ("Tariffs to adopt", "rates:tariffs", ADOPT_RATES, _tariffs),
)
