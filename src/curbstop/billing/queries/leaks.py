"""A leak on a released bill: its use and history gathered, the policy applied, and the bill priced anew.

The bill is priced with the rates of its own days, by the engine that made it; when that does not give what was
billed, nothing is proposed. What the meter registered is read and never written (INV-7).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
from django.db.models import Max, QuerySet, Sum

from curbstop.billing.domain.leak_policies import LeakPolicy, read_leak_policy
from curbstop.billing.domain.leaks import (
    LeakCase,
    LeakCredit,
    UsePeriod,
    leak_credit,
    one_tier_lower,
    same_leak,
    saved_by_service,
)
from curbstop.billing.models import AdjustmentRequest, Bill, BillLine
from curbstop.billing.queries.adjustments import leak_credits_of, rule_or_none
from curbstop.billing.queries.repricing import billed_of, priced, segments_of
from curbstop.foundation.quantities import Quantity, Unit
from curbstop.ledger.queries import services
from curbstop.metering.queries import usage_history

RULE = "adjustment.leak_policy"
REASON = "leak"
WATER, SEWER = "water", "sewer"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the customer showed and said about a leak."""

    place: str = "any"
    entered_sewer: bool = True
    met: frozenset[str] = frozenset()
    evidence: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ServiceSaving:
    """What a service was billed, what it would have been, and what is credited, in cents."""

    service_id: int
    name: str
    billed_cents: int
    anew_cents: int

    @property
    def saved_cents(self) -> int:
        """Return the credit of this service."""
        return self.billed_cents - self.anew_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakSheet:
    """A leak worked out: policy, arithmetic, each service before and after, and what stands against it."""

    policy: LeakPolicy
    citation: str
    unit: str
    use: Decimal
    credit: LeakCredit
    services: tuple[ServiceSaving, ...]
    refusals: tuple[str, ...]
    # Service → cents that wait with the request: all above the average bill where the city wants that paid meanwhile.
    held: Mapping[int, int]

    @property
    def total_cents(self) -> int:
        """Return the credit over all services."""
        return sum(each.saved_cents for each in self.services)

    def written(self) -> dict[str, Any]:
        """Return the sheet as a request keeps it."""
        return {
            "policy": self.policy.label,
            "citation": self.citation,
            "method": self.policy.method,
            "use": str(self.use),
            "unit": self.unit,
            "baseline": str(self.credit.baseline),
            "excess": str(self.credit.excess),
            "steps": [[step.what, step.how, str(step.value)] for step in self.credit.steps],
            "services": [[each.name, each.billed_cents, each.anew_cents] for each in self.services],
        }


def leak_policy_on(on: date) -> tuple[LeakPolicy, str] | None:
    """Return the city's leak policy on a day and the section that it rests on, or nothing where it has none."""
    rule = rule_or_none(RULE, on)
    return None if rule is None else (read_leak_policy(rule.value), rule.citation)


def leak_sheet(bill: Bill, shown: Shown, *, on: date) -> LeakSheet | None:
    """Return the leak of a bill worked out on a day; nothing without a policy or a water meter."""
    found, segments = leak_policy_on(on), segments_of(bill)
    agreement = _leaking(segments)
    if found is None or agreement is None:
        return None
    names = {service.pk: service.name_en for service in services()}
    billed = billed_of(bill)
    codes = {service.code: service.pk for service in services()}
    row = segments.row(by_predicate=pl.col("agreement_id") == agreement, named=True)
    policy, citation = found[0].in_unit(row["unit"]), found[1]
    leak = UsePeriod(
        row["ends_on"], row["quantity"], billed.get(codes[WATER], 0), billed.get(codes.get(SEWER, 0), 0), bill.bill_on
    )
    use = _uses(bill, agreement, codes, Unit(row["unit"]))
    beside, others = _credits(bill)
    case = LeakCase(
        leak=leak,
        history=tuple(each for each in use if each.ends_on <= bill.starts_on),
        asked_on=on,
        place=shown.place,
        entered_sewer=shown.entered_sewer,
        met=shown.met,
        shown=shown.evidence,
        earlier_credits=others,
        same_leak_bills=beside,
        bills=_billed_uses(bill, use),
    )
    credit = leak_credit(policy, case)
    anew, problem = _anew(bill, policy, credit, segments, agreement)
    saved = saved_by_service(billed, anew)
    return LeakSheet(
        policy=policy,
        citation=citation,
        unit=row["unit"],
        use=row["quantity"],
        credit=credit,
        services=tuple(
            ServiceSaving(service, names[service], billed[service], billed[service] - cents)
            for service, cents in saved.items()
        ),
        refusals=(*credit.refusals, *([problem] if problem else [])),
        held=_held(bill, policy, credit, segments, agreement),
    )


def has_leak_credit(bill: Bill) -> bool:
    """Tell whether a credit for a leak on a bill waits, or was given and not taken back."""
    return _leak_requests(bill.account_id).filter(bill=bill).exists()


def _leak_requests(account_id: int) -> QuerySet[AdjustmentRequest]:
    asked = AdjustmentRequest.objects.filter(account_id=account_id, reason=REASON, turned_down_at=None)
    return asked.exclude(adjustment__reversal__isnull=False).filter(bill__cancelled_at=None)


