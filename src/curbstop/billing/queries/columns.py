"""The columns a partition is drafted and released from: each room offers its own, none is joined."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import polars as pl
from django.db.models import Q

from curbstop.billing.domain.averages import under
from curbstop.billing.domain.charges import is_priced_by_use
from curbstop.billing.domain.drafting import Columns
from curbstop.billing.domain.findings import Limits
from curbstop.billing.domain.partitions import Stretch
from curbstop.billing.domain.segments import active
from curbstop.billing.models import BillingRun, Cycle, CycleAssignment, DraftBill, RunPartition
from curbstop.billing.queries.averages import averages_frame
from curbstop.customers.queries import agreements_frame, outside_accounts, undeliverable_accounts
from curbstop.foundation.database.copying import read_frame
from curbstop.ledger.queries import balances_of, services
from curbstop.metering.queries import usage_history
from curbstop.ordinances.queries import RuleValueRow, values_under
from curbstop.rates.domain.schedule import Schedule
from curbstop.rates.queries import assignments_frame, compiled_schedule, rate_stretches_frame

# A year and a month: the same period last year is part of what a bill is compared with.
PAST_DAYS = 396
# A bill or a use at most this far from a year ago is of the same period of last year.
SAME_PERIOD_DAYS = 45
A_YEAR = timedelta(days=365)
LAST_PERIODS = 3


def account_ids_in(cycles: Iterable[Cycle], through: date) -> Sequence[int]:
    """Return the accounts that are in any of the cycles on the last day that a run bills, in order."""
    on = Q(starts_on__lt=through) & (Q(ends_on=None) | Q(ends_on__gte=through))
    found = CycleAssignment.objects.filter(on, cycle__in=list(cycles)).order_by("account_id")
    return list(found.values_list("account_id", flat=True))


def columns_of(run: BillingRun, stretch: Stretch) -> Columns:
    """Return everything that a stretch of a run's accounts is drafted from: a partition's, or a single account."""
    due, schedules = due_of(run, stretch)
    agreement_ids = due["agreement_id"].to_list()
    use = usage_history(agreement_ids, since=_earliest(due, run.through_on))
    waiting, past_use = _divided(use, due, run.through_on)
    balances = balances_of(due["debtor_id"].unique().to_list())
    bounds = {"first_account_id": stretch.first_account_id, "last_account_id": stretch.last_account_id}
    stretches = _rate_stretches(due, run, bounds)
    schedules |= {
        version: compiled_schedule(version)
        for version in stretches["schedule_version_id"].unique().to_list()
        if version not in schedules
    }
    return Columns(
        through=run.through_on,
        bill_on=run.bill_on,
        due=due,
        usage=waiting,
        past_use=past_use,
        past_bills=_past_bills(run, stretch),
        balances=pl.DataFrame(
            {"debtor_id": list(balances), "balance_cents": list(balances.values())},
            schema={"debtor_id": pl.Int64, "balance_cents": pl.Int64},
        ),
        undeliverable=undeliverable_accounts(**bounds),
        outside=outside_accounts(**bounds),
        exempt=_exempt(agreement_ids, run),
        rate_stretches=stretches,
        schedules=schedules,
        services={service.code: service.pk for service in services()},
    )


def _earliest(due: pl.DataFrame, through: date) -> date:
    """Return the day from which use matters: that of the oldest unbilled day, and a year for comparison."""
    year_ago = through - timedelta(days=PAST_DAYS)
    oldest: date | None = due.select(pl.col("due_from").min()).item()
    return year_ago if oldest is None else min(oldest, year_ago)


def due_of(run: BillingRun, stretch: Stretch) -> tuple[pl.DataFrame, dict[int, Schedule]]:
    """Return the agreements of a stretch that have days to be billed by a run, with their rates."""
    first, last = stretch.first_account_id, stretch.last_account_id
    agreements = (
        agreements_frame(first_account_id=first, last_account_id=last)
        .join(chosen_accounts(run, stretch), on="account_id")
        .join(services_frame().select("service_id", "rank"), on="service_id")
    )
    if run.kind == BillingRun.Kind.FINAL:
        agreements = agreements.filter(pl.col("ends_on") <= run.through_on)
    billed = billed_to(agreements["agreement_id"], run)
    due = active(agreements.join(billed, on="agreement_id", how="left"), through=run.through_on)
    # The rate of the last billed day: one that begins on the day after charges for nothing yet.
    last_day = run.through_on - timedelta(days=1)
    rates = assignments_frame(first_account_id=first, last_account_id=last, on=last_day)
    rates = under(rates, averages_frame(first_account_id=first, last_account_id=last, on=last_day))
    schedules = {
        version: compiled_schedule(version) for version in rates["schedule_version_id"].drop_nulls().unique().to_list()
    }
    return due.join(_with_needs(rates, schedules), on="agreement_id", how="left"), schedules


def _rate_stretches(due: pl.DataFrame, run: BillingRun, bounds: dict[str, int]) -> pl.DataFrame:
    """Return the rates of the agreements whose rate changes in the days that are due, or up to the bill."""
    oldest: date | None = due.select(pl.col("due_from").min()).item()
    last_day = max(run.through_on, run.bill_on)
    return rate_stretches_frame(
        **bounds, from_on=oldest or run.through_on, to_on=last_day + timedelta(days=1), changing_only=True
    )


def _with_needs(rates: pl.DataFrame, schedules: dict[int, Schedule]) -> pl.DataFrame:
    """Add whether each agreement is charged by use; a class that the schedule lacks has no rate."""
    kinds = rates.select("schedule_version_id", "customer_class").unique().drop_nulls()
    needs = pl.Series(
        [is_priced_by_use(schedules[version], name) for version, name in kinds.iter_rows()],
        dtype=pl.Boolean,
    )
    return rates.select("agreement_id", "schedule_version_id", "customer_class", pl.col("inputs").cast(pl.String)).join(
        kinds.with_columns(needs_usage=needs), on=["schedule_version_id", "customer_class"], how="left"
    )


def chosen_accounts(run: BillingRun, stretch: Stretch) -> pl.DataFrame:
    """Return the accounts that a run bills, and the day from which each is billed: the first in any cycle.

    An account that moved to another cycle before its first bill is billed from where it began.
    """
    query = """
        select c.account_id, (select min(b.starts_on) from billing_cycleassignment b
                               where b.account_id = c.account_id) as cycle_starts_on
          from (select a.account_id from billing_runcycle r
                  join billing_cycleassignment a on a.cycle_id = r.cycle_id
                 where r.run_id = %(run)s and a.account_id between %(first)s and %(last)s
                   and a.starts_on < %(through)s and (a.ends_on is null or a.ends_on >= %(through)s)
                union
                select account_id from billing_runaccount
                 where run_id = %(run)s and account_id between %(first)s and %(last)s) c"""
    bounds = {"first": stretch.first_account_id, "last": stretch.last_account_id}
    return read_frame(
        query,
        {"run": run.pk, "through": run.through_on, **bounds},
        {"account_id": pl.Int64, "cycle_starts_on": pl.Date},
    )


def _exempt(agreement_ids: Sequence[int], run: BillingRun) -> pl.DataFrame:
    """Return the agreements that nobody bills on a run's last day, and why (agreement_id, exemption)."""
    return read_frame(
        "select distinct on (agreement_id) agreement_id, reason as exemption from billing_exemption"
        " where agreement_id = any(%(ids)s) and approved_at is not null"
        "   and starts_on < %(through)s and (ends_on is null or ends_on >= %(through)s)"
        " order by agreement_id, id desc",
        {"ids": list(agreement_ids), "through": run.through_on},
        {"agreement_id": pl.Int64, "exemption": pl.String},
    )


