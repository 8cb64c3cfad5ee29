"""Averages in force that no longer say what they should: a leak credit of their window was posted since (§2.4)."""

from dataclasses import dataclass

from curbstop.billing.domain.average_policies import read_policy
from curbstop.billing.domain.averages import window_before
from curbstop.billing.models import Adjustment, AverageSet
from curbstop.billing.queries.leaks import REASON

ACCOUNTS_NAMED = 5


@dataclass(frozen=True, slots=True)
class StaleAverages:
    """A computation that has to be done again, and whose bills were credited since."""

    average_set: AverageSet
    accounts: tuple[str, ...]

    def __str__(self) -> str:
        """Return the notice for whoever computes averages."""
        named = ", ".join(self.accounts[:ACCOUNTS_NAMED])
        more = len(self.accounts) - ACCOUNTS_NAMED
        others = f" and {more:,} more" if more > 0 else ""
        return f"Compute {self.average_set} again: a leak was credited since on account {named}{others}."


def stale_averages() -> list[StaleAverages]:
    """Return the computations that price now and were made before a leak credit of their window was posted."""
    in_force = AverageSet.objects.filter(approved_at__isnull=False, averages__superseded_at=None).distinct()
    found = []
    for each in in_force:
        policy = read_policy(each.rule)
        first, last = window_before(policy, each.starts_on)
        given = Adjustment.objects.filter(
            kind="credit", reverses=None, reversal=None, at__gt=each.proposed_at, request__reason=REASON,
            request__bill__cancelled_at=None, request__bill__starts_on__lt=last, request__bill__ends_on__gt=first,
        )  # fmt: skip
        numbers = given.order_by("account__number").values_list("account__number", flat=True).distinct()
        if accounts := tuple(numbers):
            found.append(StaleAverages(each, accounts))
    return found