def _credits(bill: Bill) -> tuple[int, tuple[date, ...]]:
    """Return on how many bills the same leak is adjusted already, and the days of the credits for other leaks."""
    asked = _leak_requests(bill.account_id).exclude(bill=None).select_related("bill", "adjustment")
    days = [(each.bill.starts_on, each.bill.ends_on) for each in asked if each.bill]
    beside = same_leak((bill.starts_on, bill.ends_on), days)
    ours = {each.pk for each in asked if each.bill and (each.bill.starts_on, each.bill.ends_on) in beside}
    return len(beside), leak_credits_of(bill.account_id, (REASON,), besides=ours)


def _held(bill: Bill, policy: LeakPolicy, credit: LeakCredit, segments: pl.DataFrame, agreement: int) -> dict[int, int]:
    """Return service → cents above the average bill, where the city wants no more than that paid meanwhile."""
    billed = billed_of(bill)
    if policy.pay_meanwhile != "average" or priced(bill, segments) != billed:
        return {}
    is_sewer = pl.col("service_id") == {service.code: service.pk for service in services()}.get(SEWER, 0)
    usual = pl.when((pl.col("agreement_id") == agreement) | is_sewer).then(
        pl.min_horizontal("quantity", pl.lit(credit.baseline))
    )
    average = usual.otherwise("quantity").cast(segments.schema["quantity"])
    return saved_by_service(billed, priced(bill, segments.with_columns(average.alias("quantity"))))


def _anew(
    bill: Bill, policy: LeakPolicy, credit: LeakCredit, segments: pl.DataFrame, agreement: int
) -> tuple[dict[int, int], str]:
    """Return service → cents without the leak, by the policy's method, and why it cannot be told."""
    codes = {service.code: service.pk for service in services()}
    billed = billed_of(bill)
    if policy.method == "dollars":
        given = {codes[WATER]: credit.water_cents or 0, codes.get(SEWER, 0): credit.sewer_cents or 0}
        return {service: cents - given.get(service, 0) for service, cents in billed.items()}, ""
    if policy.method == "tier_lower":
        saved = one_tier_lower(_tiers(bill, agreement), credit.water_units)
        return {service: cents - (saved if service == codes[WATER] else 0) for service, cents in billed.items()}, ""
    if priced(bill, segments) != billed:
        return billed, "The rates of its days do not give what this bill charged. Cancel and bill it again instead."
    is_sewer = pl.col("service_id") == codes.get(SEWER, 0)
    given_back = (
        pl.when(pl.col("agreement_id") == agreement)
        .then(pl.lit(credit.water_units))
        .when(is_sewer)
        .then(pl.lit(credit.sewer_units))
        .otherwise(pl.lit(Decimal(0)))
    )
    less = (pl.col("quantity") - given_back).clip(lower_bound=0).cast(segments.schema["quantity"])
    return priced(bill, segments.with_columns(less.alias("quantity"))), ""


def _leaking(segments: pl.DataFrame) -> int | None:
    """Return the water agreement with the largest use on the bill."""
    water = {service.pk for service in services() if service.code == WATER}
    metered = segments.filter(pl.col("service_id").is_in(list(water)) & pl.col("quantity").is_not_null())
    return None if metered.is_empty() else int(metered.sort("quantity")["agreement_id"][-1])


def _tiers(bill: Bill, agreement: int) -> list[tuple[Decimal, Decimal]]:
    lines = BillLine.objects.filter(bill=bill, agreement_id=agreement).order_by("line_number")
    tiers = [(line.derivation["tier"], line.quantity, line.unit_price) for line in lines if "tier" in line.derivation]
    return [(quantity, price) for _, quantity, price in sorted(tiers)]


def _billed_uses(bill: Bill, use: Sequence[UsePeriod]) -> tuple[UsePeriod, ...]:
    """Return the periods that bills charge, up to the account's latest bill."""
    latest = Bill.objects.filter(account_id=bill.account_id, cancelled_at=None).aggregate(last=Max("ends_on"))["last"]
    return tuple(each for each in use if each.ends_on <= latest)


def _uses(bill: Bill, agreement: int, codes: Mapping[str, int], unit: Unit) -> tuple[UsePeriod, ...]:
    """Return the use of the meter in a unit, oldest first, with what was billed for it where it was."""
    use = usage_history([agreement]).sort("ends_on")
    earlier = BillLine.objects.filter(bill__account_id=bill.account_id, bill__cancelled_at=None).order_by()
    sums = earlier.values("bill__ends_on", "service_id")
    cents = {
        (row["bill__ends_on"], row["service_id"]): row["cents"] for row in sums.annotate(cents=Sum("amount_cents"))
    }
    return tuple(
        UsePeriod(
            ends_on,
            Quantity(billed, Unit(counted_in)).to(unit).amount,
            cents.get((ends_on, codes[WATER]), 0),
            cents.get((ends_on, codes.get(SEWER, 0)), 0),
        )
        for ends_on, billed, counted_in in use.select("ends_on", "billed", "unit").iter_rows()
    )
