"""Pricing a list of cases that name their rate file, class and inputs: every case gets an answer.

Cases of one file and class are one batch of the engine; the answers come back in the cases' order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import polars as pl

from curbstop.rates.domain import exact
from curbstop.rates.domain.charges import why_no_class
from curbstop.rates.domain.pricing import PricedRows, price_class
from curbstop.rates.domain.schedule import Schedule

USAGE = "usage"
DECIMALS = 12
# At least six decimals are written; further zeros are idle.
_IDLE_ZEROS = r"(\.\d{6}\d*?)0+$"


@dataclass(frozen=True, slots=True)
class Case:
    """One bill to price: `inputs` is a JSON object named as in the rate file."""

    place: int
    file: str
    customer_class: str
    inputs: str
    usage: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A bill before any rounding, with its components as JSON; or why there is none."""

    place: int
    bill: str
    components: str
    reason: str


class NotInputs(ValueError):
    """The inputs of a case are not a JSON object of plain values."""


def by_file(cases: Sequence[Case]) -> Iterator[tuple[str, list[Case]]]:
    """Yield each file with its cases."""
    ordered = sorted(cases, key=lambda case: case.file)
    for file, group in groupby(ordered, key=lambda case: case.file):
        yield file, list(group)


def price_cases(schedule: Schedule, cases: Sequence[Case]) -> list[Answer]:
    """Price the cases of one rate file; a case without an answer has a reason."""
    answers: list[Answer] = []
    ordered = sorted(cases, key=lambda case: case.customer_class)
    for class_name, group in groupby(ordered, key=lambda case: case.customer_class):
        answers.extend(_price_class(schedule, class_name, list(group)))
    return answers


def _price_class(schedule: Schedule, class_name: str, cases: list[Case]) -> list[Answer]:
    chosen = schedule.class_named(class_name)
    if chosen is None:
        reason = f"{schedule.name}: {why_no_class(schedule, class_name)}"
        return [_refused(case, reason) for case in cases]
    answers, readable, rows = [], [], []
    for case in cases:
        try:
            rows.append(_inputs(case))
        except NotInputs as problem:
            answers.append(_refused(case, f"{schedule.name}: {class_name}: inputs: {problem}"))
        else:
            readable.append(case)
    if readable:
        names = sorted(set().union(*rows) & {*chosen.inputs, USAGE})
        columns = {name: [row.get(name) for row in rows] for name in names}
        priced = price_class(chosen, pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String)))
        answers.extend(_answers(f"{schedule.name}: {class_name}", readable, priced))
    return answers


def _inputs(case: Case) -> dict[str, str | None]:
    """Read the inputs as text, so that 30.4 stays 30.4.

    :raises NotInputs: if they are not a JSON object of plain values
    """
    try:
        read = json.loads(case.inputs or "{}", parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise NotInputs("is not JSON") from None
    if not isinstance(read, dict):
        raise NotInputs("is not a JSON object")
    for name, value in read.items():
        if isinstance(value, (dict, list)):
            raise NotInputs(f"{name} is not a plain value")
    inputs = {str(name): None if value is None else str(value) for name, value in read.items()}
    return {**inputs, USAGE: case.usage.strip() or None}


def _answers(where: str, cases: list[Case], priced: PricedRows) -> Iterator[Answer]:
    size = priced.size
    bills = _written(priced.unrounded(), size)
    parts = [
        pl.format("{}: {}", pl.lit(json.dumps(key)), _written(amount, size).alias(key))
        for key, amount in priced.by_key().items()
    ]
    joined = pl.concat_str([pl.lit("{"), pl.concat_str(parts, separator=", "), pl.lit("}")])
    components = pl.select(joined).to_series().to_list() if parts else ["{}"] * size
    for row, (case, bill, component) in enumerate(zip(cases, bills, components, strict=True)):
        reason = priced.reason(row)
        if reason:
            yield _refused(case, f"{where}: {reason}")
        else:
            yield Answer(case.place, bill, component, "")


def _written(column: exact.ExactColumn, size: int) -> pl.Series:
    decimals = exact.to_decimal(column, size, DECIMALS)
    return decimals.cast(pl.String).str.replace(_IDLE_ZEROS, "$1")


def _refused(case: Case, reason: str) -> Answer:
    return Answer(case.place, "", "", reason)
