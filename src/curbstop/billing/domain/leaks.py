"""A leak credit, worked out: the baseline, the excess over it, the part given back, and why it may not be given.

Average 6 CCF, leak bill 20: 14 are excess, 7 are credited, and the bill is priced anew at 13 (WX-2.6a, $63.42).
The dollar method halves the difference of the bills instead ($53.80). What the meter registered stays (INV-7).
"""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil
from statistics import median

from curbstop.billing.domain.leak_policies import HUNDRED, LeakPolicy, Shares
from curbstop.foundation.money import Cents, to_cents

QUANTITY = Decimal("0.00000001")
# A bill of the same season ends within this many days of the day a year before.
SEASON_DAYS = 45


@dataclass(frozen=True, slots=True)
class UsePeriod:
    """What one bill charged: use, and cents for water and for sewer."""

    ends_on: date
    quantity: Decimal
    water_cents: Cents = 0
    sewer_cents: Cents = 0
    billed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakCase:
    """One bill with a leak, what was billed before it (oldest first), and what the customer showed."""

    leak: UsePeriod
    history: tuple[UsePeriod, ...]
    asked_on: date
    place: str = "any"
    entered_sewer: bool = True
    met: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()
    # Credits for other leaks; those on the bills just before and after this one are for the same.
    earlier_credits: tuple[date, ...] = ()
    same_leak_bills: int = 0
    # The account's bills up to the latest, oldest first, the one with the leak among them.
    bills: tuple[UsePeriod, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the arithmetic as a clerk reads it: what, how, how much."""

    what: str
    how: str
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakCredit:
    """What the policy gives: volumes to price anew, or cents; with the arithmetic and what stands against it."""

    baseline: Decimal
    excess: Decimal
    water_units: Decimal
    sewer_units: Decimal
    water_cents: Cents | None
    sewer_cents: Cents | None
    steps: tuple[Step, ...]
    refusals: tuple[str, ...]


def leak_credit(policy: LeakPolicy, case: LeakCase) -> LeakCredit:
    """Work a leak out by a policy; what stands against it is said in `refusals` and changes no number."""
    shares = policy.shares_at(case.place) or Shares(Decimal(0), Decimal(0))
    if policy.is_sewer_all_if_not_in_sewer and not case.entered_sewer:
        shares = Shares(shares.water, HUNDRED)
    periods = baseline_periods(policy, case)
    average = _mean([period.quantity for period in periods])
    baseline = average * Fraction(policy.baseline_factor)
    excess = max(Fraction(case.leak.quantity) - baseline, Fraction(0))
    water, sewer = (_part(excess, share, policy.round_up_to) for share in (shares.water, shares.sewer))
    steps = [
        Step("Baseline", _how(policy, periods), _decimal(baseline)),
        Step("Excess", f"{_plain(case.leak.quantity)} − {_plain(_decimal(baseline))}", _decimal(excess)),
    ]
    water_cents = sewer_cents = None
    if policy.method == "dollars":
        water_cents = _dollars(case.leak.water_cents, [each.water_cents for each in periods], shares.water)
        sewer_cents = _dollars(case.leak.sewer_cents, [each.sewer_cents for each in periods], shares.sewer)
    else:
        steps.append(Step("Water given back", f"{shares.water:f} % of the excess", water))
        steps.append(Step("Sewer given back", f"{shares.sewer:f} % of the excess", sewer))
    return LeakCredit(
        baseline=_decimal(baseline),
        excess=_decimal(excess),
        water_units=water,
        sewer_units=sewer,
        water_cents=water_cents,
        sewer_cents=sewer_cents,
        steps=tuple(steps),
        refusals=tuple(_refusals(policy, case, periods, average)),
    )


def baseline_periods(policy: LeakPolicy, case: LeakCase) -> tuple[UsePeriod, ...]:
    """Return the earlier periods that the policy compares with."""
    before = tuple(period for period in case.history if period.ends_on < case.leak.ends_on)
    count = policy.baseline_count or len(before)
    match policy.baseline:
        case "previous":
            return before[-count:]
        case "same_period":
            return _same_season(before, case.leak.ends_on, years=count)
        case "months":
            first = months_before(case.leak.ends_on, count)
            return tuple(period for period in before if period.ends_on > first)
        case "normal":
            usual = median([period.quantity for period in before]) if before else Decimal(0)
            return tuple(each for each in before if each.quantity <= usual * policy.normal_factor)[-count:]
        case _:
            return before


def largest_of(policy: LeakPolicy, periods: Sequence[UsePeriod]) -> UsePeriod:
    """Return the bill that a policy adjusts: the last, or the one with the largest use of the last few (Cedar Hill)."""
    return max(periods[-(policy.largest_of or 1) :], key=lambda period: period.quantity)


def one_tier_lower(tiers: Sequence[tuple[Decimal, Decimal]], excess: Decimal) -> Cents:
    """Return what it saves to price the topmost `excess` units one tier lower (Ventura).

    `tiers`: quantity and unit price of each tier line of the bill, lowest tier first. The lowest tier stays.
    """
    saved, left = Decimal(0), excess
    for (quantity, price), (_, below) in reversed(list(zip(tiers[1:], tiers, strict=False))):
        moved = min(left, quantity)
        saved += moved * (price - below)
        left -= moved
    return to_cents(saved)


def saved_by_service(original: Mapping[int, Cents], repriced: Mapping[int, Cents]) -> dict[int, Cents]:
    """Return service → cents that a bill priced anew charges less than the one that went out."""
    saved = {service: cents - repriced.get(service, 0) for service, cents in original.items()}
    return {service: cents for service, cents in saved.items() if cents > 0}


def months_before(day: date, months: int) -> date:
    """Return the day so many months earlier, the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _same_season(before: Sequence[UsePeriod], ends_on: date, *, years: int) -> tuple[UsePeriod, ...]:
    anniversaries = [months_before(ends_on, 12 * year) for year in range(1, years + 1)]
    return tuple(
        period for period in before if any(abs((period.ends_on - day).days) <= SEASON_DAYS for day in anniversaries)
    )


def _refusals(policy: LeakPolicy, case: LeakCase, periods: Sequence[UsePeriod], average: Fraction) -> list[str]:
    found = []
    if policy.shares_at(case.place) is None:
        found.append(f"Only leaks at these places are adjusted: {', '.join(policy.places)}.")
    if len(periods) < policy.history_periods_min:
        found.append(f"{policy.history_periods_min} earlier periods are needed, {len(periods)} are there.")
    least = average * Fraction(policy.baseline_factor) * (1 + Fraction(policy.increase_percent_min) / 100)
    if Fraction(case.leak.quantity) <= least:
        found.append(f"The use must be over {_plain(_decimal(least))}; it is {_plain(case.leak.quantity)}.")
    if policy.is_once_ever and case.earlier_credits:
        found.append(f"This is given once ever; it was on {max(case.earlier_credits)}.")
    if policy.once_in_months is not None:
        since = months_before(case.asked_on, policy.once_in_months)
        found += [
            f"This is given once in {policy.once_in_months} months; it was on {day}."
            for day in case.earlier_credits
            if day > since
        ][:1]
    if policy.apply_within_days is not None and case.leak.billed_on is not None:
        late = (case.asked_on - case.leak.billed_on).days - policy.apply_within_days
        if late > 0:
            found.append(f"The customer asks {late} days after the deadline of {policy.apply_within_days} days.")
    found += _other_bills(policy, case)
    found += [f"Not met: {each.replace('_', ' ')}." for each in policy.conditions if each not in case.met]
    found += [f"Not shown: {each.replace('_', ' ')}." for each in policy.evidence if each not in case.shown]
    return found


def _other_bills(policy: LeakPolicy, case: LeakCase) -> list[str]:
    """Return what the city says of several bills: how many one leak may cover, and which of the last is adjusted."""
    found = []
    if case.same_leak_bills >= policy.bills_max:
        found.append(
            f"One leak is adjusted on at most {policy.bills_max} bill{'' if policy.bills_max == 1 else 's'};"
            f" {case.same_leak_bills} beside this one {'is' if case.same_leak_bills == 1 else 'are'} already."
        )
    if policy.largest_of and case.bills:
        best = largest_of(policy, case.bills)
        if best.ends_on != case.leak.ends_on and best.quantity >= case.leak.quantity:
            found.append(
                f"Of the last {policy.largest_of} bills the one with the largest use is adjusted:"
                f" {_plain(best.quantity)} up to {best.ends_on}."
            )
        elif case.leak.ends_on not in {each.ends_on for each in case.bills[-policy.largest_of :]}:
            found.append(f"This bill is not among the last {policy.largest_of}.")
    return found


def same_leak(days: tuple[date, date], credited: Sequence[tuple[date, date]]) -> set[tuple[date, date]]:
    """Return the credited bills (first day, day after the last) that follow one another up to these days or from them.

    Bills of March and April are one leak with that of May; that of January is another.
    """
    first, last = days
    found: set[tuple[date, date]] = set()
    while beside := {each for each in credited if each not in found and (each[1] == first or each[0] == last)}:
        found |= beside
        first = min(first, *(each[0] for each in beside))
        last = max(last, *(each[1] for each in beside))
    return found


def _how(policy: LeakPolicy, periods: Sequence[UsePeriod]) -> str:
    said = " + ".join(_plain(period.quantity) for period in periods) or "0"
    mean = f"({said}) ÷ {len(periods) or 1}"
    return mean if policy.baseline_factor == 1 else f"{mean} × {policy.baseline_factor:f}"


def _part(excess: Fraction, share: Decimal, round_up_to: Decimal | None) -> Decimal:
    """Return the given part of the excess; the odd unit is the customer's where a city gives back whole units."""
    part = excess * Fraction(share) / 100
    if round_up_to:
        part = min(ceil(part / Fraction(round_up_to)) * Fraction(round_up_to), excess) if part else part
    return _decimal(part)


def _dollars(leak: Cents, usual: Sequence[Cents], share: Decimal) -> Cents:
    difference = max(Fraction(leak) - _mean(usual), Fraction(0))
    return to_cents(_decimal(difference * Fraction(share) / 10_000))


def _mean(values: Sequence[Decimal] | Sequence[int]) -> Fraction:
    return sum((Fraction(value) for value in values), Fraction(0)) / len(values) if values else Fraction(0)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _decimal(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(QUANTITY, ROUND_HALF_UP)
