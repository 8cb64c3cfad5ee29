"""The bills that a wrong meter made, priced anew with what it should have counted (rulebook §1.5, WX-1.5f)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from curbstop.billing.domain.meter_corrections import CorrectedPeriod, MeteredPeriod, Reckon, correct_periods
from curbstop.billing.models import Bill, BilledPeriod
from curbstop.billing.queries.adjustments import rule_or_none
from curbstop.billing.queries.repricing import billed_of, priced, segments_of
from curbstop.customers.models import ServiceAgreement
from curbstop.customers.queries.serving import agreement_at
from curbstop.ledger.queries import services
from curbstop.metering.domain.meter_tests import TestRules
from curbstop.metering.queries import usage_history
from curbstop.metering.queries.standing import point_of_meter

SEWER = "sewer"
YEAR_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionSheet:
    """A wrong meter worked out: each period, what each service is billed more or less, and what stands against it."""

    agreement: ServiceAgreement
    unit: str
    periods: tuple[CorrectedPeriod, ...]
    cents: dict[int, int]
    refusals: tuple[str, ...]

    def written(self, **facts: str) -> dict[str, Any]:
        """Return the sheet as a request keeps it, with what was found about the meter."""
        names = {service.pk: service.name_en for service in services()}
        return facts | {
            "unit": self.unit,
            "steps": [[f"Bill {each.period.bill_number}", each.how, str(each.right)] for each in self.periods],
            "registered": str(sum((each.inside for each in self.periods), Decimal(0))),
            "right": str(sum((each.right for each in self.periods), Decimal(0))),
            "services": [[names[service], 0, cents] for service, cents in self.cents.items()],
        }


def test_rules_on(on: date) -> TestRules | None:
    """Return the city's rules of meter tests, or nothing where it has none."""
    codes = ("metering.test_tolerance_percent", "metering.test_fast_months_max", "metering.test_slow_months_max")
    tolerance, fast, slow = (rule_or_none(code, on) for code in codes)
    if tolerance is None or fast is None or slow is None:
        return None
    return TestRules(
        tolerance_percent=Fraction(tolerance.decimal), fast_months_max=fast.number, slow_months_max=slow.number
    )


def agreement_of_meter(serial: str, on: date) -> ServiceAgreement | None:
    """Return the agreement whose use a meter counted on a day."""
    return agreement_at(point_of_meter(serial, on), on)


def daily_use_before(agreement: ServiceAgreement, stopped_on: date) -> Fraction | None:
    """Return what an agreement used a day in the year before its meter stopped; nothing if nobody knows."""
    use = usage_history([agreement.pk], since=stopped_on - timedelta(days=YEAR_DAYS))
    before = use.filter(pl.col("ends_on") <= stopped_on)
    days = int(before["days"].sum())
    return Fraction(before["billed"].sum()) / days if days else None


def correction_sheet(agreement: ServiceAgreement, *, since: date, until: date, reckon: Reckon) -> CorrectionSheet:
    """Return the standing bills of a window with the right use, and what each service changes by."""
    bills = _bills(agreement, since=since, until=until)
    found: list[CorrectedPeriod] = []
    cents: dict[int, int] = {}
    refusals: list[str] = []
    unit = ""
    for bill in bills:
        segments = segments_of(bill)
        own = segments.filter(pl.col("agreement_id") == agreement.pk, pl.col("quantity").is_not_null())
        periods = [MeteredPeriod(bill.number, *row) for row in own.select("starts_on", "ends_on", "quantity").rows()]
        corrected = correct_periods(periods, since=since, until=until, reckon=reckon)
        before = billed_of(bill)
        if priced(bill, segments) != before:
            refusals.append(
                f"The rates of its days do not give what bill {bill.number} charged: bill it again instead."
            )
            continue
        after = priced(bill, _with_right_use(segments, agreement.pk, corrected))
        for service in before.keys() | after.keys():
            cents[service] = cents.get(service, 0) + after.get(service, 0) - before.get(service, 0)
        unit = str(own["unit"][0]) if own.height else unit
        found += corrected
    changed = {service: amount for service, amount in sorted(cents.items()) if amount}
    return CorrectionSheet(
        agreement=agreement, unit=unit, periods=tuple(found), cents=changed, refusals=tuple(refusals)
    )


def _bills(agreement: ServiceAgreement, *, since: date, until: date) -> Sequence[Bill]:
    periods = BilledPeriod.objects.filter(agreement=agreement, cancelled=False, period__overlap=(since, until))
    numbers = periods.values_list("bill_id", flat=True)
    return list(Bill.objects.filter(number__in=list(numbers), cancelled_at=None).order_by("number"))


def _with_right_use(segments: pl.DataFrame, agreement_id: int, corrected: Sequence[CorrectedPeriod]) -> pl.DataFrame:
    """Return the segments with the change of each period, on the meter's own service and on the sewer beside it."""
    sewer = {service.code: service.pk for service in services()}.get(SEWER, 0)
    changes = pl.DataFrame(
        [(each.period.starts_on, each.period.ends_on, each.change) for each in corrected],
        schema={"starts_on": pl.Date, "ends_on": pl.Date, "change": segments.schema["quantity"]},
        orient="row",
    )
    is_ours = (pl.col("agreement_id") == agreement_id) | (pl.col("service_id") == sewer)
    change = pl.when(is_ours).then(pl.col("change").fill_null(0)).otherwise(0)
    right = (pl.col("quantity") + change).cast(segments.schema["quantity"])
    joined = segments.join(changes, on=["starts_on", "ends_on"], how="left", maintain_order="left")
    return joined.with_columns(right.alias("quantity")).drop("change")
