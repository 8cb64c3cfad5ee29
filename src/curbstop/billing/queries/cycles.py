"""Cycles as the office sees them: how many accounts, and the last run."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Q

from curbstop.billing.models import Cycle


@dataclass(frozen=True, slots=True)
class CycleCount:
    """One cycle with its accounts and the day through which its last run billed."""

    code: str
    name: str
    months: int
    accounts: int
    billed_through: date | None


def cycle_counts() -> list[CycleCount]:
    """Return every cycle by code."""
    here = Count("assignments", filter=Q(assignments__ends_on=None), distinct=True)
    through = Max("run_cycles__run__through_on", filter=Q(run_cycles__run__state="released"))
    return [
        CycleCount(cycle.code, cycle.name, cycle.months, cycle.accounts, cycle.through)
        for cycle in Cycle.objects.annotate(accounts=here, through=through).order_by("code")
    ]
