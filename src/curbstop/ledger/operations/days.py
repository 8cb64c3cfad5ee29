"""Opening and closing the office's day: one at a time, by a person, whatever the clock says."""

from datetime import date, datetime

from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.ledger.models import BusinessDay
from curbstop.ledger.queries import is_open_on


class DayRefused(Exception):
    """The business day was not opened or closed; the message says why."""


@transaction
def open_business_day(*, day: date, by: User, at: datetime) -> BusinessDay:
    """Open a business day; from now on it is the office's day. Whether the city works on it, a room above asks.

    :raises DayRefused: if another day is open, this one or a later one was opened before, or its period is not open
    """
    if not is_open_on(day):
        raise DayRefused(f"{day} lies in no open fiscal period.")
    another = DayRefused("A business day is open already. Close it first.")
    before = DayRefused(f"The business day {day} was opened before; a day is worked once.")
    backward = DayRefused(f"A later day than {day} was opened before; the days of the office go forward.")
    with (
        refused_by("one_open_business_day", another),
        refused_by("ledger_businessday_day_key", before),
        refused_by("business_day_goes_forward", backward),
    ):
        opened = BusinessDay.objects.create(day=day, opened_at=at, opened_by=by)
    audit.record(actor=by, event="ledger.business_day.opened", subject=f"ledger.business_day:{day}", at=at)
    return opened


@transaction
def close_business_day(*, day: date, by: User, at: datetime) -> BusinessDay:
    """Close the open business day.

    A room above may keep the day open with a trigger of the name `business_day_has_open_work`, as the counter does.

    :raises DayRefused: if this day is not open, or something of it still is
    """
    opened = BusinessDay.objects.select_for_update().filter(day=day, closed_at=None).first()
    if opened is None:
        raise DayRefused(f"The business day {day} is not open.")
    opened.closed_at = at
    with refused_by("business_day_has_open_work", DayRefused("A drawer of this day is still open. Close it first.")):
        opened.save(update_fields=["closed_at"])
    audit.record(actor=by, event="ledger.business_day.closed", subject=f"ledger.business_day:{day}", at=at)
    return opened
