"""Posting late charges: one entry a bill, one open item a service, in partitions that are each one transaction.

A run that is killed anywhere goes on where it stopped: a bill that is charged is not charged again, as the database
admits one penalty per bill and step and no day of interest twice.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import polars as pl
from django.db import connection

from curbstop.collections.domain.late_charges import split_by_share
from curbstop.collections.models import ChargeRun, LateCharge, ProposedCharge
from curbstop.collections.operations.runs import RunRefused
from curbstop.collections.queries.late import BILLS, LateBill, late_bills
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.copying import copy_frame
from curbstop.foundation.database.transactions import require_transaction, transaction
from curbstop.ledger.operations import EntryBatch, PostingRefused, post_entries
from curbstop.ledger.queries import (
    NoOpenBusinessDay,
    accounts_by_role,
    current_business_day,
    lock_open_items,
    overdue_items_frame,
    services,
)

PARTITION = 5_000
WORDS = {"late": "Late penalty", "second": "Second penalty", "interest": "Interest"}


def post_charges(*, run: ChargeRun, by: User, at: datetime) -> int:
    """Post an approved run and return how many bills were charged; call again after an interruption.

    What was paid, held or charged since the proposal is left out, and nothing is charged above what was approved.

    :raises RunRefused: if it is not approved, or no business day is open
    """
    if run.state not in {"approved", "posted"}:
        raise RunRefused(f"This run is {run.state}: a second person approves it first.")
    lines = ProposedCharge.objects.filter(run=run, amount_cents__gt=0).order_by("bill_source", "step")
    approved = list(lines.values_list("bill_source", "step", "amount_cents"))
    if run.state == "approved":
        for first in range(0, len(approved), PARTITION):
            _post_partition(run, approved[first : first + PARTITION], by=by, at=at)
        _finish(run, by=by, at=at)
    return run.charges.count()


@transaction
def _post_partition(run: ChargeRun, approved: Sequence[tuple[str, str, int]], *, by: User, at: datetime) -> None:
    try:
        day = current_business_day()
    except NoOpenBusinessDay as refusal:
        raise RunRefused(str(refusal)) from refusal
    limits = {(source, step): cents for source, step, cents in approved}
    sources = sorted({source for source, _, _ in approved})
    # Whoever pays or disputes one of these bills now waits until it is charged, or was first and is seen here.
    lock_open_items(overdue_items_frame(before=run.on, sources=BILLS, only=sources)["open_item_id"])
    bills = [
        _at_most(bill, limits[bill.bill_source, bill.step])
        for bill in late_bills(run.kind, on=run.on, only=sources)
        if bill.amount_cents and (bill.bill_source, bill.step) in limits
    ]
    post_late_charges(bills, run=run, kind=run.kind, day=day, by=by, at=at)


def post_late_charges(
    bills: Sequence[LateBill], *, run: ChargeRun | None, kind: str, day: date, by: User, at: datetime
) -> list[int]:
    """Post one entry for each bill and return the ids of the charges, in the same order.

    :raises RunRefused: if the ledger refuses the day
    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    if not bills:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence('collections_latecharge', 'id')) from generate_series(1, %s)",
            [len(bills)],
        )
        ids = [int(row[0]) for row in cursor.fetchall()]
    try:
        posted = post_entries(_journal(bills, ids, kind=kind, day=day, by=by, at=at))
    except PostingRefused as refusal:
        raise RunRefused(str(refusal)) from refusal
    rows = [
        {
            "id": pk,
            "run_id": None if run is None else run.pk,
            "kind": kind,
            **{name: getattr(bill, name) for name in CHARGE_FACTS},
            "entry_id": posted.first_entry_id + index,
            "at": at,
        }
        for index, (pk, bill) in enumerate(zip(ids, bills, strict=True))
    ]
    copy_frame(LateCharge._meta.db_table, pl.DataFrame(rows, schema=CHARGE_SCHEMA))
    return ids


CHARGE_FACTS = (
    "step", "bill_source", "debtor_id", "due_on", "base_cents", "amount_cents", "starts_on", "ends_on", "derivation",
)  # fmt: skip
CHARGE_SCHEMA: dict[str, pl.DataType] = {
    "id": pl.Int64(),
    "run_id": pl.Int64(),
    "kind": pl.String(),
    "step": pl.String(),
    "bill_source": pl.String(),
    "debtor_id": pl.Int64(),
    "due_on": pl.Date(),
    "base_cents": pl.Int64(),
    "amount_cents": pl.Int64(),
    "starts_on": pl.Date(),
    "ends_on": pl.Date(),
    "derivation": pl.String(),
    "entry_id": pl.Int64(),
    "at": pl.Datetime("us", "UTC"),
}


def _at_most(bill: LateBill, cents: int) -> LateBill:
    """Return the bill charged no more than was approved."""
    if bill.amount_cents <= cents:
        return bill
    return replace(bill, amount_cents=cents, shares=split_by_share(cents, bill.shares))


def _journal(
    bills: Sequence[LateBill], ids: Sequence[int], *, kind: str, day: date, by: User, at: datetime
) -> EntryBatch:
    accounts = {service.pk: service for service in services()}
    revenue = accounts_by_role().get(f"{kind}_revenue")
    postings: list[tuple[int, int, int | None, int, int]] = []
    items = []
    for index, (pk, bill) in enumerate(zip(ids, bills, strict=True)):
        words, number = WORDS[bill.step], bill.bill_source.removeprefix(BILLS)
        for service_id, cents in sorted(bill.shares.items()):
            service = accounts[service_id]
            postings.append((index, service.receivable_id, bill.debtor_id, cents, 0))
            postings.append((index, revenue or service.revenue_id, None, 0, cents))
            items.append(
                {
                    "entry_index": index,
                    "debtor_id": bill.debtor_id,
                    "service_id": service_id,
                    # The bill's own due date, so that a payment meets the penalty beside what it is for.
                    "due_on": bill.due_on,
                    "amount_cents": cents,
                    "priority": service.rank,
                    "charge": kind,
                    "source": f"collections.late_charge:{pk}",
                    "label": f"{words}, {service.name_en}, bill {number}",
                }
            )
    entries = {
        "kind": kind,
        "business_date": day,
        "memo": [f"{WORDS[bill.step]} of bill {bill.bill_source.removeprefix(BILLS)}" for bill in bills],
        "actor_id": by.pk,
        "source": [f"collections.late_charge:{pk}" for pk in ids],
        "posted_at": at,
    }
    columns = ["entry_index", "gl_account_id", "debtor_id", "debit_cents", "credit_cents"]
    return EntryBatch(
        entries=pl.DataFrame(entries),
        postings=pl.DataFrame(postings, schema=columns, orient="row", infer_schema_length=None),
        items=pl.DataFrame(items, infer_schema_length=None),
    )


@transaction
def _finish(run: ChargeRun, *, by: User, at: datetime) -> None:
    run.posted_at = at
    ChargeRun.objects.filter(pk=run.pk, posted_at=None).update(posted_at=at)
    total = sum(run.charges.values_list("amount_cents", flat=True))
    detail = {"bills": run.charges.count(), "total_cents": total}
    audit.record(actor=by, event="collections.run.posted", subject=run, at=at, detail=detail)
