"""Usage whose reads changed is superseded, and what the reads now say is settled in its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from curbstop.metering.domain.segments import UsagePolicy
from curbstop.metering.models import Read, Usage
from curbstop.metering.operations.usage import add_periods
from curbstop.metering.queries import resettled_periods, usage_policy_on
from curbstop.metering.queries.corrections import carried_before, standing_usages, usages_touched_by


class CorrectionRefused(Exception):
    """No read was corrected; the message tells why."""


@dataclass(frozen=True, slots=True)
class Resettled:
    """The usages that no longer stand, and those in their place."""

    superseded: tuple[int, ...]
    added: tuple[int, ...]


def resettle(reads: Sequence[Read], *, at: datetime) -> Resettled:
    """Supersede the usages that rest on reads which were just replaced, and settle their days again.

    :raises CorrectionRefused: if a former system billed one of them, or the reads do not carry the days any more
    """
    touched = usages_touched_by([read.pk for read in reads])
    if touched.is_empty():
        return Resettled((), ())
    policy = usage_policy_on(touched["ends_on"].max())  # type: ignore[arg-type]  # a day: the column is of days
    superseded: list[int] = []
    added: list[int] = []
    for agreement_id, starts_on, ends_on in _windows(touched):
        old, new = _settle_again(agreement_id, starts_on=starts_on, ends_on=ends_on, policy=policy, at=at)
        superseded += old
        added += new
    return Resettled(tuple(superseded), tuple(added))


def _windows(touched: pl.DataFrame) -> list[tuple[int, date, date]]:
    windows = touched.group_by("agreement_id").agg(pl.col("starts_on").min(), pl.col("ends_on").max())
    return list(windows.sort("agreement_id").iter_rows())


def _settle_again(
    agreement_id: int, *, starts_on: date, ends_on: date, policy: UsagePolicy, at: datetime
) -> tuple[list[int], list[int]]:
    """Settle one agreement's days again, and all after them where the fraction carried on is another now."""
    standing = standing_usages(agreement_id, since=starts_on)
    inside = standing.filter(pl.col("ends_on") <= ends_on)
    periods = _periods(agreement_id, starts_on=starts_on, ends_on=ends_on, policy=policy)
    after = standing.filter(pl.col("starts_on") >= ends_on)
    if after.height and periods["carried_e4"].last() != inside["carried_e4"].last():
        inside = standing
        last: date = standing["ends_on"].to_list()[-1]
        periods = _periods(agreement_id, starts_on=starts_on, ends_on=last, policy=policy)
    if (inside["kind"] != Usage.Kind.READ).any():
        raise CorrectionRefused("The days of this read were billed by the former system or came without registers.")
    old = inside["usage_id"].to_list()
    Usage.objects.filter(pk__in=old).update(superseded_at=at)
    return old, add_periods(periods, policy=policy).to_list()


def _periods(agreement_id: int, *, starts_on: date, ends_on: date, policy: UsagePolicy) -> pl.DataFrame:
    agreements, settled = carried_before(agreement_id, starts_on)
    periods = resettled_periods(agreements=agreements, settled=settled, through=ends_on, policy=policy)
    problem = periods["problem"].drop_nulls()
    if problem.len():
        raise CorrectionRefused(f"The reads around this one do not agree with it: {problem[0].replace('_', ' ')}.")
    if periods.is_empty() or periods["starts_on"].first() != starts_on or periods["ends_on"].last() != ends_on:
        raise CorrectionRefused("The reads that are left do not cover the days that were settled.")
    return periods
