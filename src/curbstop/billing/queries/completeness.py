"""Completeness: every agreement active in a run is billed, held for a reason, or exempt.

Real cities lost whole neighborhoods to silence (trust.md P10), so this is asked before a run may be
approved, and again by `curbstop prove` of every run that was released.
"""

from datetime import date

import polars as pl

from curbstop.billing.models import BillingRun, RunPartition
from curbstop.billing.queries.columns import due_of
from curbstop.foundation.database.copying import read_frame


def completeness_failures(run: BillingRun) -> list[str]:
    """Return a sentence for each active agreement of a drafted run that has no outcome, or two.

    The database asks the same of its own accord before it lets a run be approved
    (constraint ``run_accounts_for_every_service``).
    """
    found = read_frame(
        "select a.number, s.code as service, u.agreement_id, u.outcomes, u.is_due, u.due_from"
        "  from billing_unaccounted(%s) u"
        "  join customers_serviceagreement g on g.id = u.agreement_id"
        "  join customers_account a on a.id = g.account_id"
        "  join customers_servicepoint p on p.id = g.service_point_id"
        "  join ledger_service s on s.id = p.service_id"
        " order by u.agreement_id",
        [run.pk],
    )
    return [_failure(**row) for row in found.iter_rows(named=True)]


def _failure(
    *, number: str, service: str, agreement_id: int, outcomes: int, is_due: bool, due_from: date | None
) -> str:
    named = f"Account {number}, {service} (agreement {agreement_id})"
    if not is_due:
        return f"{named} has an outcome but is not active."
    if outcomes:
        return f"{named} has {outcomes} outcomes."
    return f"{named} is neither billed, held nor exempt; not billed since {due_from}."


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
    return due.filter(pl.col("agreement_id") <= partition.last_agreement_id)


def _outcomes_released(run: BillingRun, partition: RunPartition) -> pl.DataFrame:
    first = partition.first_bill_number or 0
    return read_frame(
        "select agreement_id from billing_billedperiod where bill_id between %s and %s"
        " union"
        " select agreement_id from billing_disposition where run_id = %s",
        [first, first + partition.bills - 1, run.pk],
        {"agreement_id": pl.Int64},
    )
