"""The counts of a drawer, each beside what it was compared with, and what closing by the last one takes."""

from dataclasses import dataclass

from django.db.models import Count

from curbstop.cashiering import permissions
from curbstop.cashiering.domain.counts import DrawerDifference, Oversight, difference
from curbstop.cashiering.models import Drawer, DrawerCount, Receipt
from curbstop.cashiering.queries.rules import difference_limits, recounts_max
from curbstop.foundation.access.models import User
from curbstop.foundation.money import format_cents


@dataclass(frozen=True, slots=True)
class CountRow:
    """A stored count beside what was expected then, in cents; shown only once the count is stored."""

    attempt: int
    cash_cents: int
    check_cents: int
    expected_cents: int
    found: DrawerDifference
    is_stale: bool


@dataclass(frozen=True, slots=True)
class ClosingTerms:
    """What closing by a count takes: its difference in words, the oversight and the limit it is above, in cents."""

    difference: str
    oversight: Oversight
    limit_cents: int

    @property
    def needs_note(self) -> bool:
        """Tell whether a note must say why the drawer is off."""
        return self.oversight is not Oversight.NOTHING

    def may_be_met_by(self, person: User, *, drawer: Drawer) -> bool:
        """Tell whether this person may close the drawer: above the limits only a second person in their role."""
        wanted = {
            Oversight.SUPERVISOR: permissions.CLOSE_WITH_DIFFERENCE,
            Oversight.MANAGER: permissions.CLOSE_WITH_LARGE_DIFFERENCE,
        }.get(self.oversight)
        return wanted is None or (person.pk != drawer.cashier_id and person.may(wanted))


def movements_of(drawer: Drawer) -> int:
    """Return how many receipts and voids a drawer has seen; a count is stale once this has grown."""
    seen = Receipt.objects.filter(drawer=drawer).aggregate(receipts=Count("pk"), voids=Count("void"))
    return int(seen["receipts"] + seen["voids"])


def recounts_left(drawer: Drawer) -> int:
    """Return how often a drawer may still be counted; money that moves begins a new round of counts."""
    counted = drawer.counts.filter(movements=movements_of(drawer)).count()
    return max(1 + recounts_max(drawer.business_day) - counted, 0)


def counts_of(drawer: Drawer) -> list[CountRow]:
    """Return the counts of a drawer in order, each with the difference that was found then."""
    movements = movements_of(drawer)
    return [
        CountRow(
            attempt=count.attempt,
            cash_cents=count.cash_cents,
            check_cents=count.check_cents,
            expected_cents=count.expected_cents,
            found=difference_of(count),
            is_stale=count.movements != movements,
        )
        for count in drawer.counts.order_by("attempt")
    ]


def difference_of(count: DrawerCount) -> DrawerDifference:
    """Return how far a count is from what was expected when it was taken."""
    return difference(expected_cents=count.expected_cents, counted_cents=count.cash_cents + count.check_cents)


def closing_terms(drawer: Drawer, found: DrawerDifference) -> ClosingTerms:
    """Return what closing a drawer with this difference takes, by the city's limits of its day."""
    limits = difference_limits(drawer.business_day)
    oversight = limits.oversight_of(found.cents)
    word = "over" if found.over_cents else "short"
    return ClosingTerms(f"{format_cents(found.cents)} {word}", oversight, limits.limit_of(oversight))
