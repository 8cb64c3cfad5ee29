"""A leak on a released bill: its use and history gathered, the policy applied, and the bill priced anew.

The bill is priced with the rates of its own days, by the engine that made it; when that does not give what was
billed, nothing is proposed. What the meter registered is read and never written (INV-7).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
from django.db.models import Sum

from curbstop.billing.domain.averages import under
from curbstop.billing.domain.charges import charge
from curbstop.billing.domain.leak_policies import LeakPolicy, read_leak_policy
from curbstop.billing.domain.leaks import (
    LeakCase,
    LeakCredit,
    UsePeriod,
    leak_credit,
    one_tier_lower,
    saved_by_service,
)
from curbstop.billing.domain.rate_changes import with_rate_changes
from curbstop.billing.models import Bill, BillLine
from curbstop.billing.queries.adjustments import leak_credits_of, rule_or_none
from curbstop.billing.queries.averages import averages_frame
from curbstop.billing.queries.billed_use import billed_use_frame
from curbstop.customers.queries import agreements_frame
from curbstop.ledger.queries import services
from curbstop.metering.queries import AccountRange, usage_history
from curbstop.rates.queries import assignments_frame, compiled_schedule, rate_stretches_frame

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
    found, segments = leak_policy_on(on), _segments(bill)
    agreement = _leaking(segments)
    if found is None or agreement is None:
        return None
    policy, citation = found
    names = {service.pk: service.name_en for service in services()}
    billed = _billed(bill)
    codes = {service.code: service.pk for service in services()}
    row = segments.row(by_predicate=pl.col("agreement_id") == agreement, named=True)
    leak = UsePeriod(
        row["ends_on"], row["quantity"], billed.get(codes[WATER], 0), billed.get(codes.get(SEWER, 0), 0), bill.bill_on
    )
    case = LeakCase(
        leak=leak,
        history=_history(bill, agreement, codes),
        asked_on=on,
        place=shown.place,
        entered_sewer=shown.entered_sewer,
        met=shown.met,
        shown=shown.evidence,
        earlier_credits=leak_credits_of(bill.account_id, (REASON,)),
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
    )


def _anew(
    bill: Bill, policy: LeakPolicy, credit: LeakCredit, segments: pl.DataFrame, agreement: int
) -> tuple[dict[int, int], str]:
    """Return service → cents without the leak, by the policy's method, and why it cannot be told."""
    codes = {service.code: service.pk for service in services()}
    billed = _billed(bill)
    if policy.method == "dollars":
        given = {codes[WATER]: credit.water_cents or 0, codes.get(SEWER, 0): credit.sewer_cents or 0}
        return {service: cents - given.get(service, 0) for service, cents in billed.items()}, ""
    if policy.method == "tier_lower":
        saved = one_tier_lower(_tiers(bill, agreement), credit.water_units)
        return {service: cents - (saved if service == codes[WATER] else 0) for service, cents in billed.items()}, ""
    if _priced(bill, segments) != billed:
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
    return _priced(bill, segments.with_columns(less.alias("quantity"))), ""


def _segments(bill: Bill) -> pl.DataFrame:
    """Return the days and the use that the bill charges, each with the rate of its last day."""
    account = bill.account_id
    used = billed_use_frame(AccountRange(account, account), from_on=bill.starts_on, to_on=bill.ends_on)
    bounds = {"first_account_id": account, "last_account_id": account}
    last_day = bill.ends_on - timedelta(days=1)
    rates = under(assignments_frame(**bounds, on=last_day), averages_frame(**bounds, on=last_day))
    return (
        used.join(agreements_frame(**bounds).select("agreement_id", "service_id"), on="agreement_id")
        .join(rates, on="agreement_id")
        .drop_nulls("schedule_version_id")
        .with_columns(
            days=(pl.col("ends_on") - pl.col("starts_on")).dt.total_days(), usage_id=pl.lit(None, dtype=pl.Int64)
        )
    )


def _priced(bill: Bill, segments: pl.DataFrame) -> dict[int, int]:
    bounds = {"first_account_id": bill.account_id, "last_account_id": bill.account_id}
    stretches = rate_stretches_frame(
        **bounds, from_on=bill.starts_on, to_on=max(bill.ends_on, bill.bill_on) + timedelta(days=1), changing_only=True
    )
    versions = {*segments["schedule_version_id"].to_list(), *stretches["schedule_version_id"].to_list()} - {None}
    schedules = {version: compiled_schedule(version) for version in versions}
    rated = with_rate_changes(segments, stretches, schedules, bill_on=bill.bill_on)
    lines = charge(rated.segments, schedules, {service.code: service.pk for service in services()}).lines
    totals = lines.group_by("service_id").agg(pl.col("amount_cents").sum())
    return {service: cents for service, cents in totals.iter_rows() if cents}


def _billed(bill: Bill) -> dict[int, int]:
    lines = BillLine.objects.filter(bill=bill).values("service_id").annotate(cents=Sum("amount_cents")).order_by()
    return {row["service_id"]: row["cents"] for row in lines if row["cents"]}


def _leaking(segments: pl.DataFrame) -> int | None:
    """Return the water agreement with the largest use on the bill."""
    water = {service.pk for service in services() if service.code == WATER}
    metered = segments.filter(pl.col("service_id").is_in(list(water)) & pl.col("quantity").is_not_null())
    return None if metered.is_empty() else int(metered.sort("quantity")["agreement_id"][-1])


def _tiers(bill: Bill, agreement: int) -> list[tuple[Decimal, Decimal]]:
    lines = BillLine.objects.filter(bill=bill, agreement_id=agreement).order_by("line_number")
    tiers = [(line.derivation["tier"], line.quantity, line.unit_price) for line in lines if "tier" in line.derivation]
    return [(quantity, price) for _, quantity, price in sorted(tiers)]


def _history(bill: Bill, agreement: int, codes: Mapping[str, int]) -> tuple[UsePeriod, ...]:
    """Return the use of the meter before this bill, oldest first, with what was billed for it where it was."""
    use = usage_history([agreement]).filter(pl.col("ends_on") <= bill.starts_on).sort("ends_on")
    earlier = BillLine.objects.filter(bill__account_id=bill.account_id, bill__cancelled_at=None).order_by()
    sums = earlier.filter(bill__ends_on__lte=bill.starts_on).values("bill__ends_on", "service_id")
    cents = {
        (row["bill__ends_on"], row["service_id"]): row["cents"] for row in sums.annotate(cents=Sum("amount_cents"))
    }
    return tuple(
        UsePeriod(
            ends_on,
            billed,
            cents.get((ends_on, codes[WATER]), 0),
            cents.get((ends_on, codes.get(SEWER, 0)), 0),
        )
        for ends_on, billed in use.select("ends_on", "billed").iter_rows()
    )
