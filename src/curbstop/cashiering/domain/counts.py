"""The blind count of a drawer by denomination, compared with what the receipts say.

The cashier counts before the program tells what it expects, so a difference is found and not
hidden. Counted less the float less what was receipted is what the drawer is over or short.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DrawerExpectation:
    """What a drawer should hold, in cents: the float, kept cash and kept checks, without voids."""

    float_cents: int
    cash_cents: int
    check_cents: int

    @property
    def total_cents(self) -> int:
        """Return all that the drawer should hold."""
        return self.float_cents + self.cash_cents + self.check_cents


@dataclass(frozen=True, slots=True)
class DrawerDifference:
    """How far a count is from the receipts, in cents; exactly one side is positive, or none."""

    over_cents: int
    short_cents: int


def count_cents(pieces: Mapping[int, int]) -> int:
    """Return the value of a count given as pieces by face value in cents.

    >>> count_cents({10000: 3, 2000: 41, 25: 61})
    113525
    """
    assert all(face > 0 and number >= 0 for face, number in pieces.items())
    return sum(face * number for face, number in pieces.items())


def difference(expected: DrawerExpectation, *, counted_cash_cents: int, counted_check_cents: int) -> DrawerDifference:
    """Return how much a drawer is over or short against its receipts."""
    counted = counted_cash_cents + counted_check_cents
    should_be = expected.total_cents
    return DrawerDifference(over_cents=max(counted - should_be, 0), short_cents=max(should_be - counted, 0))
