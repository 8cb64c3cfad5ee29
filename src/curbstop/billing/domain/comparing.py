"""Why a bill is not what the last one was: the difference in cents, split over its causes without a remainder.

Last time's segments are priced again by the engine with one cause after the other replaced by this time's, always in
this order: days, use, rate, what else the rate asks (class, meter, units). Fourteen CCF in 61 days after ten in 60 are
priced as 10 in 60, 10 in 61, 14 in 61 and 14 in 61 at the new rate; each step is one part, so the parts add up.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import polars as pl

from curbstop.billing.domain.charges import charge
from curbstop.rates.domain.schedule import Schedule

# One row a segment that a bill charged, as it was priced then; `inputs` is JSON text, `cents` what it came to.
BILLED_SCHEMA: Final[dict[str, Any]] = {
    "bill": pl.Int64,
    "account_id": pl.Int64,
    "agreement_id": pl.Int64,
    "usage_id": pl.Int64,
    "service_id": pl.Int64,
    "schedule_version_id": pl.Int64,
    "customer_class": pl.String,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "days": pl.Int64,
    "quantity": pl.Decimal(38, 8),
    "unit": pl.String,
    "meter_size": pl.String,
    "inputs": pl.String,
    "cents": pl.Int64,
}
# What a part of a split period says of the whole: it belongs to the dates, not to the customer.
OF_PERIOD: Final = ("period_days", "days_before", "period_starts_on", "period_ends_on", "starts_on", "ends_on")


class Cause(StrEnum):
    """Why a part of the difference is there, in the order in which it is worked out."""

    DAYS = "days"
    USE = "use"
    RATE = "rate"
    SERVICE = "service"
    OTHER = "other"
    CARRY_OVER = "carry_over"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Money:
    """What a bill asked for: its charges, and the balance that it carried over, corrections in it apart."""

    number: int
    total_cents: int
    carried_cents: int
    corrected_cents: int = 0

    @property
    def due_cents(self) -> int:
        """Return what was due with the bill."""
        return self.total_cents + self.carried_cents


@dataclass(frozen=True, slots=True)
class Part:
    """One cause and its cents; `was` and `now` say what changed, where numbers tell it."""

    cause: Cause
    cents: int
    was: Decimal | None = None
    now: Decimal | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """The whole difference to the last bill, and its parts; a part of nothing is left out."""

    number: int
    last_number: int
    was_cents: int
    now_cents: int
    parts: tuple[Part, ...]

    @property
    def cents(self) -> int:
        """Return by how much more is due than last time."""
        return self.now_cents - self.was_cents


@dataclass(slots=True)
class _Chain:
    """The steps from one agreement's last charges to its present ones: known cents, or a row to be priced."""

    was_cents: int
    now_cents: int
    steps: list[tuple[Cause, list[dict[str, Any]]]] = field(default_factory=list)


def changes(
    pairs: Iterable[tuple[Money, Money]], billed: pl.DataFrame, schedules: Mapping[int, Schedule]
) -> list[Change]:
    """Split the difference of each pair of bills, last and this; all of them are priced as one batch.

    `billed`: the segments of all these bills (`BILLED_SCHEMA`); `schedules`: every version that one of them names.
    """
    of_bill: dict[int, dict[int, list[dict[str, Any]]]] = {}
    for row in billed.sort("bill", "agreement_id", "starts_on", "ends_on").to_dicts():
        of_bill.setdefault(row["bill"], {}).setdefault(row["agreement_id"], []).append(row)
    chains: list[tuple[int, _Chain]] = []
    totals: list[dict[Cause, int]] = []
    known = list(pairs)
    for place, (last, this) in enumerate(known):
        before, after = of_bill.get(last.number, {}), of_bill.get(this.number, {})
        totals.append(_of_balance(last, this) | {Cause.SERVICE: _of_services(before, after)})
        both = sorted(before.keys() & after.keys())
        chains.extend((place, _chain(before[each], after[each])) for each in both)
    for (place, chain), cents in zip(chains, _priced([chain for _, chain in chains], schedules), strict=True):
        for cause, amount in _differences(chain, cents):
            totals[place][cause] = totals[place].get(cause, 0) + amount
    return [_change(last, this, cents, of_bill) for (last, this), cents in zip(known, totals, strict=True)]


def _of_balance(last: Money, this: Money) -> dict[Cause, int]:
    carried = this.carried_cents - last.carried_cents
    corrected = this.corrected_cents - last.corrected_cents
    return {Cause.CARRY_OVER: carried - corrected, Cause.CORRECTION: corrected}


def _of_services(before: Mapping[int, list[dict[str, Any]]], after: Mapping[int, list[dict[str, Any]]]) -> int:
    """Return what services that began cost, less what those that ended did."""
    began = sum(_cents(after[each]) for each in after.keys() - before.keys())
    return began - sum(_cents(before[each]) for each in before.keys() - after.keys())


