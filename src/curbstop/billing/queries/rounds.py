"""The round of reading behind a run: its counts close, and what is missing is named (rulebook §1.6).

A missing meter is not settled, so its service is held by name in the run, and the run cannot be released without it.
"""

from curbstop.billing.models import Bill, BillingRun, Disposition, DraftBill
from curbstop.metering.queries.rounds import Round, round_frame, round_of
from curbstop.ordinances.queries import value_on

PERIOD_DAYS_MIN = "billing.period_days_min"


def round_of_run(run: BillingRun) -> Round:
    """Return what became of the meters of the services that a run bills, holds or exempts."""
    accounts = set(Disposition.objects.filter(run=run).values_list("account_id", flat=True))
    accounts |= set(DraftBill.objects.filter(run=run).values_list("account_id", flat=True))
    accounts |= set(Bill.objects.filter(run=run).values_list("account_id", flat=True))
    days_min = value_on(PERIOD_DAYS_MIN, run.through_on).number
    return round_of(round_frame(sorted(accounts), through=run.through_on, days_min=days_min))
