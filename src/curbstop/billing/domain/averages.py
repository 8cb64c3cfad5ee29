"""Averages that set price: what one customer used at one premises in a window of months, by the city's own rule.

Rio Rancho adds up December to February: 14,000 gallons in 92 days are 4,629 a month of 30.42 days. Shreveport drops
the highest and the lowest of four winter bills; Plano joins its winter with the two before (rulebook §2.4).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

import polars as pl

from curbstop.billing.domain.average_policies import MONTHS_IN_YEAR, AveragePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodOfUse:
    """One period's use; `counted_on` is the day of its bill or of its closing read, as the policy has it."""

    counted_on: date
    ends_on: date
    days: int
    used: Fraction
    is_estimated: bool = False
    # What a leak adjustment left of the use, where one was granted.
    adjusted: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Average:
    """What the rule makes of the periods, and everything it was reckoned from."""

    value: Decimal
    is_default: bool
    derivation: dict[str, Any]


def effective_days(policy: AveragePolicy, on: date) -> tuple[date, date]:
    """Return the half-open year for which an average set on a day holds: March 1 to March 1."""
    begins = date(on.year, policy.effective_month, 1)
    if begins > on:
        begins = begins.replace(year=on.year - 1)
    return begins, begins.replace(year=begins.year + 1)


def window_before(policy: AveragePolicy, begins: date, *, winters_ago: int = 0) -> tuple[date, date]:
    """Return the half-open days of the window that ended last before an average begins, or of one some winters ago."""
    ends = _month_after(date(begins.year, policy.months[-1], 1), 1)
    if ends > begins:
        ends = ends.replace(year=ends.year - 1)
    ends = ends.replace(year=ends.year - winters_ago)
    return _month_after(ends, -len(policy.months)), ends


def average_of(policy: AveragePolicy, begins: date, periods: Sequence[PeriodOfUse]) -> Average | None:
    """Return the average that begins on a day, the policy's default where the reads are too few, or nothing.

    Reckoned in fractions and rounded half up once, at the end.
    """
    own, said = _winter(policy, window_before(policy, begins), periods)
    if own is None:
        if policy.default is None:
            return None
        value = _rounded(policy.default, policy.places)
        return Average(value, is_default=True, derivation={**said, "basis": "default", "value": str(value)})
    earlier = [
        _winter(policy, window_before(policy, begins, winters_ago=ago), periods)[0]
        for ago in range(1, policy.prior_winters + 1)
    ]
    # A customer who was not here two winters ago is averaged over the winters that there are.
    winters = [own, *(each for each in earlier if each is not None)]
    mean = sum(winters, Fraction(0)) / len(winters)
    if policy.prior_winters:
        said["winters"] = [_said(each) for each in winters]
    if policy.at_most is not None and mean > policy.at_most:
        mean, said["at_most"] = policy.at_most, _said(policy.at_most)
    value = _rounded(mean, policy.places)
    return Average(value, is_default=False, derivation={**said, "basis": "average", "value": str(value)})


def _winter(
    policy: AveragePolicy, window: tuple[date, date], periods: Sequence[PeriodOfUse]
) -> tuple[Fraction | None, dict[str, Any]]:
    """Return the average of one window alone, if it has reads enough, and how it came about."""
    inside = [each for each in periods if window[0] <= each.counted_on < window[1]]
    kept = [each for each in inside if not _is_left_out(policy, each)]
    said: dict[str, Any] = {
        "window": [day.isoformat() for day in window],
        "unit": policy.unit.value,
        "periods": [_period_said(policy, each) for each in kept],
    }
    if len(kept) < len(inside):
        said["left_out"] = [_period_said(policy, each) for each in inside if _is_left_out(policy, each)]
    if len(kept) < policy.reads_min:
        return None, said
    ranked = sorted(kept, key=lambda each: (_used(policy, each), each.ends_on))
    chosen = ranked[policy.drop_lowest : len(ranked) - policy.drop_highest]
    if policy.lowest:
        chosen = chosen[: policy.lowest]
    if len(chosen) < len(kept):
        said["chosen"] = [each.ends_on.isoformat() for each in sorted(chosen, key=lambda each: each.ends_on)]
    total = sum((_used(policy, each) for each in chosen), Fraction(0))
    if policy.per_day_times is None:
        return total / len(chosen), said
    said["per_day_times"] = _said(policy.per_day_times)
    return total / sum(each.days for each in chosen) * policy.per_day_times, said


