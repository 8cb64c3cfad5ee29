"""Real usage: bi-monthly volumes of the customers of one city, 2014 to 2016, from a data folder.

The file has a customer, a class, a billing month and a volume, and nothing else. What is derived:

- Meters are read every other month, so a row of month M is the use of the two calendar months before it,
  from the first of M − 2 up to the first of M. Every row is a whole bi-monthly period; none is cut.
- Rows of one customer and class whose periods would overlap (two in one month, or in adjacent months) are
  different meters: each row goes to the agreement whose last period ended closest before it begins, and to a
  new agreement where every one is still running. So a customer with two rows in a month has two agreements.
- A class of its own is an agreement of its own, because it has a rate of its own. The class OTHER has no
  rate: its agreements have none, and their bills are held by name.
- A meter without a volume in the last two months of the file is no longer there: its agreement ends with its
  last volume, so that no run waits for it.
- There are no names, addresses or meters in the file; customers are called by their number.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl

from curbstop.foundation.access.models import User
from curbstop.foundation.periods import add_months
from curbstop.journeys.domain.intake import intake_of
from curbstop.journeys.operations.customers_import import TakenOver, import_customers
from curbstop.metering.operations import import_volumes

FILE = Path("water_reads_santamonica") / "water_reads_santamonica.csv.gz"
UNRATED_CLASS = "OTHER"
MONTHS_A_PERIOD = 2
# The file has no meters. The rates ask for a size, so every bill is made with this one; that the use is more than
# such a meter can pass is no finding, because nobody knows the real one.
RATE_INPUTS = '{"meter_size": "5/8\\"", "water_type": "POTABLE"}'

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The codes of the pack that the real readings are loaded into."""

    service: str = "water"
    schedule: str = "santa_monica"
    cycle: str = "BIMONTHLY"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded: how many volumes, and from which day to which they reach."""

    taken: TakenOver
    volumes: int
    starts_on: date
    ends_on: date


class DataMissing(Exception):
    """The data folder does not have the file; the message says which."""


def read_volumes(data: Path) -> pl.DataFrame:
    """Return the rows of the file as customer, class, month (first day) and volume, in a fixed order.

    :raises DataMissing: if the folder has no such file
    """
    path = data / FILE
    if not path.exists():
        raise DataMissing(f"{path} is not there; DATA must name the folder that holds {FILE.parent}.")
    columns = {"cust_id": pl.String, "usage_ccf": pl.Int64, "usage_date": pl.Date, "cust_class": pl.String}
    raw = pl.read_csv(path, columns=list(columns), schema_overrides=columns)
    return raw.rename(
        {"cust_id": "customer", "usage_ccf": "volume", "usage_date": "month", "cust_class": "class"}
    ).sort("customer", "class", "month", "volume")


def with_agreements(volumes: pl.DataFrame) -> pl.DataFrame:
    """Add starts_on, ends_on and meter: the number of the customer's meter within the class, from 1."""
    running: dict[tuple[str, str], _Meters] = defaultdict(_Meters)
    before = {month: add_months(month, -MONTHS_A_PERIOD) for month in volumes["month"].unique().to_list()}
    rows = volumes.select("customer", "class", "month").iter_rows()
    meters = [running[customer, name].take(before[month], month) for customer, name, month in rows]
    starts = pl.col("month").replace_strict(before, return_dtype=pl.Date)
    return volumes.with_columns(
        pl.Series("meter", meters, dtype=pl.Int64), starts.alias("starts_on"), pl.col("month").alias("ends_on")
    )


class _Meters:
    """The meters of one customer and class, by the day on which each is free again."""

    def __init__(self) -> None:
        self._busy: list[tuple[date, int]] = []
        self._free: list[tuple[int, int]] = []
        self._count = 0

    def take(self, starts_on: date, ends_on: date) -> int:
        """Return the meter for a period: the one that ended last before it, else a new one."""
        while self._busy and self._busy[0][0] <= starts_on:
            ended, meter = heapq.heappop(self._busy)
            heapq.heappush(self._free, (-ended.toordinal(), meter))
        if self._free:
            _, meter = heapq.heappop(self._free)
        else:
            self._count += 1
            meter = self._count
        heapq.heappush(self._busy, (ends_on, meter))
        return meter


def load_usage(*, data: Path, by: User, at: datetime, codes: Codes | None = None, told: Told = print) -> Loaded:
    """Take over every customer of the data folder with its agreements and volumes; the pack must be in force.

    :raises DataMissing: if the folder has no such file
    """
    return load_volumes(volumes=read_volumes(data), by=by, at=at, codes=codes, told=told)


def load_volumes(
    *, volumes: pl.DataFrame, by: User, at: datetime, codes: Codes | None = None, told: Told = print
) -> Loaded:
    """Take over the customers in rows of `read_volumes`."""
    volumes = with_agreements(volumes).with_columns(
        pl.concat_str("customer", pl.col("class").str.slice(0, 20), "meter", separator="-")
        .str.replace_all("_", "-")
        .alias("service_point")
    )
    told(f"Taking over {volumes['customer'].n_unique():,} customers")
    rows = _intake_rows(volumes, codes or Codes())
    taken = import_customers(intake=intake_of(FILE.name, rows), by=by, at=at)
    told(f"Loading {volumes.height:,} volumes")
    usage = volumes.join(taken.agreements.select("service_point", "agreement_id"), on="service_point").select(
        "agreement_id",
        "starts_on",
        "ends_on",
        "volume",
        pl.lit("ccf").alias("unit"),
        pl.lit("").alias("meter_size"),
    )
    count = import_volumes(rows=usage, source=f"file:{FILE.name}", by=by, at=at)
    days = volumes.select(pl.col("starts_on").min(), pl.col("ends_on").max()).row(0)
    return Loaded(taken=taken, volumes=count, starts_on=days[0], ends_on=days[1])


def _intake_rows(volumes: pl.DataFrame, codes: Codes) -> pl.DataFrame:
    """Return one row an agreement, from the first day that has a volume."""
    is_rated = pl.col("class") != UNRATED_CLASS
    last_month: date = volumes.select(pl.col("month").max()).item()
    agreements = volumes.group_by("customer", "class", "meter", "service_point").agg(
        pl.col("starts_on").min(), pl.col("ends_on").max()
    )
    is_over = pl.col("ends_on") <= add_months(last_month, -MONTHS_A_PERIOD)
    first_day = pl.col("starts_on").min().over("customer")
    return (
        agreements.sort("customer", "class", "meter")
        .select(
            pl.col("customer").alias("account_number"),
            (pl.lit("Customer ") + pl.col("customer")).alias("name"),
            (pl.lit("Premises of customer ") + pl.col("customer")).alias("address_line"),
            pl.lit("Santa Monica").alias("city"),
            pl.lit("CA").alias("state"),
            pl.lit("90401").alias("zip"),
            pl.lit(codes.cycle).alias("cycle"),
            first_day.alias("billed_from"),
            pl.lit(codes.service).alias("service"),
            "service_point",
            "starts_on",
            pl.when(is_over).then("ends_on").alias("ends_on"),
            pl.when(is_rated).then(pl.lit(codes.schedule)).alias("schedule"),
            pl.col("class").alias("customer_class"),
            pl.lit(RATE_INPUTS).alias("rate_inputs"),
        )
        .with_row_index("line", offset=2)
    )
