"""The frame around every page: who is signed in, where they may go, in which city, on which business day."""

from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from curbstop.billing.permissions import SEE_ADJUSTMENTS, SEE_BILLS, SEE_REFUNDS, SEE_RUNS
from curbstop.cashiering.permissions import APPROVE_VOID, TAKE_PAYMENT, VIEW_RECEIPTS
from curbstop.collections.permissions import SEE_COLLECTIONS
from curbstop.customers.permissions import SEE_ACCOUNTS
from curbstop.foundation.access.models import User
from curbstop.foundation.access.permissions import Permission
from curbstop.ledger.permissions import READ_LEDGER
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day
from curbstop.metering.permissions import REVIEW_READS
from curbstop.ordinances.queries import CityProfileRow, NoSuchRule, city
from curbstop.rates.permissions import SEE_RATES
from curbstop.reports.permissions import READ_REGISTERS, STUDY_RATES
from curbstop.staff.permissions import SEE_HOME
from curbstop.treasury.permissions import VIEW_DEPOSITS

Place = tuple[str, str, Permission]

# In the order of a day: the office takes money, bills, goes out, collects, banks and reports.
GROUPS: tuple[tuple[str, tuple[Place, ...]], ...] = (
    ("Home", (("Home", "staff:home", SEE_HOME),)),
    (
        "Counter",
        (
            ("Take a payment", "cashiering:counter", TAKE_PAYMENT),
            ("Drawers", "cashiering:drawers", VIEW_RECEIPTS),
            ("Receipts", "cashiering:receipts", VIEW_RECEIPTS),
            ("Voids", "cashiering:void_requests", APPROVE_VOID),
        ),
    ),
    (
        "Billing",
        (
            ("Billing runs", "billing:runs", SEE_RUNS),
            ("Corrected bills", "billing:rebills", SEE_ADJUSTMENTS),
            ("Adjustments", "billing:adjustments", SEE_ADJUSTMENTS),
            ("Refunds", "billing:refunds", SEE_REFUNDS),
            ("Averages", "billing:averages", SEE_RUNS),
            ("Cycles", "billing:cycles", SEE_RUNS),
            ("Billing calendar", "billing:this_year", SEE_RUNS),
            ("Master accounts", "billing:masters", SEE_BILLS),
        ),
    ),
    (
        "Meters",
        (
            ("Read exceptions", "metering:exceptions", REVIEW_READS),
            ("Interval alerts", "metering:alerts", REVIEW_READS),
        ),
    ),
    (
        "Collections",
        (
            ("Penalties", "collections:runs", SEE_COLLECTIONS),
            ("Waivers", "collections:waivers", SEE_COLLECTIONS),
            ("Security deposits", "collections:deposits", SEE_COLLECTIONS),
        ),
    ),
    (
        "Money",
        (
            ("Bank deposits", "treasury:deposits", VIEW_DEPOSITS),
            ("Journals", "treasury:journals", VIEW_DEPOSITS),
            ("Partner settlement", "billing:settlements", SEE_RUNS),
            ("Business days", "ledger:days", READ_LEDGER),
            ("Fiscal periods", "ledger:periods", READ_LEDGER),
        ),
    ),
    ("Reports", (("Registers", "reports:registers", READ_REGISTERS), ("Rate studies", "reports:what_if", STUDY_RATES))),
    ("City", (("Tariffs", "rates:tariffs", SEE_RATES),)),
)


@dataclass(frozen=True, slots=True)
class Link:
    """One place in the menu."""

    label: str
    address: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Places of one kind; a group of one place is shown as that place."""

    label: str
    links: tuple[Link, ...]

    @property
    def is_current(self) -> bool:
        """Say whether the page that is shown is in it."""
        return any(link.is_current for link in self.links)


@dataclass(frozen=True, slots=True)
class Frame:
    """What base.html shows around a page; all empty for a stranger but the city."""

    city: str
    home: str = "/"
    search: str = ""
    sought: str = ""
    person: str = ""
    roles: tuple[str, ...] = ()
    menu: tuple[Group, ...] = ()
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
        menu=tuple(_groups(user, path)),
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


def _groups(user: User, path: str) -> list[Group]:
    """Return the places a person may go; the longest address that begins the path is the current one."""
    groups = [
        (label, [(name, reverse(route)) for name, route, needed in places if user.may(needed)])
        for label, places in GROUPS
    ]
    inside = [address for _, places in groups for _, address in places if path.startswith(address)]
    current = max(inside, key=len, default="")
    # The home address begins every path, and is current only on itself.
    if current == reverse("staff:home") != path:
        current = ""
    return [
        Group(label, tuple(Link(name, address, address == current) for name, address in places))
        for label, places in groups
        if places
    ]
