"""Segments: the days and the use that each active agreement is charged for by one run.

Water read on May 1 and May 31 is one segment of thirty days. The sewer next to it has no meter
and takes the water's use and days; the refuse cart is charged for the same days, so that one bill
has one period; when no water was read, the refuse waits too. An agreement that gets no
segment gets a reason, and never both or neither.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import polars as pl


class Reason(StrEnum):
    """Why an agreement is not billed by this run."""

    NO_RATE = "RATE"
    NO_USAGE = "MISSING"
    OVERLAP = "OVERLAP"
    NO_FINAL_READ = "FINAL_READ"
    NOT_DUE = "NOT_DUE"
    EXEMPT = "EXEMPT"


EXEMPT: Final = frozenset({Reason.NOT_DUE, Reason.EXEMPT})

SEGMENT_COLUMNS: Final = (
    "account_id", "agreement_id", "usage_id", "starts_on", "ends_on", "quantity", "unit",
    "meter_size",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segments:
    """What is priced, and what is not, with the reason; together every active agreement once."""

    billed: pl.DataFrame
    unbilled: pl.DataFrame


def active(agreements: pl.DataFrame, *, through: date) -> pl.DataFrame:
    """Return the agreements with days before `through` that no bill charges yet.

    Takes agreement_id, account_id, starts_on, ends_on, billed_to, cycle_starts_on; adds `due_from`
    and `due_to`, the half-open days that wait to be billed.
    """
    # What came before the cycle was billed by the system before this one.
    due_from = pl.coalesce("billed_to", pl.max_horizontal("starts_on", "cycle_starts_on"))
    due_to = pl.min_horizontal(pl.col("ends_on"), pl.lit(through))
    return agreements.with_columns(due_from=due_from, due_to=due_to).filter(pl.col("due_from") < pl.col("due_to"))


def settle(due: pl.DataFrame, usage: pl.DataFrame, *, through: date, days_min: int) -> Segments:
    """Return the segments of the agreements that are due, and a reason for each of the others.

    `due`: what `active` returns, with service_id and needs_usage (null where no rate is assigned).
    `usage`: usage_id, agreement_id, starts_on, ends_on, quantity, unit, meter_size, and returned: what of the
    quantity reaches the sewer (all of it where the column is missing).
    A period shorter than `days_min` waits for the next run, unless the agreement ends in it.
    """
    if "returned" not in usage.columns:
        usage = usage.with_columns(returned="quantity")
    metered, flat = due.filter("needs_usage"), due.filter(~pl.col("needs_usage"))
    own, overlapping = _own_use(metered, usage)
    borrowed = _borrowed_use(metered.join(usage, on="agreement_id", how="anti"), own)
    used = pl.concat([own.select(SEGMENT_COLUMNS), borrowed.select(SEGMENT_COLUMNS)])
    by_day, too_short = _charged_by_day(flat, used, through=through, days_min=days_min)
    found = pl.concat([used.select("agreement_id"), overlapping.select("agreement_id")])
    without = metered.join(found, on="agreement_id", how="anti")
    waits = _waits(through=through, days_min=days_min)
    days = (pl.col("ends_on") - pl.col("starts_on")).dt.total_days()
    # Who left is not billed again: without the final read the last bill would be a guess (rulebook §3.2, FINAL).
    ended = (pl.col("ends_on") <= through).fill_null(value=False)
    stopped = pl.concat(
        [
            _unbilled(overlapping.unique("agreement_id"), Reason.OVERLAP),
            _unbilled(without.filter(~waits & ~ended), Reason.NO_USAGE),
            _unbilled(without.filter(~waits & ended), Reason.NO_FINAL_READ),
        ]
    )
    ready = pl.concat([used, by_day])
    beside = _beside(stopped, own=own, borrowed=borrowed, by_day=by_day)
    billed = ready.join(beside, on="agreement_id", how="anti")
    return Segments(
        billed=billed.with_columns(days=days).sort("account_id", "agreement_id", "starts_on"),
        unbilled=pl.concat(
            [
                _unbilled(due.filter(pl.col("needs_usage").is_null()), Reason.NO_RATE),
                _unbilled(without.filter(waits), Reason.NOT_DUE),
                _unbilled(too_short, Reason.NOT_DUE),
                stopped,
                _waiting(stopped, due.join(beside, on="agreement_id", how="semi")),
            ]
        ),
    )


def _beside(stopped: pl.DataFrame, *, own: pl.DataFrame, borrowed: pl.DataFrame, by_day: pl.DataFrame) -> pl.DataFrame:
    """Return the agreements that wait because a service of their account is stopped.

    Sewer charged by two water meters waits for both, or what the late one adds would never be charged; refuse waits
    where no meter of the account was read, because a bill without water would close the period.
    """
    unread = stopped.join(own, on="account_id", how="anti")
    waiting = (borrowed.join(stopped, on="account_id", how="semi"), by_day.join(unread, on="account_id", how="semi"))
    return pl.concat([rows.select("agreement_id") for rows in waiting]).unique()


def _waiting(stopped: pl.DataFrame, beside: pl.DataFrame) -> pl.DataFrame:
    """Return the reason of the agreements that wait for another service of their account."""
    reasons = stopped.group_by("account_id", maintain_order=True).agg(pl.col("reason").first())
    return beside.join(reasons, on="account_id").select(
        "account_id",
        "agreement_id",
        pl.lit("held").alias("kind"),
        "reason",
        pl.format("Waits for another service of the account; not billed since {}.", pl.col("due_from")).alias("detail"),
        pl.col("due_from").alias("since_on"),
    )


def _waits(*, through: date, days_min: int) -> pl.Expr:
    """Return the condition that few days are due and the agreement goes on."""
    goes_on = pl.col("ends_on").is_null() | (pl.col("ends_on") > through)
    return goes_on & (pl.col("due_from") > through - timedelta(days=days_min))


def _own_use(metered: pl.DataFrame, usage: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the unbilled use of each agreement's own meter, and what a bill covers in part.

    One use that overlaps billed days stops its agreement: a person has to see why.
    """
    days = metered.select("account_id", "agreement_id", "service_id", "due_from", "billed_to")
    recent = usage.join(days, on="agreement_id").filter(pl.col("ends_on") > pl.col("due_from"))
    overlapping = recent.filter(pl.col("starts_on") < pl.col("billed_to"))
    return recent.join(overlapping, on="agreement_id", how="anti"), overlapping


