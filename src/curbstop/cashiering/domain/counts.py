"""The blind count of a drawer by denomination, compared with what the receipts say.

The cashier counts before the program tells what it expects, so a difference is found and not
hidden. Counted less the float less what was receipted is what the drawer is over or short.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


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

    @property
    def cents(self) -> int:
        """Return how far off the count is, either way."""
        return self.over_cents or self.short_cents


class Oversight(StrEnum):
    """What closing with a difference takes; a supervisor or manager is never the cashier of the drawer."""

    NOTHING = "nothing"
    NOTE = "note"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class DifferenceLimits:
    """Above which difference in cents the city wants a note, a supervisor, and a manager."""

    note_over_cents: int
    supervisor_over_cents: int
    manager_over_cents: int

    def oversight_of(self, cents: int) -> Oversight:
        """Return what closing with this difference takes."""
        if cents > self.manager_over_cents:
            return Oversight.MANAGER
        if cents > self.supervisor_over_cents:
            return Oversight.SUPERVISOR
        return Oversight.NOTE if cents > self.note_over_cents else Oversight.NOTHING

    def limit_of(self, oversight: Oversight) -> int:
        """Return the limit in cents above which this oversight begins."""
        limits = {
            Oversight.NOTE: self.note_over_cents,
            Oversight.SUPERVISOR: self.supervisor_over_cents,
            Oversight.MANAGER: self.manager_over_cents,
        }
        return limits.get(oversight, 0)


def count_cents(pieces: Mapping[int, int]) -> int:
    """Return the value of a count given as pieces by face value in cents.

    >>> count_cents({10000: 3, 2000: 41, 25: 61})
    113525
    """
    assert all(face > 0 and number >= 0 for face, number in pieces.items())
    return sum(face * number for face, number in pieces.items())


def difference(*, expected_cents: int, counted_cents: int) -> DrawerDifference:
    """Return how much a drawer is over or short against its receipts."""
    gap = counted_cents - expected_cents
    return DrawerDifference(over_cents=max(gap, 0), short_cents=max(-gap, 0))
