"""Payment plans: an amount in installments that add up to it, and whether they were kept (rulebook §5.3).

$309.28 in three is 103.09, 103.09 and 103.10: the last installment takes the remainder, so that no cent is lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from curbstop.foundation.periods import add_months


@dataclass(frozen=True, slots=True)
class Installment:
    """One payment of a plan."""

    number: int
    due_on: date
    amount_cents: int


def schedule(*, financed_cents: int, installments: int, first_due_on: date) -> tuple[Installment, ...]:
    """Return monthly installments that add up to what is financed; the last one absorbs the rounding."""
    assert 0 < installments <= financed_cents, "every installment has at least a cent"
    each = financed_cents // installments
    amounts = [each] * (installments - 1) + [financed_cents - each * (installments - 1)]
    return tuple(
        Installment(number, add_months(first_due_on, number - 1), cents)
        for number, cents in enumerate(amounts, start=1)
    )


def behind_cents(plan: Sequence[Installment], *, paid_cents: int, on: date, grace_days: int) -> int:
    """Return what of the installments is unpaid after their grace; above zero the plan is broken."""
    due = sum(each.amount_cents for each in plan if each.due_on + timedelta(days=grace_days) < on)
    return max(0, due - paid_cents)
