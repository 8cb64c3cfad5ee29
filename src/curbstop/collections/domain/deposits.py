"""Security deposits: how much, what it earns, and when it goes back (rulebook §1.4).

Two months of an average bill of $86.40 are $172.80, which an ordinance may round up to $175.00.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from curbstop.collections.domain.accruing import cent_days, interest_days, standing_moves
from curbstop.collections.domain.late_charges import interest_on
from curbstop.foundation.money import to_cents
from curbstop.foundation.periods import add_months

AmountWay = Literal["months_of_average", "class_flat", "months_of_assumed_use"]
MONTH_DAYS = Decimal(365) / 12


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountRule:
    """How much a deposit is: months of charges, or an amount by class; rounded up to a whole multiple."""

    way: AmountWay
    months: Decimal = Decimal(0)
    flat_cents: int = 0
    # A month's charges at the use that the city assumes of who has no history.
    assumed_month_cents: int = 0
    round_up_to_cents: int = 1
    citation: str = ""

    def amount(self, average_month_cents: int | None) -> int | None:
        """Return the deposit in cents, or None if the rule needs bills and there are none."""
        if self.way == "class_flat":
            exact = Decimal(self.flat_cents)
        elif self.way == "months_of_assumed_use" or average_month_cents is None:
            if not self.assumed_month_cents:
                return None
            exact = self.months * self.assumed_month_cents
        else:
            exact = self.months * average_month_cents
        cents = to_cents(exact / 100)
        return -(-cents // self.round_up_to_cents) * self.round_up_to_cents

    def derivation(self, average_month_cents: int | None) -> dict[str, Any]:
        """Return what an outsider needs to compute the amount again."""
        return {
            "way": self.way,
            "months": str(self.months),
            "flat_cents": self.flat_cents,
            "average_month_cents": average_month_cents,
            "assumed_month_cents": self.assumed_month_cents,
            "round_up_to_cents": self.round_up_to_cents,
            "citation": self.citation,
        }


def average_month(bills: Sequence[tuple[int, int]]) -> int | None:
    """Return the average charges of a month in cents, from bills as (days, cents); None without a bill."""
    months = sum(max(1, round(Decimal(days) / MONTH_DAYS)) for days, _ in bills)
    if not months:
        return None
    return to_cents(Decimal(sum(cents for _, cents in bills)) / 100 / months)


def deposit_interest(paid: list[tuple[date, int]], *, through: date, percent_yearly: Decimal) -> int:
    """Return simple interest on a deposit from the day after each payment: $150.00 at 2 % for 391 days are $3.21."""
    if not paid or percent_yearly <= 0:
        return 0
    first, ends_on = interest_days(since=min(day for day, _ in paid), through=through)
    if ends_on <= first:
        return 0
    import polars as pl

    span = pl.DataFrame({"key": [0], "starts_on": [first], "ends_on": [ends_on]})
    (total,) = cent_days(standing_moves(0, paid), span)["cent_days"].to_list() or (0,)
    return interest_on(total, percent_yearly=percent_yearly)


def good_months(*, since: date, breaches: Sequence[date], on: date) -> int:
    """Return the whole months without a breach: any breach sets the counter to zero on its day."""
    start = max([since, *(day for day in breaches if day <= on)])
    months = max(0, (on.year - start.year) * 12 + on.month - start.month)
    while months and add_months(start, months) > on:
        months -= 1
    return months


def eligible_on(*, since: date, breaches: Sequence[date], months: int) -> date:
    """Return the day on which the deposit may go back if nothing is breached any more."""
    return add_months(max([since, *breaches]), months)


def increase_due(*, base_cents: int, held_cents: int, breaches: int, allowed: int, factor: Decimal) -> int:
    """Return by how much the deposit grows after too many late bills: the second one doubles it at Lake Wales."""
    if allowed <= 0 or breaches < allowed:
        return 0
    return max(0, to_cents(Decimal(base_cents) * factor / 100) - held_cents)
