"""Cycles and who is in them: declared by a city pack, joined by imported accounts, changed one account at a time."""

from collections.abc import Iterable
from datetime import date, datetime

import polars as pl

from curbstop.billing.models import Cycle, CycleAssignment, RunCycle
from curbstop.customers.models import Account
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.copying import copy_frame
from curbstop.foundation.database.transactions import refused_by, require_transaction, transaction


class MoveRefused(Exception):
    """The account stays in its cycle; the message says why."""


def declare_cycles(rows: Iterable[tuple[str, str, int]]) -> dict[str, Cycle]:
    """Make sure that the cycles (code, name, months) exist as given and return them by code.

    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    return {
        code: Cycle.objects.update_or_create(code=code, defaults={"name": name, "months": months})[0]
        for code, name, months in rows
    }


def assign_cycle(*, cycle: Cycle, account_ids: Iterable[int], starts_on: date) -> int:
    """Put accounts that have no cycle into one from a day on; return how many there were.

    :raises RuntimeError: outside a transaction
    """
    frame = pl.DataFrame({"account_id": list(account_ids)}, schema={"account_id": pl.Int64})
    return copy_frame(
        "billing_cycleassignment",
        frame.with_columns(cycle_id=pl.lit(cycle.pk, pl.Int64), starts_on=pl.lit(starts_on, pl.Date)),
    )


@transaction
def move_account(*, account: Account, cycle: Cycle, on: date, by: User, at: datetime) -> CycleAssignment:
    """Move an account to another cycle from a day on; what is not billed yet is billed by the new one.

    Its next period is as long as from its last bill to the new cycle's read: the run reviews it (DAYS).

    :raises MoveRefused: if it is in that cycle, came to its own on that day or later, or one of both is being billed
    """
    current = CycleAssignment.objects.select_for_update().filter(account=account, ends_on=None).first()
    if current is not None and current.cycle_id == cycle.pk:
        raise MoveRefused(f"Account {account.number} is in cycle {cycle.code} already.")
    touched = [cycle.pk, *([current.cycle_id] if current else [])]
    # An account in a draft that left its cycle would be billed by both runs, or by neither.
    if busy := RunCycle.objects.select_related("cycle").filter(cycle_id__in=touched, is_open=True).first():
        raise MoveRefused(f"Cycle {busy.cycle.code} is being billed by run {busy.run_id}: release or discard it first.")
    if current is not None:
        came = MoveRefused(f"It came to cycle {current.cycle.code} on {current.starts_on}: choose a later day.")
        with refused_by("cycle_assignment_has_days", came):
            current.ends_on = on
            current.save(update_fields=["ends_on"])
    later = MoveRefused(f"Account {account.number} is in a cycle on {on} or later already.")
    with refused_by("one_cycle_per_account", later):
        moved = CycleAssignment.objects.create(account=account, cycle=cycle, starts_on=on)
    audit.record(
        actor=by,
        event="billing.account.moved",
        subject=f"customers.account:{account.pk}",
        at=at,
        detail={"from": current.cycle.code if current else "", "to": cycle.code, "on": on.isoformat()},
    )
    return moved