def billed_to(agreement_ids: pl.Series, run: BillingRun | None = None) -> pl.DataFrame:
    """Return the day up to which each agreement was billed before a run, or by now; the fuse's own index finds it.

    Asked of a released run, it answers as it did on the day of the approval.
    """
    return read_frame(
        "select p.agreement_id, max(upper(p.period)) as billed_to from billing_billedperiod p"
        " where p.agreement_id between %(first)s and %(last)s"
        "   and (%(number)s::bigint is null and not p.cancelled"
        "        or p.bill_id < %(number)s and (not p.cancelled or exists ("
        "          select from billing_bill b where b.id = p.bill_id and b.cancelled_at > %(at)s)))"
        " group by p.agreement_id",
        {
            "first": agreement_ids.min(),
            "last": agreement_ids.max(),
            "number": run and run.first_bill_number,
            "at": run and run.approved_at,
        },
        {"agreement_id": pl.Int64, "billed_to": pl.Date},
    )


def _past_bills(run: BillingRun, stretch: Stretch) -> pl.DataFrame:
    """Return the bills of the last year for each account, and what was due with the last one.

    `daily_cents` is what a day cost in the same period of last year, else over the year: the forecast.
    """
    return read_frame(
        "select account_id, count(*) as past_bills, avg(total_cents)::float8 as past_mean_cents,"
        "       coalesce(sum(total_cents) filter (where bill_on <= %(last_year)s)::float8"
        "                / sum(days) filter (where bill_on <= %(last_year)s),"
        "                sum(total_cents)::float8 / sum(days)) as daily_cents,"
        "       (array_agg(total_cents order by id desc))[1] as last_cents,"
        "       (array_agg(prior_balance_cents - payments_cents + total_cents"
        "                  order by id desc))[1] as last_due_cents"
        "  from billing_bill where account_id between %(first)s and %(last)s"
        "   and cancelled_at is null and bill_on > %(since)s group by account_id",
        {
            "first": stretch.first_account_id,
            "last": stretch.last_account_id,
            "since": run.bill_on - timedelta(days=PAST_DAYS),
            "last_year": run.bill_on - A_YEAR + timedelta(days=SAME_PERIOD_DAYS),
        },
        {
            "account_id": pl.Int64,
            "past_bills": pl.Int64,
            "past_mean_cents": pl.Float64,
            "daily_cents": pl.Float64,
            "last_cents": pl.Int64,
            "last_due_cents": pl.Int64,
        },
    )


