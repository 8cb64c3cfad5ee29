"""A year of hourly reads of many meters: checked, kept, looked at for leaks, and made into a midnight read a month.

`vs_scan` is beside Polars doing no more than read the file and add it up, `vs_bare_copy` beside PostgreSQL doing no
more than COPY the rows that were kept into a table without keys; both in the same run.
"""

import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curbstop.bench import memory, scratch
from curbstop.bench.figures import Measured

QUICK_METERS, FULL_METERS = 500, 10_000
METERS_IN_A_PART = 250
HOURS_A_YEAR = 365 * 24
MONTHS = 12
FIRST_DAY = date(2025, 7, 1)
NOON = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)
# In this many of a hundred meters the water never rests for some days.
LEAKING = 2
LEAK_HOURS = 72
MEMORY_MIB = 256


def measure(*, accounts: int = 0, is_full: bool = False) -> Measured:
    """Take in the year of so many meters."""
    meters = accounts or (FULL_METERS if is_full else QUICK_METERS)
    with scratch.scratch_server() as cluster, tempfile.TemporaryDirectory() as folder:
        database = cluster_database()
        scratch.in_a_process(database, found_meters, meters)
        file = Path(folder) / "year.parquet"
        scratch.in_a_process(database, make_year, file)
        scan = scratch.in_a_process(database, scan_seconds, file)
        with memory.watched() as peak:
            taken = scratch.in_a_process(database, take_in, file)
            rolled = scratch.in_a_process(database, roll_year)
        bare = bare_copy_seconds(cluster, database)
        file_mib = file.stat().st_size / memory.KIB_IN_MIB**2
    seconds = taken["seconds"] + rolled["seconds"]
    figures = {
        "meters": float(meters), "intervals": taken["intervals"], "alerts": taken["alerts"], "reads": rolled["reads"],
        "file_mib": file_mib, "import_seconds": taken["seconds"], "roll_seconds": rolled["seconds"],
        "intervals_per_second": taken["intervals"] / seconds, "peak_mib": peak.mib,
        "bytes_an_interval": bare["bytes"] / taken["intervals"],
        "scan_seconds": scan, "bare_copy_seconds": bare["seconds"],
    }  # fmt: skip
    ratios = {"vs_scan": seconds / scan, "vs_bare_copy": seconds / bare["seconds"]}
    return Measured(name="intervals", figures=figures, ratios=ratios)


def cluster_database() -> str:
    """Return the database that the office's settings name."""
    from django.conf import settings

    return str(settings.DATABASES["default"]["NAME"])


def found_meters(count: int) -> None:
    """Put the demo's pack in force and hang so many meters."""
    from curbstop.demo.city import CYCLES, SCHEDULES
    from curbstop.demo.larkspur_bend import PACKS, adopt_pack
    from curbstop.demo.people import make_people
    from curbstop.demo.population import Plan, population
    from curbstop.journeys.operations.customers_import import import_customers

    people = make_people(NOON)
    adopt_pack(PACKS / "larkspur-bend", people=people, at=NOON)
    plan = Plan(
        accounts=count, starts_on=FIRST_DAY, cycles=(CYCLES[0],), billed_from={CYCLES[0]: FIRST_DAY},
        city="Larkspur Bend", state="ZZ", zip="00010", schedules=SCHEDULES,
    )  # fmt: skip
    import_customers(intake=population(plan), by=people["manager"], at=NOON)


def make_year(path: Path) -> None:
    """Write a year of every meter, one after another: mostly rest, showers in the morning, here and there a leak."""
    from curbstop.foundation.database.copying import read_frame
    from curbstop.metering.queries.intervals import city_zone

    begins = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=city_zone()).astimezone(UTC)
    meters = read_frame("select serial, unit from metering_meter order by serial")
    parts = []
    for first in range(0, meters.height, METERS_IN_A_PART):
        some = meters.slice(first, METERS_IN_A_PART)
        parts.append(path.with_suffix(f".{first}"))
        _part(some, begins, np.random.default_rng(first)).write_parquet(parts[-1])
    pl.scan_parquet(parts).sink_parquet(path)
    for part in parts:
        part.unlink()


def _part(meters: pl.DataFrame, begins: datetime, chance: np.random.Generator) -> pl.DataFrame:
    shape = (meters.height, HOURS_A_YEAR)
    # Ten-thousandths of a unit: a household uses some 7 CCF a month.
    uses = chance.integers(0, 400, shape) * (chance.random(shape) < 0.5)  # noqa: PLR2004 - every other hour rests
    for meter in range(0, meters.height, 100 // LEAKING):
        start = int(chance.integers(0, HOURS_A_YEAR - LEAK_HOURS))
        uses[meter, start : start + LEAK_HOURS] += 20
    hours = pl.datetime_range(
        begins, begins + timedelta(hours=HOURS_A_YEAR - 1), "1h", time_zone="UTC", eager=True, time_unit="us"
    )
    return pl.DataFrame(
        {
            "meter": np.repeat(meters["serial"].to_numpy(), HOURS_A_YEAR),
            "start": pl.concat([hours] * meters.height),
            "use": uses.ravel() / 10_000,
            "unit": np.repeat(meters["unit"].to_numpy(), HOURS_A_YEAR),
        }
    )


def scan_seconds(path: Path) -> float:
    """Return the seconds in which Polars reads every column and adds the uses up."""
    began = time.perf_counter()
    pl.scan_parquet(path).select(
        pl.col("use").sum(), pl.col("start").max(), pl.col("meter").max(), pl.col("unit").max()
    ).collect(engine="streaming")
    return time.perf_counter() - began


def take_in(path: Path) -> dict[str, float]:
    """Import the year as the command does."""
    from curbstop.metering.imports import opened_interval_file
    from curbstop.metering.operations import record_intervals
    from curbstop.metering.queries.intervals import all_alerts

    began = time.perf_counter()
    with opened_interval_file(path, memory_mib=MEMORY_MIB) as file:
        loaded = record_intervals(file=file, on=NOON.date(), by=None, at=NOON)
    seconds = time.perf_counter() - began
    alerts = all_alerts().count()
    return {"seconds": seconds, "intervals": float(loaded.intervals), "alerts": float(alerts)}


def roll_year() -> dict[str, float]:
    """Make the midnight reads of twelve months."""
    from curbstop.metering.operations import roll_reads
    from curbstop.metering.operations.estimates import EVERY_ACCOUNT

    days = [date(FIRST_DAY.year + (6 + month) // 12, (6 + month) % 12 + 1, 1) for month in range(1, MONTHS + 1)]
    began = time.perf_counter()
    reads = [roll_reads(accounts=EVERY_ACCOUNT, on=day, by=None, at=NOON).reads for day in days]
    return {"seconds": time.perf_counter() - began, "reads": float(sum(reads))}


def bare_copy_seconds(cluster: Any, database: str) -> dict[str, float]:
    """Return the seconds in which the server copies the kept rows into a table without keys, and their bytes."""
    rows = Path(cluster.data) / "bench-rows"
    with scratch.superuser(cluster, database) as admin:
        size = admin.execute("select pg_total_relation_size('metering_intervalday')").fetchone()
        admin.execute(f"copy metering_intervalday to '{rows}' (format binary)")
        admin.execute("create table bare as select * from metering_intervalday with no data")
        began = time.perf_counter()
        admin.execute(f"copy bare from '{rows}' (format binary)")
        seconds = time.perf_counter() - began
    return {"seconds": seconds, "bytes": float(size[0])}
