"""The frame around every page: who is signed in, where they may go, in which city, on which business day."""

from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from curbstop.billing.permissions import SEE_ADJUSTMENTS, SEE_REFUNDS, SEE_RUNS
from curbstop.cashiering.permissions import TAKE_PAYMENT, VIEW_RECEIPTS
from curbstop.collections.permissions import SEE_COLLECTIONS
from curbstop.customers.permissions import SEE_ACCOUNTS
from curbstop.foundation.access.models import User
from curbstop.foundation.access.permissions import Permission
from curbstop.ledger.permissions import READ_LEDGER
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day
from curbstop.metering.permissions import REVIEW_READS
from curbstop.ordinances.queries import CityProfileRow, NoSuchRule, city
from curbstop.reports.permissions import READ_REGISTERS
from curbstop.staff.permissions import SEE_HOME
from curbstop.treasury.permissions import VIEW_DEPOSITS

# In the order of a day: the office opens, takes money, counts it, banks it, bills, and reports.
PLACES: tuple[tuple[str, str, Permission], ...] = (
    ("Home", "staff:home", SEE_HOME),
    ("Take a payment", "cashiering:counter", TAKE_PAYMENT),
    ("Drawers", "cashiering:drawers", VIEW_RECEIPTS),
    ("Receipts", "cashiering:receipts", VIEW_RECEIPTS),
    ("Deposits", "treasury:deposits", VIEW_DEPOSITS),
    ("Read exceptions", "metering:exceptions", REVIEW_READS),
    ("Billing runs", "billing:runs", SEE_RUNS),
    ("Corrected bills", "billing:rebills", SEE_RUNS),
    ("Adjustments", "billing:adjustments", SEE_ADJUSTMENTS),
    ("Refunds", "billing:refunds", SEE_REFUNDS),
    ("Penalties", "collections:runs", SEE_COLLECTIONS),
    ("Security deposits", "collections:deposits", SEE_COLLECTIONS),
    ("Journals", "treasury:journals", VIEW_DEPOSITS),
    ("Business days", "ledger:days", READ_LEDGER),
    ("Reports", "reports:registers", READ_REGISTERS),
)


@dataclass(frozen=True, slots=True)
class Link:
    """One place in the menu."""

    label: str
    address: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """What base.html shows around a page; all empty for a stranger but the city."""

    city: str
    home: str = "/"
    search: str = ""
    sought: str = ""
    person: str = ""
    roles: tuple[str, ...] = ()
    menu: tuple[Link, ...] = ()
    business_day: date | None = None


def frame_of(user: User | None, *, path: str, sought: str = "") -> Frame:
    """Return the frame for a person on a page; None is a stranger."""
    if user is None:
        return Frame(city=_city_name())
    return Frame(
        city=_city_name(),
        home=reverse("staff:home"),
        search=reverse("staff:search") if user.may(SEE_ACCOUNTS) else "",
        sought=sought,
        person=user.get_full_name() or user.get_username(),
        roles=tuple(sorted(role.title for role in user.roles)),
        menu=tuple(_links(user, path)),
        business_day=_business_day(),
    )


def city_or_none() -> CityProfileRow | None:
    """Return the city, or None until its first pack is in force."""
    try:
        return city()
    except NoSuchRule:
        return None


def _city_name() -> str:
    known = city_or_none()
    return known.name if known else ""


def _business_day() -> date | None:
    try:
        return current_business_day()
    except NoOpenBusinessDay:
        return None


def _links(user: User, path: str) -> list[Link]:
    """Return the places a person may go; the longest address that begins the path is the current one."""
    places = [(label, reverse(route)) for label, route, needed in PLACES if user.may(needed)]
    inside = [address for _, address in places if path.startswith(address)]
    current = max(inside, key=len, default="")
    # The home address begins every path, and is current only on itself.
    if current == reverse("staff:home") != path:
        current = ""
    return [Link(label, address, address == current) for label, address in places]
