"""What a late bill costs: a share of what is unpaid, an amount, the greater or the lesser of both.

Gloucester charges the greater of 10 % and $5: $38.20 costs $5.00 and $86.00 costs $8.60. Shenandoah charges the lesser
of 10 % and $10: $140.00 costs $10.00 (rulebook §3.4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from curbstop.foundation.calendar import Calendar
from curbstop.foundation.money import to_cents

Way = Literal["greater", "lesser", "percent", "flat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LateRule:
    """One step of the city's penalty, with the section that sets it; `percent` is 10 for ten percent."""

    step: str = "late"
    way: Way
    percent: Decimal = Decimal(0)
    flat_cents: int = 0
    minimum_cents: int = 0
    cap_cents: int | None = None
    # Less than this unpaid is not worth a penalty.
    owed_cents_min: int = 0
    grace_days: int = 0
    # Business days after the deadline in which payments that were received in time may still be posted.
    wait_business_days: int = 0
    citation: str = ""

    def penalty_on(self, unpaid_cents: int) -> int:
        """Return the penalty on an unpaid amount, in cents."""
        if unpaid_cents <= 0 or unpaid_cents < self.owed_cents_min:
            return 0
        share = to_cents(Decimal(unpaid_cents) / 100 * self.percent / 100)
        cents = {
            "greater": max(share, self.flat_cents),
            "lesser": min(share, self.flat_cents),
            "percent": share,
            "flat": self.flat_cents,
        }[self.way]
        cents = max(cents, self.minimum_cents)
        return cents if self.cap_cents is None else min(cents, self.cap_cents)

    def deadline(self, due_on: date, calendar: Calendar) -> date:
        """Return the last day on which the bill is paid in time: due date and grace, rolled to an open day."""
        return calendar.next_business_day(due_on + timedelta(days=self.grace_days))

    def charged_from(self, due_on: date, calendar: Calendar) -> date:
        """Return the first day on which the penalty may be charged, after the wait for payments on their way."""
        deadline = self.deadline(due_on, calendar)
        return calendar.add_business_days(deadline, self.wait_business_days) + timedelta(days=1)

    def derivation(self, unpaid_cents: int) -> dict[str, Any]:
        """Return what an outsider needs to compute the penalty again."""
        return {
            "step": self.step,
            "way": self.way,
            "percent": str(self.percent),
            "flat_cents": self.flat_cents,
            "minimum_cents": self.minimum_cents,
            "cap_cents": self.cap_cents,
            "base_cents": unpaid_cents,
            "citation": self.citation,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestRule:
    """Simple interest a year of 365 days, on the principal and, in Virginia, on the penalty too (Code §58.1-3916)."""

    percent_yearly: Decimal
    on_penalty: bool = False
    citation: str = ""

    def interest_on(self, cent_days: int) -> int:
        """Return the interest on a sum of cents times days, in cents."""
        return interest_on(cent_days, percent_yearly=self.percent_yearly)


def interest_on(cent_days: int, *, percent_yearly: Decimal) -> int:
    """Return simple interest in cents on so many cents times days: $154.00 at 10 % for 45 days are $1.90."""
    return to_cents(Decimal(cent_days) * percent_yearly / (100 * 365) / 100)


def split_by_share(cents: int, shares: Mapping[int, int]) -> dict[int, int]:
    """Return cents split in proportion to the shares; the parts add up exactly, the largest remainders first."""
    total = sum(shares.values())
    assert total > 0, "what is split has a share to go to"
    parts = {key: cents * share // total for key, share in shares.items()}
    by_remainder = sorted(shares, key=lambda key: (-(cents * shares[key] % total), key))
    for key in by_remainder[: cents - sum(parts.values())]:
        parts[key] += 1
    return {key: part for key, part in parts.items() if part > 0}


def received_on(*, on: date, before_opening: bool, calendar: Calendar) -> date:
    """Return the day a payment counts for: the drop box emptied before the doors open is the day before (§3.4)."""
    if not before_opening:
        return on
    return calendar.previous_business_day(on - timedelta(days=1))
