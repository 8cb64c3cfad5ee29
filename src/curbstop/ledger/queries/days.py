"""Which day the office has, and whether a day may be posted to."""

from datetime import date

from django.db.models import QuerySet

from curbstop.foundation.access.models import User
from curbstop.ledger.models import BusinessDay, FiscalPeriod
from curbstop.ledger.permissions import READ_LEDGER


class NoOpenBusinessDay(Exception):
    """Nobody opened a business day."""


def current_business_day() -> date:
    """Return the day that a person opened and nobody closed.

    :raises NoOpenBusinessDay: if there is none
    """
    day = BusinessDay.objects.filter(closed_at=None).values_list("day", flat=True).first()
    if day is None:
        raise NoOpenBusinessDay("No business day is open. A supervisor opens the day first.")
    return day


def day_or_today(today: date) -> date:
    """Return the open business day, for a page that only shows; today while the office is closed."""
    try:
        return current_business_day()
    except NoOpenBusinessDay:
        return today


def latest_business_day() -> date | None:
    """Return the last day that was opened, whether it is still open or not."""
    return BusinessDay.objects.order_by("-day").values_list("day", flat=True).first()


def is_open_on(day: date) -> bool:
    """Tell whether entries may carry this day: it lies in an open fiscal period."""
    return FiscalPeriod.objects.filter(starts_on__lte=day, ends_on__gt=day, closed_at=None).exists()


def days_visible_to(user: User) -> QuerySet[BusinessDay]:
    """Return the business days a person may see, newest first."""
    days = BusinessDay.objects.select_related("opened_by").order_by("-day")
    return days if user.may(READ_LEDGER) else days.none()


def periods_visible_to(user: User) -> QuerySet[FiscalPeriod]:
    """Return the fiscal periods a person may see, newest first."""
    periods = FiscalPeriod.objects.select_related("closed_by").order_by("-starts_on")
    return periods if user.may(READ_LEDGER) else periods.none()
