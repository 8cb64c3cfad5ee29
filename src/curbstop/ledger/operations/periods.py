"""Opening fiscal periods and closing them for good."""

from datetime import date, datetime

from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.ledger.models import BusinessDay, FiscalPeriod


class PeriodRefused(Exception):
    """The fiscal period was not opened or closed; the message says why."""


@transaction
def open_period(*, starts_on: date, ends_on: date, by: User, at: datetime) -> FiscalPeriod:
    """Open the period from ``starts_on`` to the day before ``ends_on``.

    :raises PeriodRefused: if it has no days or shares one with another period
    """
    no_days = PeriodRefused("A fiscal period ends after it starts.")
    apart = PeriodRefused(f"{starts_on} to {ends_on} shares days with another fiscal period.")
    with refused_by("fiscal_period_has_days", no_days), refused_by("fiscal_periods_apart", apart):
        period = FiscalPeriod.objects.create(starts_on=starts_on, ends_on=ends_on)
    audit.record(actor=by, event="ledger.period.opened", subject=f"ledger.period:{starts_on}", at=at)
    return period


@transaction
def close_period(*, starts_on: date, by: User, at: datetime) -> FiscalPeriod:
    """Close the period for good, after every entry that is being posted to it.

    :raises PeriodRefused: if there is no such open period, or a business day in it is open
    """
    # Writers hold FOR SHARE on this row until they commit (trigger ledger_entry_admitted).
    period = FiscalPeriod.objects.select_for_update().filter(starts_on=starts_on, closed_at=None).first()
    if period is None:
        raise PeriodRefused(f"No open fiscal period starts on {starts_on}.")
    working = BusinessDay.objects.filter(day__gte=period.starts_on, day__lt=period.ends_on, closed_at=None).first()
    if working is not None:
        raise PeriodRefused(f"The business day {working.day} is still open. Close it first.")
    period.closed_at = at
    period.closed_by = by
    period.save(update_fields=["closed_at", "closed_by"])
    audit.record(actor=by, event="ledger.period.closed", subject=f"ledger.period:{starts_on}", at=at)
    return period
