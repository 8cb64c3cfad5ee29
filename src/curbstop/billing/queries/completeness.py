"""Completeness: every agreement active in a run is billed, held for a reason, or exempt.

Real cities lost whole neighborhoods to silence (trust.md P10), so this is asked before a run may be
approved, and again by `curbstop prove` of every run that was released.
"""

import polars as pl

from curbstop.billing.models import BillingRun, RunPartition
from curbstop.billing.queries.columns import due_of
from curbstop.foundation.database.copying import read_frame


def completeness_failures(run: BillingRun) -> list[str]:
    """Return a sentence for each active agreement of a drafted run that has no outcome, or two."""
    return [failure for partition in run.partitions.order_by("number") for failure in _failures(run, partition)]


def _failures(run: BillingRun, partition: RunPartition) -> list[str]:
    due, _ = due_of(run, partition)
    outcomes = _outcomes(partition)
    counted = (
        due.select("agreement_id", "account_id")
        .join(outcomes, on="agreement_id", how="full", coalesce=True)
        .filter(pl.col("account_id").is_null() | (pl.col("outcomes").fill_null(0) != 1))
        .sort("agreement_id")
    )
    return [
        f"Agreement {agreement_id} has {outcomes or 0} outcomes."
        if account_id
        else f"Agreement {agreement_id} has an outcome but is not active."
        for agreement_id, account_id, outcomes in counted.select("agreement_id", "account_id", "outcomes").iter_rows()
    ]


def _outcomes(partition: RunPartition) -> pl.DataFrame:
    bounds = [partition.run_id, partition.first_account_id, partition.last_account_id]
    return read_frame(
        "select agreement_id, count(*) as outcomes from ("
        "  select distinct l.agreement_id from billing_draftline l"
        "    join billing_draftbill b on b.run_id = l.run_id and b.account_id = l.account_id"
        "   where l.run_id = %s and l.account_id between %s and %s and not b.held"
        "  union all"
        "  select agreement_id from billing_disposition"
        "   where run_id = %s and account_id between %s and %s) o group by agreement_id",
        bounds * 2,
        {"agreement_id": pl.Int64, "outcomes": pl.Int64},
    )
