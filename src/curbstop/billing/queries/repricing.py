"""A released bill priced anew: its days and use, with the rates of its own days, by the engine that made it.

What leaks and wrong meters change is the use alone; when the unchanged use does not give what was billed, whoever
asks proposes nothing.
"""

from datetime import timedelta

import polars as pl
from django.db.models import Sum

from curbstop.billing.domain.averages import under
from curbstop.billing.domain.charges import charge
from curbstop.billing.domain.rate_changes import with_rate_changes
from curbstop.billing.models import Bill, BillLine
from curbstop.billing.queries.averages import averages_frame
from curbstop.billing.queries.billed_use import billed_use_frame
from curbstop.customers.queries import agreements_frame
from curbstop.ledger.queries import services
from curbstop.metering.queries import AccountRange
from curbstop.rates.queries import assignments_frame, compiled_schedule, rate_stretches_frame


def segments_of(bill: Bill) -> pl.DataFrame:
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


def priced(bill: Bill, segments: pl.DataFrame) -> dict[int, int]:
    """Return service → cents of segments by the rates of the bill's days, as the run would have billed them."""
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


def billed_of(bill: Bill) -> dict[int, int]:
    """Return service → cents that a bill charged."""
    lines = BillLine.objects.filter(bill=bill).values("service_id").annotate(cents=Sum("amount_cents")).order_by()
    return {row["service_id"]: row["cents"] for row in lines if row["cents"]}
