"""Cycles and who is in them: inner verbs of loading a city pack and importing customers."""

from collections.abc import Iterable
from datetime import date

import polars as pl

from curbstop.billing.models import Cycle
from curbstop.foundation.database.copying import copy_frame
from curbstop.foundation.database.transactions import require_transaction


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
