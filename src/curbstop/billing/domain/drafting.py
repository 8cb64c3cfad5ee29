"""Drafting: a partition's columns in, its drafted bills, lines, dispositions and findings out.

Every agreement that is due comes out exactly once: on a line of a bill that goes out, or with a
disposition that says why not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from curbstop.billing.domain.charges import Charges, charge
from curbstop.billing.domain.findings import Limits, find
from curbstop.billing.domain.segments import Reason, settle
from curbstop.rates.domain.schedule import Schedule

# Half of the shortest usual period: an agreement with fewer days than that began, or was billed,
# just now and waits for the next run. A city without a limit is taken to bill by the month.
DAYS_MIN_ASSUMED: Final = 25
WAITING_SHARE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What a partition is drafted from; each frame names its columns where it is read.

    `due`: account_id, agreement_id, debtor_id, service_id, starts_on, ends_on, billed_to, due_from,
    due_to, schedule_version_id, customer_class, inputs, needs_usage (null without a rate).
    `usage`: usage_id, agreement_id, starts_on, ends_on, quantity, unit, meter_size, read_kind.
    `past_use`: agreement_id, past_periods, past_daily. `past_bills`: account_id, past_bills,
    past_mean_cents, last_due_cents. `balances`: debtor_id, balance_cents.
    """

    through: date
    due: pl.DataFrame
    usage: pl.DataFrame
    past_use: pl.DataFrame
    past_bills: pl.DataFrame
    balances: pl.DataFrame
    schedules: Mapping[int, Schedule]
    services: Mapping[str, int]

    @property
    def last_agreement_id(self) -> int:
        """Return the newest agreement that was known when the columns were read."""
        return int(self.due["agreement_id"].max() or 0)  # type: ignore[arg-type]  # ids are integers


@dataclass(frozen=True, slots=True)
class Drafted:
    """The rows of a partition, as they are written, but for the run they belong to."""

    bills: pl.DataFrame
    lines: pl.DataFrame
    dispositions: pl.DataFrame
    findings: pl.DataFrame


def draft(columns: Columns, limits: Limits) -> Drafted:
    """Calculate the bills of a partition."""
    settled = settle(
        columns.due,
        columns.usage,
        through=columns.through,
        days_min=(limits.days_min or DAYS_MIN_ASSUMED) // WAITING_SHARE,
    )
    rated = columns.due.select("agreement_id", "service_id", "schedule_version_id", "customer_class", "inputs")
    segments = settled.billed.join(rated, on="agreement_id")
    charges = _whole_agreements(charge(segments, columns.schedules, columns.services))
    bills = _bills(charges.lines, columns)
    findings = find(bills=bills, segments=_judged(segments, charges, columns), limits=limits)
    blocked = (
        findings.filter("blocking")
        .group_by("account_id", maintain_order=True)
        .agg(pl.col("code").unique(maintain_order=True).str.join(", ").alias("reason"))
    )
    lines = _numbered(charges.lines, columns)
    return Drafted(
        bills=bills.select(
            "account_id", "debtor_id", "starts_on", "ends_on", "days", "total_cents",
            "prior_balance_cents", "payments_cents",
            pl.col("account_id").is_in(blocked["account_id"].implode()).alias("held"),
        ),
        lines=lines,
        dispositions=pl.concat(
            [settled.unbilled, _refused(charges, columns), _held(lines, blocked)]
        ),
        findings=findings,
    )  # fmt: skip


def _whole_agreements(charges: Charges) -> Charges:
    """Leave out every line of an agreement of which any segment was refused."""
    problems = charges.problems.unique("agreement_id", keep="first", maintain_order=True)
    return Charges(charges.lines.join(problems, on="agreement_id", how="anti"), problems)


def _bills(lines: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    """Return one row for each account with a line, with its past beside it."""
    by_service = lines.group_by("account_id", "service_id").agg(pl.col("amount_cents").sum())
    least = by_service.group_by("account_id").agg(
        pl.col("amount_cents").sum().alias("total_cents"),
        pl.col("amount_cents").min().alias("smallest_service_cents"),
    )
    period = lines.group_by("account_id").agg(pl.col("starts_on").min(), pl.col("ends_on").max())
    debtors = columns.due.select("account_id", "debtor_id").unique("account_id")
    owed = pl.col("balance_cents").fill_null(0)
    last_due = pl.col("last_due_cents")
    return (
        period.join(least, on="account_id")
        .join(debtors, on="account_id")
        .join(columns.past_bills, on="account_id", how="left")
        .join(columns.balances, on="debtor_id", how="left")
        .with_columns(
            days=(pl.col("ends_on") - pl.col("starts_on")).dt.total_days(),
            prior_balance_cents=pl.coalesce(last_due, owed),
            # All that changed the balance since the last bill: payments, credits, corrections.
            payments_cents=pl.coalesce(last_due, owed) - owed,
        )
        .sort("account_id")
    )


def _judged(segments: pl.DataFrame, charges: Charges, columns: Columns) -> pl.DataFrame:
    """Return the segments that were priced, with what the review compares them to."""
    kinds = columns.usage.select("usage_id", "read_kind")
    return (
        segments.join(charges.problems, on="agreement_id", how="anti")
        .join(columns.due.select("agreement_id", closes_on="ends_on"), on="agreement_id")
        .join(columns.past_use, on="agreement_id", how="left")
        .join(kinds, on="usage_id", how="left")
        .with_columns(ends_agreement=pl.col("closes_on") == pl.col("ends_on"))
    )


def _numbered(lines: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    """Return the lines in printing order: by agreement as it began, by period, as the rate has them."""
    services = columns.due.select("agreement_id", "rank").unique("agreement_id")
    return (
        lines.join(services, on="agreement_id")
        .sort("account_id", "rank", "agreement_id", "starts_on", "order")
        .with_columns(line_number=pl.int_range(1, pl.len() + 1).over("account_id"))
        .drop("rank", "order")
    )


def _refused(charges: Charges, columns: Columns) -> pl.DataFrame:
    accounts = columns.due.select("agreement_id", "account_id")
    return charges.problems.join(accounts, on="agreement_id").select(
        "account_id",
        "agreement_id",
        pl.lit("held").alias("kind"),
        pl.lit(Reason.NO_RATE.value).alias("reason"),
        pl.col("problem").alias("detail"),
    )


def _held(lines: pl.DataFrame, blocked: pl.DataFrame) -> pl.DataFrame:
    """Return a disposition for each agreement on a bill that waits for somebody's decision."""
    return (
        lines.select("account_id", "agreement_id")
        .unique(maintain_order=True)
        .join(blocked, on="account_id")
        .select(
            "account_id",
            "agreement_id",
            pl.lit("held").alias("kind"),
            "reason",
            pl.lit("Waits for review.").alias("detail"),
        )
    )
