"""What a wrong meter should have counted on bills that went out, no further back than the city allows.

120 units by a meter 4.2 % fast are 115.16, and 4.84 are given back (WX-1.5f). A meter that stood still is billed what
was used a day before it stopped. A bill that lies partly in the window is corrected by its days in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

FOUR_PLACES = Decimal("0.0001")
HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class MeteredPeriod:
    """What one bill charged a meter's agreement for."""

    bill_number: int
    starts_on: date
    ends_on: date
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class CorrectedPeriod:
    """A period with what was registered in the window, what is right for it, and how that is reckoned."""

    period: MeteredPeriod
    inside: Decimal
    right: Decimal
    how: str

    @property
    def change(self) -> Decimal:
        """Return the units that the bill should have charged more (less, if it is negative)."""
        return self.right - self.inside


Reckon = Callable[[Fraction, int], tuple[Fraction, str]]


def correct_periods(
    periods: Sequence[MeteredPeriod], *, since: date, until: date, reckon: Reckon
) -> tuple[CorrectedPeriod, ...]:
    """Return each period that lies in the window with its right quantity, four decimals, by `reckon(units, days)`."""
    found = []
    for period in periods:
        days = (min(period.ends_on, until) - max(period.starts_on, since)).days
        if days <= 0:
            continue
        inside = Fraction(period.quantity) * days / (period.ends_on - period.starts_on).days
        right, how = reckon(inside, days)
        found.append(CorrectedPeriod(period, _rounded(inside), _rounded(right), how))
    return tuple(found)


def by_error(error_percent: Fraction, true_volume: Callable[[Fraction, Fraction], Fraction]) -> Reckon:
    """Return how a tested meter is corrected: registered ÷ (1 + error), and not registered × (1 − error)."""
    divisor = _decimal(1 + error_percent / 100)

    def reckon(inside: Fraction, days: int) -> tuple[Fraction, str]:
        del days
        return true_volume(inside, error_percent), f"{_plain(inside)} ÷ {divisor.normalize():f}"

    return reckon


def by_daily_use(per_day: Fraction) -> Reckon:
    """Return how a stopped meter is corrected: what was used a day before, and never less than it registered."""

    def reckon(inside: Fraction, days: int) -> tuple[Fraction, str]:
        return max(per_day * days, inside), f"{_plain(per_day)} a day × {days} days"

    return reckon


def _rounded(value: Fraction) -> Decimal:
    return _decimal(value).quantize(FOUR_PLACES, ROUND_HALF_UP)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def _plain(value: Fraction) -> str:
    return f"{_decimal(value).quantize(HUNDREDTH, ROUND_HALF_UP).normalize():f}"
