"""The demo city: three thousand accounts whose meters were read for fourteen months before the first bill.

What was read before the changeover is history: it is shown and compared with, but never billed again. The
reads after it are not loaded; they come as files, as they would from the people who read them.
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
# Two months that were billed since the changeover, and the one that is due.
ROUNDS = 3
# The reader needs until this day of the month; the cycle is billed after it.
READ_DAY = 4
CYCLES = ("ODD", "EVEN")
SCHEDULES = {"water": "water_and_sewer", "stormwater": "stormwater", "refuse": "refuse"}

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Round:
    """A cycle whose meters were read on a day, and the file of those reads, which nobody has loaded yet."""

    cycle: str
    read_on: date
    reads_csv: bytes


@dataclass(frozen=True, slots=True)
class City:
    """What was made: the ids, and the rounds of reads that wait to be billed, oldest first."""

    taken: TakenOver
    rounds: tuple[Round, ...]


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

    `on` is the business day; the reads of the last `ROUNDS` months up to it wait in `City.rounds`.
    """
    month = due_month(on)
    days = {cycle: read_days(cycle, until=month) for cycle in CYCLES}
    waiting = sorted((day, cycle) for cycle in CYCLES for day in days[cycle])[-ROUNDS:]
    history = {cycle: [day for day in days[cycle] if (day, cycle) not in waiting] for cycle in CYCLES}
    intake = population(
        Plan(
            accounts=accounts,
            starts_on=min(first for first, *_ in days.values()) - timedelta(days=61),
            cycles=CYCLES,
            billed_from={cycle: history[cycle][-1] for cycle in CYCLES},
            city="Larkspur Bend",
            state="ZZ",
            zip="00010",
            schedules=SCHEDULES,
        )
    )
    told(f"Taking over {accounts:,} accounts")
    taken = import_customers(intake=intake, by=by, at=at)
    odd_day, odd_cycle = waiting[-1]
    tables = {
        cycle: _reads_of(intake, cycle, days[cycle], oddities_on=odd_day if cycle == odd_cycle else None)
        for cycle in CYCLES
    }
    for cycle in CYCLES:
        _load_history(tables[cycle], cycle, history[cycle], by=by, at=at, told=told)
    told("Settling what the former system billed")
    settle_usage(
        accounts=AccountRange(*account_bounds()),
        through=max(day for cycle in CYCLES for day in history[cycle]),
        policy=usage_policy_on(on),
        by=by,
        at=at,
        kind=Usage.Kind.HISTORY,
    )
    rounds = (Round(cycle, day, as_csv(tables[cycle].filter(pl.col("read_on") == day))) for day, cycle in waiting)
    return City(taken=taken, rounds=tuple(rounds))


def _load_history(table: pl.DataFrame, cycle: str, days: list[date], *, by: User, at: datetime, told: Told) -> None:
    told(f"Loading {len(days)} months of reads of cycle {cycle}")
    for day in days:
        content = as_csv(table.filter(pl.col("read_on") == day))
        file = read_meter_file(content, name=f"reads-{cycle}-{day}.csv")
        # The former system has billed these: nobody has to decide about them any more.
        record_reads(file=file, on=day, by=by, at=at, is_reviewed=False)


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
