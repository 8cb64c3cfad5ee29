"""In which order a payment is applied to what is owed; the order is data of the city.

An order is a list of steps. Each step takes the items it admits, by age, service and charge, and
sorts them; the payment flows down until it is used up. Lake Mary is one step that sorts by service,
water last; Moses Lake is two, all past due and then all current (rulebook 4.2).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

Axis = Literal["age", "service", "charge", "oldest", "newest", "priority"]
AGES = ("past_due", "current")
STEP_KEYS = frozenset({"ages", "services", "charges", "sort_by"})


class OrderRefused(Exception):
    """The application order of a city is not readable; the message names the step."""


@dataclass(frozen=True, slots=True)
class Payable:
    """As much of an open item as the order looks at, and how many cents may go to it."""

    id: int
    due_on: date
    service: str
    amount_cents: int
    charge: str = "principal"
    priority: int = 0

    def age(self, on: date) -> str:
        """Return ``past_due`` from the day after the due date, else ``current``."""
        return "past_due" if self.due_on < on else "current"


@dataclass(frozen=True, slots=True)
class Step:
    """Which items come now, and how they are sorted; an empty list admits all."""

    ages: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    charges: tuple[str, ...] = ()
    sort_by: tuple[Axis, ...] = ("oldest", "service", "charge")

    def admits(self, item: Payable, *, on: date) -> bool:
        """Tell whether the item belongs to this step."""
        return (
            (not self.ages or item.age(on) in self.ages)
            and (not self.services or item.service in self.services)
            and (not self.charges or item.charge in self.charges)
        )

    def sort_key(self, item: Payable, *, on: date) -> tuple[int, ...]:
        """Return where the item stands within the step; ties go to the older item."""
        places: dict[str, int] = {
            "age": _place(item.age(on), self.ages or AGES),
            "service": _place(item.service, self.services),
            "charge": _place(item.charge, self.charges),
            "oldest": item.due_on.toordinal(),
            "newest": -item.due_on.toordinal(),
            "priority": item.priority,
        }
        return (*(places[axis] for axis in self.sort_by), item.due_on.toordinal(), item.id)


ApplicationOrder = tuple[Step, ...]
# What no step of the city admits is paid last, oldest first: money is never turned away by an order.
REMAINDER = Step(sort_by=("oldest",))


def read_order(steps: Sequence[Mapping[str, Any]]) -> ApplicationOrder:
    """Return the order that a city pack states as a list of mappings with ages, services, charges and sort_by.

    :raises OrderRefused: if a step has an unknown key, age or axis
    """
    order = []
    for number, step in enumerate(steps, start=1):
        if unknown := set(step) - STEP_KEYS:
            raise OrderRefused(f"Step {number}: unknown {', '.join(sorted(unknown))}; expected {sorted(STEP_KEYS)}.")
        values = {key: tuple(step[key]) for key in step}
        _refuse_unknown(number, "age", values.get("ages", ()), AGES)
        _refuse_unknown(number, "axis", values.get("sort_by", ()), get_args(Axis))
        order.append(Step(**values))
    return tuple(order)


def in_order(items: Iterable[Payable], *, order: ApplicationOrder, on: date) -> list[Payable]:
    """Return the items as a payment made on that day reaches them."""
    steps = (*order, REMAINDER)

    def place(item: Payable) -> tuple[int, ...]:
        number = next(number for number, step in enumerate(steps) if step.admits(item, on=on))
        return (number, *steps[number].sort_key(item, on=on))

    return sorted(items, key=place)


def allocate(amount_cents: int, items: Iterable[Payable], *, order: ApplicationOrder, on: date) -> dict[int, int]:
    """Return item id → cents, in the order of application; what exceeds the items is left to the caller."""
    assert amount_cents >= 0, "a payment is not negative"
    shares: dict[int, int] = {}
    for item in in_order(items, order=order, on=on):
        share = min(amount_cents, item.amount_cents)
        if share > 0:
            shares[item.id] = share
            amount_cents -= share
    return shares


def _place(value: str, listed: Sequence[str]) -> int:
    return listed.index(value) if value in listed else len(listed)


def _refuse_unknown(number: int, what: str, values: Iterable[str], known: Iterable[str]) -> None:
    if unknown := set(values) - set(known):
        raise OrderRefused(f"Step {number}: unknown {what} {', '.join(sorted(unknown))}; expected {', '.join(known)}.")