def _is_left_out(policy: AveragePolicy, period: PeriodOfUse) -> bool:
    return (
        (period.is_estimated and policy.estimated == "leave_out")
        or (period.adjusted is not None and policy.leaks == "leave_out")
        or _used(policy, period) < policy.vacant_below
    )


def _used(policy: AveragePolicy, period: PeriodOfUse) -> Fraction:
    is_adjusted = period.adjusted is not None and policy.leaks == "as_adjusted"
    return period.adjusted if is_adjusted and period.adjusted is not None else period.used


def _period_said(policy: AveragePolicy, period: PeriodOfUse) -> dict[str, Any]:
    said = {"to": period.ends_on.isoformat(), "days": period.days, "used": _said(_used(policy, period))}
    return {**said, "estimated": True} if period.is_estimated else said


def _rounded(value: Fraction, places: int) -> Decimal:
    scaled = value * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole).scaleb(-places)


def _said(value: Fraction) -> str:
    """Write a number with at most eight decimals: 4629.13043478."""
    with localcontext() as context:
        context.prec = 40
        decimal = (Decimal(value.numerator) / value.denominator).quantize(Decimal("1E-8"), ROUND_HALF_UP)
    return f"{decimal:f}".rstrip("0").rstrip(".")


def _month_after(first: date, months: int) -> date:
    count = first.year * MONTHS_IN_YEAR + first.month - 1 + months
    return date(count // MONTHS_IN_YEAR, count % MONTHS_IN_YEAR + 1, 1)


def default_of(policy: AveragePolicy) -> Decimal | None:
    """Return what a new customer has until there is an average."""
    return None if policy.default is None else _rounded(policy.default, policy.places)


def inputs_of(averages: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """Return the inputs of a rate for each agreement, as JSON text.

    `averages`: agreement_id, policy, value, basis, all text but the first; `names` finds the input of a policy. A
    tariff sees `winter_average` and `winter_average_basis`, so that a default may be a cap where an average replaces.
    """
    key, basis = (
        pl.col("policy").replace_strict(
            {policy: json.dumps(name + suffix) for policy, name in names.items()}, return_dtype=pl.String
        )
        for suffix in ("", "_basis")
    )
    said = pl.format('{}:"{}",{}:"{}"', key, "value", basis, "basis")
    return (
        averages.group_by("agreement_id", maintain_order=True)
        .agg(said.str.join(",").alias("said"))
        .select("agreement_id", inputs=pl.concat_str(pl.lit("{"), "said", pl.lit("}")))
    )


def under(assigned: pl.DataFrame, averages: pl.DataFrame) -> pl.DataFrame:
    """Put the averages under the assigned inputs of the same agreements: what a clerk assigned speaks last."""
    inner, written = pl.col("inputs_average").str.slice(1), pl.col("inputs")
    both = pl.concat_str(pl.lit("{"), inner.str.head(-1), pl.lit(","), written.str.slice(1))
    merged = (
        pl.when(pl.col("inputs_average").is_null() | written.is_null())
        .then(written)
        .when(written.str.strip_chars().str.contains(r"^\{\s*\}$"))
        .then("inputs_average")
        .otherwise(both)
    )
    joined = assigned.join(averages, on="agreement_id", how="left", suffix="_average", maintain_order="left")
    return joined.with_columns(merged.alias("inputs")).drop("inputs_average")