def _cents(segments: Sequence[Mapping[str, Any]]) -> int:
    return sum(int(each["cents"]) for each in segments)


def _chain(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> _Chain:
    """Return the states between two bills of one agreement, each with the cause that leads to it."""
    chain = _Chain(_cents(before), _cents(after))
    last, this = _whole(before), _whole(after)
    versions = {each["schedule_version_id"] for each in before}
    chain.steps.append((Cause.RATE if len(versions) > 1 else Cause.OTHER, [last]))
    days = last | {"days": this["days"]}
    chain.steps.append((Cause.DAYS, [days]))
    chain.steps.append((Cause.USE, [days | {"quantity": this["quantity"], "unit": this["unit"]}]))
    asked = {"customer_class": last["customer_class"], "meter_size": last["meter_size"]}
    chain.steps.append(
        (Cause.RATE, [each | asked | {"inputs": _inputs(each["inputs"], last["inputs"])} for each in after])
    )
    return chain


def _whole(segments: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the segments of a bill as one, at the rate of the last of them."""
    if len(segments) == 1:
        return segments[0]
    quantities = [each["quantity"] for each in segments if each["quantity"] is not None]
    inputs = {name: said for name, said in json.loads(segments[-1]["inputs"]).items() if name not in OF_PERIOD}
    return segments[-1] | {
        "starts_on": segments[0]["starts_on"],
        "days": sum(each["days"] for each in segments),
        "quantity": sum(quantities, Decimal(0)) if quantities else None,
        "inputs": json.dumps(inputs),
    }


def _inputs(this: str, last: str) -> str:
    """Return last time's inputs with what this time's say of the period."""
    inputs = {name: said for name, said in json.loads(last).items() if name not in OF_PERIOD}
    return json.dumps(inputs | {name: said for name, said in json.loads(this).items() if name in OF_PERIOD})


def _priced(chains: Sequence[_Chain], schedules: Mapping[int, Schedule]) -> list[list[int | None]]:
    """Return for each chain the cents of each of its steps; nothing where a rate refuses the state."""
    rows, places = [], []
    for number, chain in enumerate(chains):
        for step, (_, segments) in enumerate(chain.steps):
            rows += segments
            places += [(number, step)] * len(segments)
    found: list[list[int | None]] = [[0] * len(chain.steps) for chain in chains]
    if not rows:
        return found
    # The row's own number stands for the account and the agreement, so that each is priced by itself.
    states = pl.DataFrame(rows, schema=BILLED_SCHEMA).with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).alias(name) for name in ("account_id", "agreement_id")
    )
    cents = dict.fromkeys(range(states.height), None) | dict(
        charge(states, schedules, {}).lines.group_by("agreement_id").agg(pl.col("amount_cents").sum()).iter_rows()
    )
    for row, (number, step) in enumerate(places):
        so_far, amount = found[number][step], cents[row]
        found[number][step] = None if so_far is None or amount is None else so_far + int(amount)
    return found


def _differences(chain: _Chain, cents: Sequence[int | None]) -> Iterable[tuple[Cause, int]]:
    """Yield each step's difference; what a state that cannot be priced would show falls to the one after it."""
    reached = chain.was_cents
    for (cause, _), amount in zip(chain.steps, cents, strict=True):
        if amount is not None:
            yield cause, amount - reached
            reached = amount
    yield Cause.OTHER, chain.now_cents - reached


def _change(
    last: Money, this: Money, cents: Mapping[Cause, int], of_bill: Mapping[int, Mapping[int, list[dict[str, Any]]]]
) -> Change:
    told = {Cause.DAYS: _days, Cause.USE: _use}
    parts = []
    for cause in Cause:
        if cents.get(cause):
            was, now = ((told[cause](of_bill[each.number]) if cause in told else (None, "")) for each in (last, this))
            parts.append(Part(cause, cents[cause], was[0], now[0], now[1]))
    return Change(this.number, last.number, last.due_cents, this.due_cents, tuple(parts))


def _days(segments: Mapping[int, list[dict[str, Any]]]) -> tuple[Decimal | None, str]:
    longest = max((sum(each["days"] for each in rows) for rows in segments.values()), default=None)
    return None if longest is None else Decimal(longest), "day"


def _use(segments: Mapping[int, list[dict[str, Any]]]) -> tuple[Decimal | None, str]:
    """Return the use of the agreements that have a meter of their own, where all count in one unit."""
    metered = [each for rows in segments.values() for each in rows if each["usage_id"] and each["quantity"] is not None]
    by_usage = {(each["usage_id"], each["starts_on"]): (each["quantity"], each["unit"]) for each in metered}
    units = {unit for _, unit in by_usage.values()}
    if len(units) != 1:
        return None, ""
    return sum((quantity for quantity, _ in by_usage.values()), Decimal(0)), units.pop()
