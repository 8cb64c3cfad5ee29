"""What a meter's intervals tell: flow that never rested leaks, below zero it ran back, above capacity it was not water.

Twenty-four hours of flow without one at rest are a leak (rulebook §1.5), wherever midnight falls in them; an interval
that did not come ends the flow, because nobody knows.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import numpy as np
import polars as pl

from curbstop.metering.domain.intervals import EPOCH, HOUR, MISSING, Days, Flags, Whole


class Alert(StrEnum):
    """What was noticed about the intervals of a meter."""

    LEAK = "LEAK"
    REVERSE = "REVERSE"
    SPIKE = "SPIKE"
    GAP = "GAP"
    SILENT = "SILENT"


MEANINGS: Final = {
    Alert.LEAK: "Water flowed without a rest for as long as the city calls a leak.",
    Alert.REVERSE: "Water ran backwards through the meter.",
    Alert.SPIKE: "More than the meter can pass: an error of the radio, or of the meter.",
    Alert.GAP: "Intervals are missing between others.",
    Alert.SILENT: "Nothing has come from this endpoint for days.",
}

# No meter passes this much: a size without a limit has no spikes.
UNLIMITED: Final = 2**62

ALERT_COLUMNS: Final[dict[str, Any]] = {
    "meter": pl.Int64, "code": pl.String, "starts_on": pl.Date, "ends_on": pl.Date, "values": pl.String,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """The city's limits: hours without rest, and for each meter by its place, in ten-thousandths of its unit.

    `flow` is the least use in an hour that is a flow, `back` the least a day that ran back, `capacity` an hour's most.
    """

    leak_hours: int | None
    flow: Whole
    back: Whole
    capacity: Whole


def alerts_in(days: Days, limits: Limits) -> pl.DataFrame:
    """Return what is noticed about days in order (`ALERT_COLUMNS`); what touches is told once."""
    found = [*_leaks(days, limits), *_by_day(days, limits)]
    return pl.DataFrame(found, schema=ALERT_COLUMNS, orient="row")


def _leaks(days: Days, limits: Limits) -> Iterator[tuple[Any, ...]]:
    if limits.leak_hours is None or not days.day.size:
        return
    # The intervals of all meters as one line; it is cut where the next row is not the next day of the same meter.
    uses = days.uses[days.is_slot]
    begins = np.concatenate([[0], np.cumsum(days.length)])
    least = np.maximum(limits.flow[days.meter] * days.minutes // HOUR, 1)
    flows = uses >= np.repeat(least, days.length)
    cut = np.zeros(uses.size, dtype=np.bool_)
    cut[begins[:-1][_is_apart(days)]] = True
    turns = np.flatnonzero(np.concatenate([[True], (flows[1:] != flows[:-1]) | cut[1:]]))
    lasts = np.diff(np.append(turns, uses.size))
    for start, length in zip(*_long(turns, lasts, flows, limits.leak_hours * HOUR // days.minutes), strict=True):
        rows = np.searchsorted(begins, [start, start + length - 1], side="right") - 1
        flow = uses[start : start + length]
        evidence = {
            "hours": length * days.minutes // HOUR,
            "lowest_e4": int(flow.min()) * HOUR // days.minutes,
            "total_e4": int(flow.sum(dtype=np.int64)),
        }
        yield _told(days, Alert.LEAK, int(rows[0]), int(rows[1]), evidence)


def _long(turns: Whole, lasts: Whole, flows: Flags, window: int) -> tuple[list[int], list[int]]:
    chosen = flows[turns] & (lasts >= window)
    return turns[chosen].tolist(), lasts[chosen].tolist()


def _is_apart(days: Days) -> Flags:
    """Tell which rows do not go on from the row before."""
    goes_on = (days.meter[1:] == days.meter[:-1]) & (days.day[1:] == days.day[:-1] + 1)
    return np.concatenate([[True], ~goes_on])


def _by_day(days: Days, limits: Limits) -> Iterator[tuple[Any, ...]]:
    is_missing = days.uses == MISSING
    counted = np.where(is_missing, 0, days.uses)
    back = -np.minimum(counted, 0).sum(axis=1, dtype=np.int64)
    yield from _stretches(days, Alert.REVERSE, back >= limits.back[days.meter], lambda rows: {
        "total_e4": int(back[rows].sum()),
    })  # fmt: skip
    capacity = limits.capacity[days.meter] * days.minutes // HOUR
    highest = counted.max(axis=1)
    yield from _stretches(days, Alert.SPIKE, highest > capacity, lambda rows: {
        "highest_e4": int(highest[rows].max()), "capacity_e4": int(capacity[rows].min()),
    })  # fmt: skip
    gaps = _gaps(days, is_missing)
    yield from _stretches(days, Alert.GAP, gaps > 0, lambda rows: {"intervals": int(gaps[rows].sum())})


def _gaps(days: Days, is_missing: Flags) -> Whole:
    """Return how many intervals are missing in each day, and in whole days before it.

    What is before a meter's first interval or behind its last one is no gap: it may still come.
    """
    gaps = days.missing()
    if not gaps.size:
        return gaps
    is_new = np.concatenate([[True], days.meter[1:] != days.meter[:-1]])
    is_last = np.append(is_new[1:], True)
    came = days.is_slot & ~is_missing
    gaps[is_new] -= came[is_new].argmax(axis=1) * came[is_new].any(axis=1)
    width = came.shape[1]
    behind = came[is_last][:, ::-1].argmax(axis=1) - (width - days.length[is_last])
    gaps[is_last] -= np.maximum(behind, 0) * came[is_last].any(axis=1)
    skipped = np.concatenate([[0], days.day[1:] - days.day[:-1] - 1]) * ~is_new
    gaps += skipped * (24 * HOUR // days.minutes)
    return gaps


def _stretches(
    days: Days, code: Alert, noticed: Flags, evidence: Callable[[slice], dict[str, int]]
) -> Iterator[tuple[Any, ...]]:
    """Yield one alert for each run of days in which something was noticed."""
    rows = np.flatnonzero(noticed)
    if not rows.size:
        return
    apart = _is_apart(days)[rows[1:]] | (np.diff(rows) > 1)
    for run in np.split(rows, np.flatnonzero(apart) + 1):
        first, last = int(run[0]), int(run[-1])
        yield _told(days, code, first, last, evidence(slice(first, last + 1)) | {"days": last - first + 1})


def _told(days: Days, code: Alert, first: int, last: int, evidence: dict[str, int]) -> tuple[Any, ...]:
    starts_on, ends_on = (EPOCH + timedelta(days=int(each)) for each in (days.day[first], days.day[last] + 1))
    return int(days.meter[first]), code.value, starts_on, ends_on, json.dumps(evidence)


def alert_words(code: str, values: Mapping[str, int]) -> str:
    """Return the evidence of an alert as a sentence; its amounts are in the register's own unit."""
    match code:
        case Alert.LEAK:
            return (
                f"{values['hours']:,} hours without a rest, never below {_units(values['lowest_e4'])} an hour; "
                f"{_units(values['total_e4'])} in all."
            )
        case Alert.REVERSE:
            return f"{_units(values['total_e4'])} ran back in {values['days']:,} days."
        case Alert.SPIKE:
            return f"{_units(values['highest_e4'])} in one interval; the meter passes {_units(values['capacity_e4'])}."
        case Alert.GAP:
            return f"{values['intervals']:,} intervals are missing."
        case _:
            return f"Nothing came for {values['days']:,} days."


def _units(use_e4: int) -> str:
    return f"{Decimal(use_e4) / 10_000:,.4f}".rstrip("0").rstrip(".")
