"""Released bills priced again: everything as it was then, and the one thing that was corrected.

What a bill charged is read from its lines. A corrected read changes the use of those segments alone, a corrected
version the rate of those it priced, a corrected class the terms of one agreement; all else is the stored line itself.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from curbstop.billing.domain.charges import LINE_SCHEMA, PROBLEM_SCHEMA, charge
from curbstop.billing.domain.comparing import BILLED_SCHEMA, OF_PERIOD
from curbstop.billing.domain.rate_changes import with_rate_changes
from curbstop.rates.domain.schedule import Schedule

# The rates that a segment's agreement had in its days and up to the bill, in order.
STRETCH_SCHEMA: Final[dict[str, Any]] = {
    "agreement_id": pl.Int64,
    "schedule_version_id": pl.Int64,
    "customer_class": pl.String,
    "inputs": pl.String,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
}


@dataclass(slots=True)
class Whole:
    """One agreement's days and use on one bill, with the rates that priced their parts."""

    bill: int
    bill_on: date
    segment: dict[str, Any]
    stretches: list[dict[str, Any]]
    is_changed: bool = False


@dataclass(frozen=True, slots=True)
class Repriced:
    """The lines that changed bills have now (`LINE_SCHEMA`, with `bill`), and why a bill has none."""

    lines: pl.DataFrame
    problems: dict[int, str]


def wholes(billed: pl.DataFrame, bill_on: Mapping[int, date]) -> list[Whole]:
    """Return what bills charged, the parts of a split period put together again (`BILLED_SCHEMA`)."""
    found: dict[tuple[Any, ...], Whole] = {}
    for row in billed.sort("bill", "agreement_id", "starts_on").to_dicts():
        said = json.loads(row["inputs"])
        terms = json.dumps({name: value for name, value in said.items() if name not in OF_PERIOD})
        place = (row["bill"], row["agreement_id"], row["usage_id"], said.get("period_starts_on", row["starts_on"]))
        stretch = {name: row[name] for name in STRETCH_SCHEMA} | {"inputs": terms}
        whole = found.get(place)
        if whole is None:
            found[place] = Whole(row["bill"], bill_on[row["bill"]], row | {"inputs": terms}, [stretch])
            continue
        whole.stretches.append(stretch)
        quantity = None if row["quantity"] is None else whole.segment["quantity"] + row["quantity"]
        whole.segment |= {
            name: stretch[name] for name in ("schedule_version_id", "customer_class", "inputs", "ends_on")
        }
        whole.segment |= {"days": whole.segment["days"] + row["days"], "quantity": quantity}
    return list(found.values())


def with_use(found: list[Whole], standing: Mapping[tuple[int, date, date], tuple[int, Any]]) -> None:
    """Give the wholes the usage that stands for their days now; what borrows a meter's use follows it.

    `standing` finds (usage_id, quantity) by agreement and days, for agreements with a meter of their own.
    """
    moved: dict[tuple[int, date, date, str], tuple[Any, int, int]] = {}
    for whole in found:
        row = whole.segment
        now = standing.get((row["agreement_id"], row["starts_on"], row["ends_on"]))
        if now is None or row["usage_id"] is None or now[0] == row["usage_id"]:
            continue
        place = (whole.bill, row["starts_on"], row["ends_on"], row["unit"])
        before, old, _ = moved.get(place, (0, row["usage_id"], now[0]))
        moved[place] = (before + now[1] - row["quantity"], old, now[0])
        row |= {"usage_id": now[0], "quantity": now[1]}
        whole.is_changed = True
    for whole in found:
        row = whole.segment
        more = moved.get((whole.bill, row["starts_on"], row["ends_on"], row["unit"]))
        if whole.is_changed or more is None or row["usage_id"] is None:
            continue
        row["quantity"] += more[0]
        row["usage_id"] = more[2] if row["usage_id"] == more[1] else row["usage_id"]
        whole.is_changed = True


def with_rates(whole: Whole, stretches: list[dict[str, Any]], last: Mapping[str, Any]) -> None:
    """Give a whole other rates; `last` is the one of its last day."""
    whole.stretches = stretches
    whole.segment |= {name: last[name] for name in ("schedule_version_id", "customer_class", "inputs")}
    whole.is_changed = True


def repriced(found: list[Whole], schedules: Mapping[int, Schedule], services: Mapping[str, int]) -> Repriced:
    """Price the wholes that changed, all together; a bill of which one is refused has no lines."""
    changed = [whole for whole in found if whole.is_changed]
    lines = [pl.DataFrame(schema=LINE_SCHEMA)]
    problems = [pl.DataFrame(schema=PROBLEM_SCHEMA)]
    for day, rows, stretches in _by_bill_date(changed):
        rated = with_rate_changes(rows, stretches, schedules, bill_on=day)
        charges = charge(rated.segments, schedules, services)
        lines.append(charges.lines)
        problems += [rated.problems, charges.problems]
    refused = {changed[key].bill: words for key, words in reversed(pl.concat(problems).rows())}
    keys = {key: (whole.bill, whole.segment["agreement_id"]) for key, whole in enumerate(changed)}
    priced = pl.concat(lines)
    return Repriced(
        priced.with_columns(
            pl.Series("bill", [keys[key][0] for key in priced["agreement_id"]], dtype=pl.Int64),
            pl.Series("agreement_id", [keys[key][1] for key in priced["agreement_id"]], dtype=pl.Int64),
        ).filter(~pl.col("bill").is_in(list(refused))),
        refused,
    )


def _by_bill_date(changed: list[Whole]) -> Iterator[tuple[date, pl.DataFrame, pl.DataFrame]]:
    """Yield the segments and their stretches by the day of the bill, each agreement under a number of its own."""
    for day in sorted({whole.bill_on for whole in changed}):
        numbered = [(key, whole) for key, whole in enumerate(changed) if whole.bill_on == day]
        rows = [whole.segment | {"agreement_id": key} for key, whole in numbered]
        stretches = [each | {"agreement_id": key} for key, whole in numbered for each in whole.stretches]
        yield day, pl.DataFrame(rows, schema=BILLED_SCHEMA), pl.DataFrame(stretches, schema=STRETCH_SCHEMA)
