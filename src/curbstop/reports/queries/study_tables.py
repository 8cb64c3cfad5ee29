"""The tables of a rate study as they go out, as CSV or Excel: accounts, revenue, percentiles, histogram."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import polars as pl

from curbstop.foundation.exports import Cell, Heading
from curbstop.foundation.money import dollars
from curbstop.reports.domain.studies import PERCENTILES, winners_and_losers
from curbstop.reports.models import RateStudy
from curbstop.reports.queries.what_if import studied_accounts, with_names

# Name, heading, and what kind of number it is.
ACCOUNT_COLUMNS = (
    ("account", "Account", ""),
    ("customer", "Customer", ""),
    ("customer_class", "Class", ""),
    ("bills", "Bills", "count"),
    ("now_cents", "Today", "cents"),
    ("draft_cents", "Draft", "cents"),
    ("change_cents", "Change", "cents"),
    ("change_share", "Change %", "share"),
)
REVENUE_COLUMNS = (
    ("customer_class", "Class", ""),
    ("label", "Charge", ""),
    ("tier", "Tier", "count"),
    ("unit", "Unit", ""),
    ("now_quantity", "Units today", "quantity"),
    ("now_cents", "Revenue today", "cents"),
    ("draft_quantity", "Units draft", "quantity"),
    ("draft_cents", "Revenue draft", "cents"),
    ("now_lines", "Lines today", "count"),
    ("draft_lines", "Lines draft", "count"),
)
_ROWS_AT_ONCE = 20_000


def exported(study: RateStudy, table: str) -> tuple[Iterable[dict[str, Cell]], list[Heading]]:
    """Return one table of a study as it is exported, money in dollars.

    :raises KeyError: if a study has no such table
    """
    results = study.results or {}
    if table == "accounts":
        return account_rows(studied_accounts(study.pk)), account_headings()
    if table == "revenue":
        rows = ({name: _cell(row[name], kind) for name, _, kind in REVENUE_COLUMNS} for row in results["revenue"])
        return rows, [Heading(heading, name) for name, heading, _ in REVENUE_COLUMNS]
    if table == "percentiles":
        return _spreads(results), [Heading("Class", "class"), Heading("Bills", "bills"), *map(_spread_heading, _SPREAD)]
    if table == "histogram":
        bins = ({name: _cell(row[name], kind) for name, _, kind in _BINS} for row in results["histogram"])
        return bins, [Heading(heading, name) for name, heading, _ in _BINS]
    raise KeyError(table)


_BINS = (("from_cents", "Change from", "cents"), ("to_cents", "To", "cents"), ("bills", "Bills", "count"))
_SPREAD = ("min", *PERCENTILES, "max")


def _spread_heading(percent: object) -> Heading:
    return Heading(str(percent) if isinstance(percent, str) else f"p{percent}", f"p{percent}")


def _spreads(results: Mapping[str, Any]) -> Iterable[dict[str, Cell]]:
    for each in results["percentiles"]:
        values = zip(_SPREAD, each["cents"], strict=True)
        yield {
            "class": each["customer_class"] or "all",
            "bills": each["bills"],
            **{f"p{percent}": dollars(cents) for percent, cents in values},
        }


def account_headings() -> list[Heading]:
    """Return the columns of the accounts."""
    return [Heading(heading, name) for name, heading, _ in ACCOUNT_COLUMNS]


def account_rows(accounts: pl.DataFrame) -> Iterable[dict[str, Cell]]:
    """Yield every account with its change, the largest increase first."""
    changed = winners_and_losers(accounts)
    for start in range(0, changed.height, _ROWS_AT_ONCE):
        for row in with_names(changed.slice(start, _ROWS_AT_ONCE)):
            yield {name: _cell(row[name], kind) for name, _, kind in ACCOUNT_COLUMNS}


def _cell(value: Any, kind: str) -> Cell:
    if value is None:
        return None
    if kind == "cents":
        return dollars(value)
    if kind == "share":
        return percent_of(value)
    if kind == "quantity":
        return Decimal(value)
    return value if isinstance(value, int) else str(value)


def percent_of(points: int | None) -> Decimal | None:
    """Return basis points as percent."""
    return None if points is None else Decimal(points).scaleb(-2)
