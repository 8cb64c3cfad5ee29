"""A run of penalties or interest: proposed, looked at, approved by a second person, posted."""

from datetime import datetime

import polars as pl

from curbstop.collections.models import ChargeRun, ProposedCharge
from curbstop.collections.queries.late import LateBill, late_bills
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.approvals import refuse_same_person
from curbstop.foundation.database.copying import copy_frame
from curbstop.foundation.database.transactions import transaction
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day
from curbstop.ordinances.queries import NoSuchRule

LINE_SCHEMA: dict[str, pl.DataType] = {
    "run_id": pl.Int64(),
    "bill_source": pl.String(),
    "debtor_id": pl.Int64(),
    "step": pl.String(),
    "due_on": pl.Date(),
    "unpaid_cents": pl.Int64(),
    "held_cents": pl.Int64(),
    "base_cents": pl.Int64(),
    "amount_cents": pl.Int64(),
    "starts_on": pl.Date(),
    "ends_on": pl.Date(),
    "excluded": pl.String(),
    "derivation": pl.String(),
}


class RunRefused(Exception):
    """The run was not proposed, approved, discarded or posted; the message says why."""


def _one_at_a_time() -> RunRefused:
    return RunRefused("Another run of this kind is open. Post or discard it first.")


@transaction(refusals={"charge_run_one_at_a_time": _one_at_a_time})
def propose_charges(*, kind: str, by: User, at: datetime) -> ChargeRun:
    """List what every late bill is charged on the business day, and why some are not; nothing is posted.

    :raises RunRefused: if no day is open, another run of the kind is, no bill is late, or the city has no such rule
    """
    try:
        on = current_business_day()
        bills = late_bills(kind, on=on)
    except (NoOpenBusinessDay, NoSuchRule) as refusal:
        raise RunRefused(str(refusal)) from refusal
    if not bills:
        raise RunRefused("No bill is late that was not charged already.")
    run = ChargeRun.objects.create(kind=kind, on=on, proposed_by=by, proposed_at=at)
    copy_frame(ProposedCharge._meta.db_table, _lines(run, bills))
    total = sum(bill.amount_cents for bill in bills)
    detail = {"kind": kind, "on": str(on), "bills": len(bills), "total_cents": total}
    audit.record(actor=by, event="collections.run.proposed", subject=run, at=at, detail=detail)
    return run


@transaction
def approve_charges(*, run: ChargeRun, by: User, at: datetime) -> ChargeRun:
    """Approve a run that somebody else proposed; posting it is the next step.

    :raises RunRefused: if the same person proposed it, or it is not proposed any more
    """
    run = _locked(run)
    refuse_same_person(run.proposed_by, by, RunRefused("Who proposed the run cannot approve it: ask a second person."))
    _refuse_unless(run, "proposed")
    run.approved_by, run.approved_at = by, at
    run.save(update_fields=["approved_by", "approved_at"])
    audit.record(actor=by, event="collections.run.approved", subject=run, at=at)
    return run


@transaction
def discard_charges(*, run: ChargeRun, by: User, at: datetime) -> ChargeRun:
    """Throw a run away that nobody approved.

    :raises RunRefused: if it is approved, posted or discarded already
    """
    run = _locked(run)
    _refuse_unless(run, "proposed")
    run.discarded_by, run.discarded_at = by, at
    run.save(update_fields=["discarded_by", "discarded_at"])
    audit.record(actor=by, event="collections.run.discarded", subject=run, at=at)
    return run


def _locked(run: ChargeRun) -> ChargeRun:
    return ChargeRun.objects.select_for_update(of=("self",)).select_related("proposed_by").get(pk=run.pk)


def _refuse_unless(run: ChargeRun, state: str) -> None:
    if run.state != state:
        raise RunRefused(f"This run is {run.state}, not {state}.")


def _lines(run: ChargeRun, bills: list[LateBill]) -> pl.DataFrame:
    rows = [
        {"run_id": run.pk, **{name: getattr(bill, name) for name in LINE_SCHEMA if name != "run_id"}} for bill in bills
    ]
    return pl.DataFrame(rows, schema=LINE_SCHEMA)
