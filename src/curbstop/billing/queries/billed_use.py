"""What was billed, as use: each period that a bill charges an agreement for, with what was used in it.

A rate study prices it again; nothing here is money.
"""

from datetime import date
from typing import Any

import polars as pl

from curbstop.billing.queries.averages import averages_frame
from curbstop.customers.queries import agreements_frame
from curbstop.foundation.database.copying import read_frame
from curbstop.metering.queries import AccountRange, volumes_frame

PERIODS: dict[str, Any] = {
    "account_id": pl.Int64,
    "agreement_id": pl.Int64,
    "usage_id": pl.Int64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
}


def billed_use_frame(accounts: AccountRange, *, from_on: date, to_on: date) -> pl.DataFrame:
    """Return the periods that uncancelled bills charge, which end after one day and by another.

    Columns: account_id, agreement_id, starts_on, ends_on, quantity, unit, meter_size. A period that was charged in
    parts, because a rate changed in it, is one. An agreement without a meter has the use of its account's meters.
    """
    periods = read_frame(
        "select b.account_id, p.agreement_id, p.usage_id, min(lower(p.period)) as starts_on,"
        "       max(upper(p.period)) as ends_on"
        "  from billing_bill b join billing_billedperiod p on p.bill_id = b.id"
        " where b.account_id between %s and %s and b.cancelled_at is null"
        " group by b.account_id, p.agreement_id, p.usage_id, case when p.usage_id is null then p.id end"
        " having max(upper(p.period)) > %s and max(upper(p.period)) <= %s",
        [accounts.first, accounts.last, from_on, to_on],
        PERIODS,
    )
    agreements = agreements_frame(first_account_id=accounts.first, last_account_id=accounts.last)
    volumes = volumes_frame(agreements["agreement_id"].to_list(), from_on=from_on, to_on=to_on).join(
        agreements.select("agreement_id", "account_id"), on="agreement_id"
    )
    lent = volumes.group_by("account_id", "starts_on", "ends_on", "unit").agg(pl.col("billed").sum().alias("lent"))
    used = volumes.join(lent, on=["account_id", "starts_on", "ends_on", "unit"]).select(
        "usage_id", "billed", "lent", "unit", "meter_size", counted_by="agreement_id"
    )
    is_own = pl.col("counted_by") == pl.col("agreement_id")
    return periods.join(used, on="usage_id", how="left").select(
        "account_id", "agreement_id", "starts_on", "ends_on",
        pl.when(is_own).then("billed").otherwise("lent").alias("quantity"), "unit", "meter_size",
    )  # fmt: skip


def averages_by_month(accounts: AccountRange, months: pl.Series) -> pl.DataFrame:
    """Return the averages that set a price at the end of each of some months, given by their last day.

    Columns: agreement_id, month, inputs (JSON text).
    """
    found = [
        averages_frame(first_account_id=accounts.first, last_account_id=accounts.last, on=month).with_columns(
            month=pl.lit(month, pl.Date)
        )
        for month in months.unique().sort().to_list()
    ]
    empty = pl.DataFrame(schema={"agreement_id": pl.Int64, "inputs": pl.String, "month": pl.Date})
    return pl.concat([empty, *found])
