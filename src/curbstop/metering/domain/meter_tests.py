"""A meter that was tested and found wrong: what went through it, and how far back that is corrected.

120 units registered by a meter 4.2 % fast are 115.16; dividing is right and multiplying by 0.958 is not, for it would
give back 5.04 in place of 4.84 (rulebook §1.5, WX-1.5f).
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRules:
    """A city's rules of meter tests: the tolerance, and the months that are corrected either way."""

    tolerance_percent: Fraction
    fast_months_max: int
    slow_months_max: int


def true_volume(registered: Fraction, error_percent: Fraction) -> Fraction:
    """Return what went through a meter that registers too much by a percentage (too little, if it is negative)."""
    assert error_percent > -PERCENT, "a meter that registers nothing has stopped: it has no error to divide by"
    return registered / (1 + error_percent / PERCENT)


def is_out_of_tolerance(error_percent: Fraction, rules: TestRules) -> bool:
    """Tell whether the error is more than the city tolerates; then the fee of the test is given back."""
    return abs(error_percent) > rules.tolerance_percent


def corrected_since(*, found_on: date, error_percent: Fraction, rules: TestRules) -> date | None:
    """Return the first day whose use is corrected after a test; None within the tolerance."""
    if not is_out_of_tolerance(error_percent, rules):
        return None
    return months_before(found_on, rules.fast_months_max if error_percent > 0 else rules.slow_months_max)


def back_billed_since(*, stopped_on: date, found_on: date, months_max: int) -> date:
    """Return the first day that may be back-billed for a meter which had stopped: no further than the city allows."""
    return max(stopped_on, months_before(found_on, months_max))


def months_before(day: date, months: int) -> date:
    """Return the same day some months earlier; the 31st of a shorter month is its last day."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)  # noqa: PLR2004 - December is followed by January
    return date(year, month + 1, min(day.day, (following - date.resolution).day))
