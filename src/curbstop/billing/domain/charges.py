"""Charges: segments priced by their rate, as the lines that are printed.

All segments on one version of a schedule are one batch of the rate engine. A segment that the
engine refuses is not billed, and its agreement is held with the engine's own words.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from curbstop.rates.domain.charges import price
from curbstop.rates.domain.given import NOTHING_GIVEN
from curbstop.rates.domain.schedule import Schedule

USAGE: Final = "usage"

# The days of the period and, of a part of one, those of the whole (rate_changes.py).
_OF_DAYS: Final = (
    "starts_on", "ends_on", "period_days", "days_before", "period_starts_on", "period_ends_on",
)  # fmt: skip
_ON_CALENDAR: Final = ("starts_on", "ends_on", "period_starts_on", "period_ends_on")
LINE_SCHEMA: Final[dict[str, Any]] = {
    "account_id": pl.Int64,
    "agreement_id": pl.Int64,
    "usage_id": pl.Int64,
    "service_id": pl.Int64,
    "schedule_version_id": pl.Int64,
    "customer_class": pl.String,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "component": pl.String,
    "label": pl.String,
    "quantity": pl.Decimal(38, 8),
    "unit": pl.String,
    "unit_price": pl.Decimal(38, 8),
    "amount_cents": pl.Int64,
    "section": pl.String,
    "derivation": pl.String,
    "order": pl.Int32,
}
PROBLEM_SCHEMA: Final[dict[str, Any]] = {"agreement_id": pl.Int64, "problem": pl.String}
_OF_SEGMENT: Final = (
    "row", "account_id", "agreement_id", "usage_id", "service_id", "schedule_version_id",
    "customer_class", "starts_on", "ends_on",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Charges:
    """The lines (`LINE_SCHEMA`), and for each agreement that was refused why."""

    lines: pl.DataFrame
    problems: pl.DataFrame


def is_priced_by_use(schedule: Schedule, customer_class: str) -> bool | None:
    """Tell whether a class is charged for what it used; nothing when it has no rate."""
    rate = schedule.class_named(customer_class)
    return None if rate is None else USAGE in rate.inputs


def charge(segments: pl.DataFrame, schedules: Mapping[int, Schedule], services: Mapping[str, int]) -> Charges:
    """Price every segment.

    `segments`: account_id, agreement_id, usage_id, service_id, starts_on, ends_on, days, quantity,
    unit, meter_size, schedule_version_id, customer_class, inputs (JSON text).
    `services` finds the service of a line that names one: a tariff may charge for its neighbor.
    """
    lines = [pl.DataFrame(schema=LINE_SCHEMA)]
    problems = [pl.DataFrame(schema=PROBLEM_SCHEMA)]
    for (version_id,), batch in segments.group_by("schedule_version_id", maintain_order=True):
        priced = _charge_batch(batch, schedules[int(str(version_id))])
        lines.append(_in_service(priced.lines, services))
        problems.append(priced.problems)
    return Charges(lines=pl.concat(lines), problems=pl.concat(problems))


def _charge_batch(batch: pl.DataFrame, schedule: Schedule) -> Charges:
    batch, other_unit = _in_unit(batch, schedule.unit)
    alike, numbers = _alike(rate_inputs(batch), schedule)
    rows = batch.with_columns(numbers.alias("row"))
    priced = price(schedule, alike, {"schedule": schedule.name, "version": schedule.version})
    lines = priced.lines.rename({"key": "component", "label_en": "label", "line": "order"}).join(
        rows.select(_OF_SEGMENT), on="row"
    )
    refused = priced.refusals.join(rows.select("row", "agreement_id"), on="row").select(
        "agreement_id", pl.col("reason").alias("problem")
    )
    silent = rows.join(lines.select("row"), on="row", how="anti").join(priced.refusals, on="row", how="anti")
    nothing = silent.select("agreement_id", pl.lit("The rate has no charge.").alias("problem"))
    return Charges(lines=lines, problems=pl.concat([refused, nothing, other_unit]))


def _alike(inputs: pl.DataFrame, schedule: Schedule) -> tuple[pl.DataFrame, pl.Series]:
    """Return each different row of inputs once, and for every row the number of the one that is like it.

    A town's bills differ in little but whose they are: eight CCF in sixty days at 5/8" are priced once for all who used
    them. Days on the calendar count only where the schedule has seasons or counts months.
    """
    if schedule.given is NOTHING_GIVEN:
        inputs = inputs.drop(*(name for name in _ON_CALENDAR if name in inputs.columns))
    alike = inputs.unique(maintain_order=True).with_row_index("row")
    numbers = inputs.join(alike, on=inputs.columns, how="left", nulls_equal=True, maintain_order="left")["row"]
    return alike.drop("row"), numbers


def _in_unit(batch: pl.DataFrame, unit: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Set aside use in another unit than the rate's: nothing converts in silence (P13)."""
    same = pl.col("unit").is_null() | (pl.col("unit") == unit)
    problem = pl.format("The rate is per {}, the use is in {}.", pl.lit(unit), "unit")
    return batch.filter(same), batch.filter(~same).select("agreement_id", problem=problem)


def rate_inputs(batch: pl.DataFrame) -> pl.DataFrame:
    """Return what a rate may ask for: use, days, class, meter size, and what was assigned."""
    of_days = [name for name in _OF_DAYS if name in batch.columns]
    frame = batch.select(pl.col("quantity").alias(USAGE), "days", "customer_class", "meter_size", "inputs", *of_days)
    assigned = _assigned(batch["inputs"])
    # What a clerk assigned speaks before what the meter is: a city may bill a 1" as a 5/8".
    both = [name for name in assigned.columns if name in frame.columns and name != "inputs"]
    joined = frame.join(assigned, on="inputs", how="left", suffix="_assigned", maintain_order="left")
    return joined.with_columns(
        pl.coalesce(f"{name}_assigned", pl.col(name).cast(pl.String)).alias(name) for name in both
    ).drop("inputs", *(f"{name}_assigned" for name in both))


def _assigned(inputs: pl.Series) -> pl.DataFrame:
    """Return the assigned inputs as columns of text, one row for each different JSON object."""
    rows: list[dict[str, Any]] = [
        {"inputs": text, **{name: str(value) for name, value in json.loads(text).items()}}
        for text in inputs.unique().to_list()
    ]
    names = {"inputs"}.union(*rows)
    return pl.DataFrame(rows, schema=dict.fromkeys(sorted(names), pl.String))


def _in_service(lines: pl.DataFrame, services: Mapping[str, int]) -> pl.DataFrame:
    named = pl.col("service").replace_strict(services, default=None, return_dtype=pl.Int64)
    return lines.with_columns(pl.coalesce(named, "service_id").alias("service_id")).select(
        pl.col(name).cast(kind) for name, kind in LINE_SCHEMA.items()
    )
