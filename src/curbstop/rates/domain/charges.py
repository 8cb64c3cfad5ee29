"""Pricing a mixed batch: rows of several classes of customer under one schedule.

This is what a billing run calls. Every row comes back: as lines, or as a refusal with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from curbstop.rates.domain.given import with_given
from curbstop.rates.domain.lines import bill_lines, no_lines
from curbstop.rates.domain.pricing import PricedRows, price_class
from curbstop.rates.domain.schedule import ClassSchedule, Schedule

CLASS = "customer_class"
PERIOD_DAYS = "period_days"


@dataclass(frozen=True, slots=True)
class ChargeColumns:
    """The lines of all rows that could be priced, and why the others could not.

    `lines` has the columns of `lines.SCHEMA`; `refusals` has `row` and `reason`. `row` counts the
    rows of the frame that was priced, from 0.
    """

    lines: pl.DataFrame
    refusals: pl.DataFrame


def price(schedule: Schedule, columns: pl.DataFrame, source: Mapping[str, str] | None = None) -> ChargeColumns:
    """Price every row of a frame: `usage`, `days`, `customer_class` and the schedule's inputs.

    Where seasons or months count, also `starts_on` and `ends_on`. A row with `period_days` and `days_before` is
    the part of a period that other rates price the rest of.
    """
    frame = with_given(schedule.given, columns).with_row_index("priced_row")
    if CLASS not in columns.columns:
        frame = frame.with_columns(pl.lit("").alias(CLASS))
    lines: list[pl.DataFrame] = []
    refusals: list[pl.DataFrame] = []
    # Parts of periods that are as long are divided by the same number of days, at machine speed.
    alike = [CLASS, *([PERIOD_DAYS] if PERIOD_DAYS in columns.columns else [])]
    for (name, *period_days), rows in frame.group_by(*alike, maintain_order=True):
        class_name = "" if name is None else str(name)
        numbers = rows["priced_row"]
        chosen, why_not = chosen_class(schedule, class_name, is_part=period_days not in ([], [None]))
        if chosen is None:
            refusals.append(_refused(numbers, why_not))
            continue
        priced = price_class(chosen, rows)
        found = bill_lines(priced, source or {"schedule": schedule.name})
        lines.append(found.with_columns(numbers.gather(found["row"]).alias("row")))
        refusals.append(_refusals(priced, numbers))
    return ChargeColumns(
        pl.concat(lines).sort("row", "line") if lines else no_lines(),
        pl.concat(refusals) if refusals else _refused(pl.Series([], dtype=pl.UInt32), ""),
    )


def chosen_class(schedule: Schedule, class_name: str, *, is_part: bool) -> tuple[ClassSchedule | None, str]:
    """Return the charges of a class, for whole periods or for parts, or why there are none."""
    whole = schedule.class_named(class_name)
    if whole is None:
        return None, why_no_class(schedule, class_name)
    if not is_part:
        return whole, ""
    part = schedule.parts.get(class_name) or schedule.parts.get("")
    why_not = schedule.why_no_parts or "a period cannot be split: the rate is not one of the city's own tariffs"
    return part, "" if part else f"{schedule.name}: {why_not}"


def why_no_class(schedule: Schedule, class_name: str) -> str:
    """Say why a class cannot be billed: the file's problem with it, or that it is not in the file."""
    for problem in schedule.problems:
        if problem.class_name == class_name or not schedule.classes:
            return f"{problem.class_name or class_name}: {problem.field or '-'}: {problem.message}"
    known = ", ".join(sorted(schedule.classes)) or "none"
    return f"{class_name or '-'}: customer_class: the schedule has no such class (it has {known})"


def _refusals(priced: PricedRows, numbers: pl.Series) -> pl.DataFrame:
    rows = [int(row) for row in priced.is_refused.nonzero()[0]]
    reasons = [priced.reason(row) for row in rows]
    return pl.DataFrame(
        {"row": numbers.gather(rows), "reason": reasons},
        schema={"row": pl.UInt32, "reason": pl.String},
    )


def _refused(numbers: pl.Series, reason: str) -> pl.DataFrame:
    return pl.DataFrame({"row": numbers.cast(pl.UInt32)}).with_columns(pl.lit(reason).alias("reason"))
