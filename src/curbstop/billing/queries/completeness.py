"""Completeness: every agreement active in a run is billed, held for a reason, or exempt.

Real cities lost whole neighborhoods to silence (trust.md P10), so this is asked before a run may be
approved, and again by `curbstop prove` of every run that was released.
"""

import polars as pl

from curbstop.billing.models import BillingRun, RunPartition
from curbstop.billing.queries.columns import due_of, held_accounts
from curbstop.foundation.database.copying import read_frame


def completeness_failures(run: BillingRun) -> list[str]:
    """Return a sentence for each active agreement of a drafted run that has no outcome, or two."""
    return [failure for partition in _partitions(run) for failure in _failures(run, partition)]


def agreements_without_outcome(run: BillingRun) -> tuple[int, list[int]]:
    """Return how many agreements a released run had to account for, and those it left out."""
    checked, left_out = 0, []
    for partition in _partitions(run):
        due = _due(run, partition)
        checked += due.height
        missing = due.join(_outcomes_released(run, partition), on="agreement_id", how="anti")
        left_out += missing["agreement_id"].to_list()
    return checked, left_out


def _partitions(run: BillingRun) -> list[RunPartition]:
    return list(run.partitions.order_by("number"))


def _due(run: BillingRun, partition: RunPartition) -> pl.DataFrame:
    due, _ = due_of(run, partition)
    known_then = pl.col("agreement_id") <= partition.last_agreement_id
    return due.filter(known_then) if run.first_bill_number is not None else due


def _failures(run: BillingRun, partition: RunPartition) -> list[str]:
    outcomes = _outcomes_drafted(partition)
    counted = (
        _due(run, partition)
        .select("agreement_id", "account_id")
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


def _outcomes_drafted(partition: RunPartition) -> pl.DataFrame:
    bounds = [partition.run_id, partition.first_account_id, partition.last_account_id]
    return read_frame(
        "select agreement_id, count(*) as outcomes from ("
        "  select distinct l.agreement_id from billing_draftline l"
        "   where l.run_id = %s and l.account_id between %s and %s"
        "     and l.account_id <> all (%s::bigint[])"
        "  union all"
        "  select agreement_id from billing_disposition"
        "   where run_id = %s and account_id between %s and %s) o group by agreement_id",
        [*bounds, held_accounts(partition), *bounds],
        {"agreement_id": pl.Int64, "outcomes": pl.Int64},
    )


def _outcomes_released(run: BillingRun, partition: RunPartition) -> pl.DataFrame:
    first = partition.first_bill_number or 0
    return read_frame(
        "select agreement_id from billing_billedperiod where bill_id between %s and %s"
        " union"
        " select agreement_id from billing_disposition where run_id = %s",
        [first, first + partition.bills - 1, run.pk],
        {"agreement_id": pl.Int64},
    )
