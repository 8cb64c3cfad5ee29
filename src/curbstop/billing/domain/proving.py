"""Bills handed to the independent checker: drafted ones before anybody may approve them, released ones at any time.

A drafted bill whose derivations do not recompute is held under PROOF: what cannot be explained does not go out.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import polars as pl

from curbstop.billing.domain.checking import Bill, Checker, Fault, Line

# One row a line: what the checker needs, beside the facts of the line's bill.
CHECKED_SCHEMA: Final[dict[str, Any]] = {
    "bill": pl.Int64,
    "bill_starts_on": pl.Date,
    "bill_ends_on": pl.Date,
    "bill_days": pl.Int64,
    "total_cents": pl.Int64,
    "agreement_id": pl.Int64,
    "usage_id": pl.Int64,
    "schedule_version_id": pl.Int64,
    "line_number": pl.Int64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "component": pl.String,
    "quantity": pl.Decimal(38, 8),
    "unit": pl.String,
    "unit_price": pl.Decimal(38, 8),
    "amount_cents": pl.Int64,
    "section": pl.String,
    "derivation": pl.String,
}
_FACTS_OF_A_BILL: Final = 5
_UNKNOWN: Final = ("", "")


def faults_in(
    lines: pl.DataFrame, versions: Mapping[int, tuple[str, str]], checker: Checker
) -> Iterator[tuple[int, Fault]]:
    """Yield what does not follow on bills whose lines (`CHECKED_SCHEMA`) stand in order.

    `versions` names the schedule and the first day of each version.
    """
    for bill in _bills(lines, versions):
        yield from ((bill.number, fault) for fault in checker.faults_of(bill))


def unproven(lines: pl.DataFrame, bills: pl.DataFrame, versions: Mapping[int, tuple[str, str]]) -> pl.DataFrame:
    """Return account_id and `faults` of the drafted bills that do not prove themselves, in the order of accounts.

    `lines`: the numbered lines of a draft, in printing order; `bills`: account_id, starts_on, ends_on, days,
    total_cents.
    """
    beside = bills.select(
        "account_id", "total_cents", bill_starts_on="starts_on", bill_ends_on="ends_on", bill_days="days"
    )
    joined = lines.join(beside, on="account_id", maintain_order="left").with_columns(bill="account_id")
    alike = _alike(joined)
    first_ones = joined.join(alike.filter(pl.col("bill") == pl.col("first_alike")), on="bill", how="semi")
    checker = Checker()
    faults = list(faults_in(first_ones.select(list(CHECKED_SCHEMA)), versions, checker)) + checker.strangers()
    words: dict[int, list[str]] = {}
    for account_id, fault in faults:
        words.setdefault(account_id, []).append(f"line {fault.line_number}: {fault.words}")
    found = pl.DataFrame(
        {"first_alike": list(words), "faults": ["; ".join(each) for each in words.values()]},
        schema={"first_alike": pl.Int64, "faults": pl.String},
    )
    return alike.join(found, on="first_alike").select("account_id", "faults").sort("account_id")


def _alike(lines: pl.DataFrame) -> pl.DataFrame:
    """Return `bill`, `account_id` and `first_alike`, the first bill that says the very same in every column.

    Neighbors with one meter size and one use have one bill but for whose it is: it is checked once. Agreements and
    usages are compared by their order on the bill, because the checker asks only which lines share them.
    """
    same = (pl.col(name).rank("dense").over("bill") for name in ("agreement_id", "usage_id"))
    said = [name for name in CHECKED_SCHEMA if name != "bill"]
    numbered = lines.with_columns(*same).with_row_index("row")
    shapes = numbered.select("bill", "account_id", shape=pl.col("row").first().over(said))
    bills = shapes.group_by("bill", "account_id", maintain_order=True).agg("shape")
    return bills.select("bill", "account_id", first_alike=pl.col("bill").first().over("shape"))


def _bills(lines: pl.DataFrame, versions: Mapping[int, tuple[str, str]]) -> Iterator[Bill]:
    rows = lines.select(list(CHECKED_SCHEMA)).iter_rows()
    for facts, own in groupby(rows, key=itemgetter(slice(_FACTS_OF_A_BILL))):
        number, starts_on, ends_on, days, cents = facts
        yield Bill(number, starts_on, ends_on, days, cents, [_line(row[_FACTS_OF_A_BILL:], versions) for row in own])


def _line(row: tuple[Any, ...], versions: Mapping[int, tuple[str, str]]) -> Line:
    agreement, usage, version, number, starts_on, ends_on, component, *numbers, section, derivation = row
    segment = (agreement, usage, version, starts_on, ends_on)
    quantity, unit, unit_price, cents = numbers
    schedule, first_day = versions.get(version, _UNKNOWN)
    return Line(
        number, segment, starts_on, ends_on, component, quantity, unit, unit_price, cents, section, schedule,
        first_day, derivation,
    )  # fmt: skip