def _borrowed_use(unmetered: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Return for agreements without a meter the use of their account's metered services.

    A second water service whose read is missing borrows nothing: only another service is charged by that use. What
    a meter behind the main kept back, such as a garden's, is not lent (rulebook §1.7).
    """
    metered = own.select("account_id", "service_id").unique()
    unmetered = unmetered.join(metered, on=["account_id", "service_id"], how="anti")
    lenders = own.group_by("account_id", "starts_on", "ends_on", "unit", maintain_order=True).agg(
        pl.col("returned").alias("quantity").sum(), pl.col("meter_size").first(), pl.col("usage_id").first()
    )
    wanted = unmetered.select("account_id", "agreement_id", "due_from", closes_on="ends_on")
    open_then = pl.col("closes_on").is_null() | (pl.col("closes_on") >= pl.col("ends_on"))
    return wanted.join(lenders, on="account_id").filter((pl.col("starts_on") >= pl.col("due_from")) & open_then)


def _charged_by_day(
    flat: pl.DataFrame, used: pl.DataFrame, *, through: date, days_min: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the segments of agreements charged by the day, and the agreements not yet due.

    They are charged up to their account's last read; without one, up to the end of the run.
    """
    reads = used.group_by("account_id").agg(read_on=pl.col("ends_on").max(), meter_size=pl.col("meter_size").first())
    last = pl.min_horizontal("ends_on", pl.coalesce("read_on", pl.lit(through)))
    rows = flat.join(reads, on="account_id", how="left")
    unread = pl.col("read_on").is_null()
    short = (pl.col("due_from") >= last) | (unread & _waits(through=through, days_min=days_min))
    by_day = rows.filter(~short).select(
        "account_id",
        "agreement_id",
        pl.lit(None, pl.Int64).alias("usage_id"),
        pl.col("due_from").alias("starts_on"),
        last.alias("ends_on"),
        pl.lit(None, used.schema["quantity"]).alias("quantity"),
        pl.lit(None, pl.String).alias("unit"),
        "meter_size",
    )
    return by_day, rows.filter(short)


def _unbilled(rows: pl.DataFrame, reason: Reason) -> pl.DataFrame:
    return rows.select(
        "account_id",
        "agreement_id",
        pl.lit("exempt" if reason in EXEMPT else "held").alias("kind"),
        pl.lit(reason.value).alias("reason"),
        pl.format("Not billed since {}.", pl.col("due_from")).alias("detail"),
        pl.col("due_from").alias("since_on"),
    )
