"""The demo city: three thousand accounts whose meters were read for fourteen months before the first bill.

What was read before the changeover is history: it is shown and compared with, but never billed again. The
reads of the business day are not loaded; they come as a file, as they would from the people who read them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from curbstop.customers.queries import account_bounds
from curbstop.demo.population import Plan, population
from curbstop.demo.reads import as_csv, read_table
from curbstop.foundation.access.models import User
from curbstop.foundation.periods import add_months
from curbstop.journeys.domain.intake import Intake
from curbstop.journeys.operations.customers_import import TakenOver, import_customers
from curbstop.metering.imports import read_meter_file
from curbstop.metering.models import Usage
from curbstop.metering.operations import record_reads, settle_usage
from curbstop.metering.queries import AccountRange, usage_policy_on

ACCOUNTS = 3_000
HISTORY_MONTHS = 14
READ_SEED = 7
# The reader needs until this day of the month; the cycle is billed after it.
READ_DAY = 4
CYCLES = ("ODD", "EVEN")
SCHEDULES = {"water": "water_and_sewer", "stormwater": "stormwater", "refuse": "refuse"}

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class City:
    """What was made: the ids, the cycle that is due, the day its meters were read, and the file of those reads."""

    taken: TakenOver
    due_cycle: str
    read_on: date
    reads_csv: bytes


def due_month(on: date) -> date:
    """Return the first day of the month whose reads are in by a day."""
    first = on.replace(day=1)
    return first if on.day > READ_DAY else add_months(first, -1)


def read_days(cycle: str, *, until: date, months: int = HISTORY_MONTHS) -> list[date]:
    """Return the days on which a cycle is read, oldest first: every second month, on the fourth."""
    parity = 1 if cycle == "ODD" else 0
    starts = [add_months(until, -back) for back in range(months, -1, -1)]
    return [start.replace(day=READ_DAY) for start in starts if start.month % 2 == parity]


def make_city(*, on: date, by: User, at: datetime, accounts: int = ACCOUNTS, told: Told = print) -> City:
    """Take over the demo city's customers and the reads before its changeover; the pack must be in force.

    `on` is the business day; the reads of its month wait in `City.reads_csv`.
    """
    month = due_month(on)
    days = {cycle: read_days(cycle, until=month) for cycle in CYCLES}
    due = next(cycle for cycle in CYCLES if days[cycle][-1] == month.replace(day=READ_DAY))
    history = {cycle: days[cycle][:-1] if cycle == due else days[cycle] for cycle in CYCLES}
    plan = Plan(
        accounts=accounts,
        starts_on=min(first for first, *_ in days.values()) - timedelta(days=61),
        cycles=CYCLES,
        billed_from={cycle: history[cycle][-1] for cycle in CYCLES},
        city="Larkspur Bend",
        state="ZZ",
        zip="00010",
        schedules=SCHEDULES,
    )
    told(f"Taking over {accounts:,} accounts")
    intake = population(plan)
    taken = import_customers(intake=intake, by=by, at=at)
    waiting = b""
    for cycle in CYCLES:
        table = _reads_of(intake, cycle, days[cycle], oddities_on=days[due][-1] if cycle == due else None)
        told(f"Loading {len(history[cycle])} months of reads of cycle {cycle}")
        for day in history[cycle]:
            content = as_csv(table.filter(pl.col("read_on") == day))
            file = read_meter_file(content, name=f"reads-{cycle}-{day}.csv")
            record_reads(file=file, on=day, by=by, at=at)
        if cycle == due:
            waiting = as_csv(table.filter(pl.col("read_on") == days[cycle][-1]))
    told("Settling what the former system billed")
    settle_usage(
        accounts=AccountRange(*account_bounds()),
        through=max(day for cycle in CYCLES for day in history[cycle]),
        policy=usage_policy_on(on),
        by=by,
        at=at,
        kind=Usage.Kind.HISTORY,
    )
    return City(taken=taken, due_cycle=due, read_on=days[due][-1], reads_csv=waiting)


def _reads_of(intake: Intake, cycle: str, days: list[date], *, oddities_on: date | None) -> pl.DataFrame:
    metered = intake.rows.filter(pl.col("meter_serial").is_not_null() & (pl.col("cycle") == cycle)).select(
        (pl.col("account_number").cast(pl.Int64) - 100_001).alias("n"),
        pl.col("meter_serial").alias("meter"),
        "meter_size",
        pl.col("meter_dials").alias("dials"),
        "first_register",
        "starts_on",
    )
    return read_table(metered, days, seed=READ_SEED, oddities_on=oddities_on)
