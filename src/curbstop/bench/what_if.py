"""A rate study of a made-up city's year, on worker processes: the demo's tariff of 2026 beside that of 2024.

Measured with whole units, as most cities bill, and with every bill's use different to the fourth decimal, where hardly
a bill is like another. The bills lie in Parquet files: reading columns and reckoning is measured, and no database.
"""

import tempfile
import time
from concurrent.futures import Executor, wait
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from curbstop.bench import memory
from curbstop.bench.figures import Measured
from curbstop.rates.domain.compiling import compile_document
from curbstop.reports.domain.studies import Affordability, told
from curbstop.reports.domain.what_if import ROWS, Part, merged, study

WORKERS = 2
QUICK_ACCOUNTS, FULL_ACCOUNTS = 100_000, 1_000_000
ACCOUNTS_IN_A_PART = 25_000
MONTHS = 12
FIRST_DAY = date(2025, 7, 1)
SIZES = ('5/8"', '3/4"', '1"', '2"')


def measure(*, accounts: int = 0, is_full: bool = False) -> Measured:
    """Study a year of so many accounts, a bill a month each."""
    import django

    django.setup()
    from curbstop.billing.jobs import worker_processes
    from curbstop.demo.larkspur_bend import PACKS

    rates = [(PACKS / "larkspur-bend/rates" / f"water_and_sewer.{year}.yaml").read_text() for year in (2024, 2026)]
    size = accounts or (FULL_ACCOUNTS if is_full else QUICK_ACCOUNTS)
    figures: dict[str, float] = {"accounts": float(size), "bills": float(size * MONTHS)}
    with (
        tempfile.TemporaryDirectory() as folder,
        worker_processes(WORKERS, initializer=warm_up, initargs=(rates,)) as executor,
    ):
        for name, decimals in (("whole_units", 0), ("exact_use", 4)):
            files = _made(executor, Path(folder), name, decimals=decimals, accounts=size)
            with memory.watched() as peak:
                began = time.perf_counter()
                told(merged(list(executor.map(partial(study_file, rates), files))), Affordability())
                seconds = time.perf_counter() - began
            figures[f"{name}_seconds"] = seconds
            figures[f"{name}_bills_per_second"] = size * MONTHS / seconds
            figures[f"{name}_peak_mib"] = peak.mib
    return Measured(name="what-if", figures=figures)


def study_file(rates: list[str], path: Path) -> Part:
    """Study the bills of one file under the tariff of today and the draft."""
    now, draft = (compile_document(each, "tariff", "water_and_sewer") for each in rates)
    return study(pl.read_parquet(path), now, draft)


def make_file(path: Path, first: int, accounts: int, decimals: int) -> Path:
    """Write the bills of so many accounts: some 7 CCF a month, more in summer, most meters small."""
    chance = np.random.default_rng(first)
    bills = accounts * MONTHS
    month = np.tile(np.arange(MONTHS), accounts)
    use = chance.gamma(2.0, 3.5, bills) * (1 + 0.4 * np.sin(month / MONTHS * 2 * np.pi))
    ten_thousandths = np.round(use, decimals) * 10_000
    starts = pl.Series(month * 30 + chance.integers(0, 3, bills), dtype=pl.Int32)
    days = pl.Series(chance.integers(28, 34, bills), dtype=pl.Int32)
    epoch = pl.lit(FIRST_DAY)
    account = np.arange(first, first + accounts)
    size = np.repeat(chance.choice(len(SIZES), accounts, p=(0.8, 0.12, 0.06, 0.02)), MONTHS)
    kind = np.repeat(chance.choice(2, accounts, p=(0.9, 0.1)), MONTHS)
    frame = pl.DataFrame(
        {
            "account_id": np.repeat(account, MONTHS), "starts": starts, "days": days,
            "use": pl.Series(ten_thousandths.astype(np.int64)), "size": size, "kind": kind,
        }
    )  # fmt: skip
    frame.select(
        "account_id",
        pl.col("kind")
        .replace_strict([0, 1], ["residential", "commercial"], return_dtype=pl.String)
        .alias("customer_class"),
        (epoch + pl.duration(days="starts")).alias("starts_on"),
        (epoch + pl.duration(days=pl.col("starts") + pl.col("days"))).alias("ends_on"),
        (pl.col("use").cast(pl.Decimal(18, 4)) / 10_000).cast(pl.Decimal(18, 4)).alias("quantity"),
        pl.lit("ccf").alias("unit"),
        pl.col("size").replace_strict(range(len(SIZES)), SIZES, return_dtype=pl.String).alias("meter_size"),
        pl.lit("{}").alias("inputs"),
    ).select(pl.col(name).cast(kind) for name, kind in ROWS.items()).write_parquet(path)
    return path


def _made(executor: Executor, folder: Path, name: str, *, decimals: int, accounts: int) -> list[Path]:
    made = [
        executor.submit(
            make_file, folder / f"{name}-{first}.parquet", first, min(ACCOUNTS_IN_A_PART, accounts - first), decimals
        )
        for first in range(0, accounts, ACCOUNTS_IN_A_PART)
    ]
    wait(made)
    return [each.result() for each in made]


def warm_up(rates: list[str]) -> None:
    """Price some bills, so that the first part is not measured with what it imports."""
    with tempfile.TemporaryDirectory() as folder:
        study_file(rates, make_file(Path(folder) / "warm.parquet", 0, 10, 0))