def _divided(use: pl.DataFrame, due: pl.DataFrame, through: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the use that waits to be billed, and what each agreement used a day before it."""
    dated = use.join(due.select("agreement_id", "due_from"), on="agreement_id", maintain_order="left")
    waits = (pl.col("ends_on") > pl.col("due_from")) & (pl.col("ends_on") <= through) & (pl.col("kind") != "history")
    waiting = dated.filter(waits).select(
        "usage_id", "agreement_id", "starts_on", "ends_on", "unit", "meter_size", "read_kind", "meter_serial",
        pl.col("billed").alias("quantity"), "returned",
    )  # fmt: skip
    # Ordered by agreement and day, as `usage_history` is.
    past = dated.filter(pl.col("ends_on") <= pl.col("due_from")).with_columns(used=pl.col("billed").cast(pl.Float64))
    year_ago = through - A_YEAR
    near = timedelta(days=SAME_PERIOD_DAYS)
    same = pl.col("ends_on").is_between(year_ago - near, year_ago + near)
    used, days = pl.col("used"), pl.col("days")
    return waiting, past.group_by("agreement_id", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("past_periods"),
        # No day of last year is none, not nothing: the division leaves a NaN, which is no baseline.
        (used.filter(same).sum() / days.filter(same).sum()).fill_nan(None).alias("year_daily"),
        (used.tail(LAST_PERIODS).sum() / days.tail(LAST_PERIODS).sum()).alias("last_daily"),
        pl.col("billed").last().alias("past_quantity"),
        pl.col("meter_serial").last().alias("past_serial"),
    )


def services_frame() -> pl.DataFrame:
    """Return the services with the accounts they are posted to."""
    return pl.DataFrame(
        [(each.pk, each.code, each.name_en, each.receivable_id, each.revenue_id, each.rank) for each in services()],
        schema={
            "service_id": pl.Int64,
            "code": pl.String,
            "name": pl.String,
            "receivable_id": pl.Int64,
            "revenue_id": pl.Int64,
            "rank": pl.Int64,
        },
        orient="row",
    )


def releasable_bills(partition: RunPartition) -> pl.DataFrame:
    """Return the drafted bills of a partition that are not held, in the order of their accounts."""
    return read_frame(
        "select account_id, debtor_id, total_cents from billing_draftbill"
        " where run_id = %s and account_id between %s and %s and not held order by account_id",
        [partition.run_id, partition.first_account_id, partition.last_account_id],
        {"account_id": pl.Int64, "debtor_id": pl.Int64, "total_cents": pl.Int64},
    )


def held_accounts(partition: RunPartition) -> list[int]:
    """Return the accounts of a partition whose drafted bill is held."""
    held = DraftBill.objects.filter(
        run_id=partition.run_id,
        account_id__gte=partition.first_account_id,
        account_id__lte=partition.last_account_id,
        held=True,
    )
    return list(held.values_list("account_id", flat=True))


def service_totals(partition: RunPartition) -> pl.DataFrame:
    """Return what the drafted lines of a partition add up to by account and service."""
    return read_frame(
        "select account_id, service_id, sum(amount_cents)::bigint as cents from billing_draftline"
        " where run_id = %s and account_id between %s and %s group by account_id, service_id",
        [partition.run_id, partition.first_account_id, partition.last_account_id],
        {"account_id": pl.Int64, "service_id": pl.Int64, "cents": pl.Int64},
    )


def limits_on(on: date) -> Limits:
    """Return the city's limits for the review of a run, as they stand on its bill date."""
    rules = {row.code: row for row in values_under("billing.", on)}

    def rule(code: str) -> RuleValueRow | None:
        return rules.get(f"billing.{code}")

    def number(code: str) -> int | None:
        found = rule(code)
        return None if found is None else found.number

    def factor(code: str) -> float | None:
        found = rule(code)
        return None if found is None else float(found.decimal)

    def cents(code: str) -> int | None:
        found = rule(code)
        return None if found is None else found.cents

    usual, holding = rule("usage_of_class"), rule("holding_codes")
    return Limits(
        days_min=number("period_days_min"),
        days_max=number("period_days_max"),
        high_factor=factor("usage_high_factor"),
        high_change_ccf=factor("usage_high_change_min"),
        low_factor=factor("usage_low_factor"),
        low_change_ccf=factor("usage_low_change_min"),
        same_over_ccf=factor("usage_same_over"),
        review_over_cents=cents("review_over"),
        hold_factor=factor("hold_factor"),
        hold_over_cents=cents("hold_over"),
        hold_low_factor=factor("hold_low_factor"),
        total_change_percent=factor("run_total_change_max"),
        class_daily_ccf={} if usual is None else {name: float(each) for name, each in usual.value.items()},
        holding=frozenset() if holding is None else frozenset(holding.words),
    )
