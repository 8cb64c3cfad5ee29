"""In which order a payment is applied to what is owed; the order is data of the city.

An order is a list of steps. Each step takes the items it admits, by age, service and charge, and
sorts them; the payment flows down until it is used up. Lake Mary is one step that sorts by service,
water last; Moses Lake is two, all past due and then all current (rulebook 4.2). A step may name parties, each a list
of services: a payment that does not cover what is due on one day is split between them by what each is owed, and the
last takes the remainder: $100.00 on $121.40 and $58.60 is $67.44 and $32.56 (joint bills, rulebook 1.7, WX-1.7b).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

Axis = Literal["age", "service", "charge", "oldest", "newest", "priority"]
AGES = ("past_due", "current")
STEP_KEYS = frozenset({"ages", "services", "charges", "sort_by", "parties"})
# How the services of one party are written in a list of words.
PARTY_SEPARATOR = "+"


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
    parties: tuple[tuple[str, ...], ...] = ()

    def party(self, item: Payable) -> int:
        """Return whose the item is; what no party claims is the first one's, the city's own."""
        return next((place for place, services in enumerate(self.parties) if item.service in services), 0)

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
        values: dict[str, Any] = {key: tuple(step[key]) for key in step}
        values["parties"] = _parties(number, values.get("parties", ()))
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
    for step, group in _groups(in_order(items, order=order, on=on), order=order, on=on):
        owed = sum(item.amount_cents for item in group)
        paid = _paid(min(amount_cents, owed), group, step)
        shares |= {item_id: cents for item_id, cents in paid.items() if cents > 0}
        amount_cents -= sum(paid.values())
    return shares


def _groups(ordered: Sequence[Payable], *, order: ApplicationOrder, on: date) -> Iterable[tuple[Step, list[Payable]]]:
    """Return the items in order, those that one step splits between parties on one due date together."""
    steps = (*order, REMAINDER)
    groups: dict[tuple[int, int], tuple[Step, list[Payable]]] = {}
    for item in ordered:
        number = next(number for number, step in enumerate(steps) if step.admits(item, on=on))
        key = (number, item.due_on.toordinal()) if steps[number].parties else (-1 - item.id, 0)
        groups.setdefault(key, (steps[number], []))[1].append(item)
    return groups.values()


def _paid(amount_cents: int, group: Sequence[Payable], step: Step) -> dict[int, int]:
    """Split an amount between the parties of a group, and within each by order; no cent is lost or made."""
    owed: dict[int, int] = {}
    for item in group:
        party = step.party(item)
        owed[party] = owed.get(party, 0) + item.amount_cents
    parts = split_by_share(amount_cents, [owed[party] for party in sorted(owed)])
    left = dict(zip(sorted(owed), parts, strict=True))
    paid: dict[int, int] = {}
    for item in group:
        party = step.party(item)
        paid[item.id] = min(left[party], item.amount_cents)
        left[party] -= paid[item.id]
    return paid


def split_by_share(amount_cents: int, owed: Sequence[int]) -> list[int]:
    """Split an amount in proportion to what each is owed, half up to the cent; the last takes the remainder.

    No share is above what is owed: the sum of the amounts still owed after each one bounds what is left.
    """
    total = sum(owed)
    assert 0 <= amount_cents <= total, "a share is of what is owed together"
    parts, left, behind = [], amount_cents, total
    for cents in owed:
        behind -= cents
        part = (2 * amount_cents * cents + total) // (2 * total) if behind and total else left
        part = max(min(part, left, cents), left - behind)
        parts.append(part)
        left -= part
    return parts


def _place(value: str, listed: Sequence[str]) -> int:
    return listed.index(value) if value in listed else len(listed)


def _refuse_unknown(number: int, what: str, values: Iterable[str], known: Iterable[str]) -> None:
    if unknown := set(values) - set(known):
        raise OrderRefused(f"Step {number}: unknown {what} {', '.join(sorted(unknown))}; expected {', '.join(known)}.")


def _parties(number: int, listed: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    parties = tuple(tuple(word.strip() for word in party.split(PARTY_SEPARATOR)) for party in listed)
    named = [service for party in parties for service in party]
    if len(named) != len(set(named)) or "" in named:
        raise OrderRefused(f"Step {number}: each party is services joined by +, and a service belongs to one party.")
    return parties
