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
from curbstop.billing.domain.findings import Code, Limits, Outsorting, Stage, ordered
from curbstop.billing.domain.outsorting import after_assembly, after_rating
from curbstop.billing.domain.proving import unproven
from curbstop.billing.domain.rate_changes import with_rate_changes
from curbstop.billing.domain.segments import Reason, settle
from curbstop.rates.domain.schedule import Schedule

# Half of the shortest usual period: an agreement with fewer days than that began, or was billed,
# just now and waits for the next run. A city without a limit is taken to bill by the month.
DAYS_MIN_ASSUMED: Final = 25
WAITING_SHARE: Final = 2
# The input by which a rate asks whether a place lies within the city.
CITY_LIMITS: Final = "city_limits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What a partition is drafted from; each frame names its columns where it is read.

    `due`: account_id, agreement_id, debtor_id, service_id, starts_on, ends_on, billed_to, due_from,
    due_to, schedule_version_id, customer_class, inputs, needs_usage (null without a rate).
    `usage`: usage_id, agreement_id, starts_on, ends_on, quantity, unit, meter_size, read_kind, meter_serial.
    `past_use`: agreement_id, past_periods, year_daily, last_daily, past_quantity, past_serial.
    `past_bills`: account_id, past_bills, past_mean_cents, daily_cents, last_cents, last_due_cents.
    `balances`: debtor_id, balance_cents. `undeliverable` and `outside`: account_id alone.
    `exempt`: agreement_id, reason. `rate_stretches`: the rates of agreements whose rate changes (rate_changes.py).
    """

    through: date
    bill_on: date
    due: pl.DataFrame
    usage: pl.DataFrame
    past_use: pl.DataFrame
    past_bills: pl.DataFrame
    balances: pl.DataFrame
    undeliverable: pl.DataFrame
    outside: pl.DataFrame
    exempt: pl.DataFrame
    rate_stretches: pl.DataFrame
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
    due = columns.due.join(columns.exempt, on="agreement_id", how="anti")
    settled = settle(
        due,
        columns.usage,
        through=columns.through,
        days_min=(limits.days_min or DAYS_MIN_ASSUMED) // WAITING_SHARE,
    )
    rated = columns.due.select("agreement_id", "service_id", "schedule_version_id", "customer_class", "inputs")
    segments = settled.billed.join(rated, on="agreement_id")
    charges = _whole_agreements(_charged(segments, columns))
    bills = _bills(charges.lines, columns)
    judged = _judged(segments, charges, columns)
    lines = _numbered(charges.lines, columns)
    findings = ordered(
        [
            after_rating(judged, limits),
            after_assembly(_addressed(bills, columns), limits),
            _without_proof(lines, bills, columns.schedules),
        ]
    )
    blocked = (
        findings.filter("blocking")
        .group_by("account_id", maintain_order=True)
        .agg(pl.col("code").unique(maintain_order=True).str.join(", ").alias("reason"))
    )
    return Drafted(
        bills=bills.select(
            "account_id", "debtor_id", "starts_on", "ends_on", "days", "total_cents",
            "prior_balance_cents", "payments_cents", "forecast_cents",
            pl.col("account_id").is_in(blocked["account_id"].implode()).alias("held"),
        ),
        lines=lines,
        dispositions=pl.concat(
            [settled.unbilled, _exempted(columns), _refused(charges, columns), _held(lines, blocked)]
        ),
        findings=findings,
    )  # fmt: skip


def _without_proof(lines: pl.DataFrame, bills: pl.DataFrame, schedules: Mapping[int, Schedule]) -> pl.DataFrame:
    """Return a finding for each bill that the independent checker does not get from its derivations."""
    versions = {version_id: (schedule.name, schedule.version) for version_id, schedule in schedules.items()}
    found = unproven(lines, bills, versions).with_columns(agreement_id=pl.lit(None, pl.Int64))
    sort = Outsorting(Stage.ASSEMBLY, frozenset())
    return sort.listed(found, pl.lit(value=True), Code.PROOF, ["faults"], blocking=True)


def _charged(segments: pl.DataFrame, columns: Columns) -> Charges:
    """Price the segments, each by the rate of its days where it changes."""
    rated = with_rate_changes(segments, columns.rate_stretches, columns.schedules, bill_on=columns.bill_on)
    charges = charge(rated.segments, columns.schedules, columns.services)
    return Charges(charges.lines, pl.concat([rated.problems, charges.problems]))


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
        .with_columns(forecast_cents=(pl.col("daily_cents") * pl.col("days")).round().cast(pl.Int64))
        .sort("account_id")
    )


def _judged(segments: pl.DataFrame, charges: Charges, columns: Columns) -> pl.DataFrame:
    """Return the segments that were priced, with what the review compares them to."""
    kinds = columns.usage.select("usage_id", "agreement_id", "read_kind", "meter_serial", is_metered=pl.lit(value=True))
    return (
        segments.join(charges.problems, on="agreement_id", how="anti")
        .join(columns.due.select("agreement_id", closes_on="ends_on"), on="agreement_id")
        .join(columns.past_use, on="agreement_id", how="left")
        .join(kinds, on=["usage_id", "agreement_id"], how="left")
        .with_columns(
            pl.col("is_metered").fill_null(value=False), ends_agreement=pl.col("closes_on") == pl.col("ends_on")
        )
    )


def _addressed(bills: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    """Return the bills with whether they can be mailed, and whether their rate takes them for outside the city."""
    account, inputs = pl.col("account_id"), pl.col("inputs")
    asked = columns.due.filter(inputs.str.contains(CITY_LIMITS, literal=True))
    value = inputs.str.json_path_match(f"$.{CITY_LIMITS}").str.to_lowercase()
    says = asked.group_by("account_id").agg(says_outside=value.str.starts_with("out").any())
    return bills.join(says, on="account_id", how="left").with_columns(
        is_deliverable=~account.is_in(columns.undeliverable["account_id"].implode()),
        is_outside=account.is_in(columns.outside["account_id"].implode()),
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


def _exempted(columns: Columns) -> pl.DataFrame:
    """Return the dispositions of services that two people exempted from billing."""
    exempt = columns.due.join(columns.exempt, on="agreement_id")
    return exempt.select(
        "account_id",
        "agreement_id",
        pl.lit("exempt").alias("kind"),
        pl.lit(Reason.EXEMPT.value).alias("reason"),
        pl.col("exemption").alias("detail"),
        pl.col("due_from").alias("since_on"),
    )


def _refused(charges: Charges, columns: Columns) -> pl.DataFrame:
    accounts = columns.due.select("agreement_id", "account_id", "due_from")
    return charges.problems.join(accounts, on="agreement_id").select(
        "account_id",
        "agreement_id",
        pl.lit("held").alias("kind"),
        pl.lit(Reason.NO_RATE.value).alias("reason"),
        pl.col("problem").alias("detail"),
        pl.col("due_from").alias("since_on"),
    )


def _held(lines: pl.DataFrame, blocked: pl.DataFrame) -> pl.DataFrame:
    """Return a disposition for each agreement on a bill that waits for somebody's decision."""
    return (
        lines.join(blocked, on="account_id")
        .group_by("account_id", "agreement_id", "reason", maintain_order=True)
        .agg(pl.col("starts_on").min().alias("since_on"))
        .select(
            "account_id",
            "agreement_id",
            pl.lit("held").alias("kind"),
            "reason",
            pl.lit("Waits for review.").alias("detail"),
            "since_on",
        )
    )
