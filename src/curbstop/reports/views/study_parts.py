"""The parts of a study's page: its charts, its page of accounts, and its tables as they are downloaded."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import polars as pl
from django.core.paginator import Page, Paginator

from curbstop.foundation.exports import Cell, Heading
from curbstop.foundation.money import dollars, format_cents
from curbstop.foundation.web.charts import Bin, Pair, histogram, paired_bars
from curbstop.reports.domain.studies import PERCENTILES, bars_of_tiers, winners_and_losers
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


def charts_of(results: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bill-impact histogram and the revenue by tier, drawn."""
    bins = [
        Bin(_dollars(each["from_cents"]), _dollars(each["to_cents"]), each["bills"]) for each in results["histogram"]
    ]
    pairs = [
        Pair(name, dollars(now), dollars(draft), format_cents(now), format_cents(draft))
        for name, now, draft in bars_of_tiers(results["revenue"])
    ]
    return {
        "impact": histogram(bins=bins, title="Bills by how much they change", unit="bills", key="impact"),
        "tiers": paired_bars(pairs=pairs, title="Revenue by charge and tier", sides=("Today", "Draft"), key="tiers"),
    }


def _dollars(cents: int) -> str:
    """Return whole dollars where they are whole, as an axis has room for."""
    text = format_cents(cents)
    return text.removesuffix(".00")


def percentile_rows(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the percentiles with their basis points as percent."""
    return [
        {**each, "shares": [_percent(points) for points in each["basis_points"]]} for each in results["percentiles"]
    ]


def _percent(points: int | None) -> Decimal | None:
    return None if points is None else Decimal(points).scaleb(-2)


def page_of_accounts(study_id: int, *, sort: str, number: str | None, size: int) -> Page[dict[str, Any]]:
    """Return one page of winners and losers, in the order of a column; names are looked up for that page alone."""
    changed = winners_and_losers(studied_accounts(study_id))
    name = sort.removeprefix("-")
    # An account's number is in the order of its id; its customer's name is not in the study.
    column = "account_id" if name in {"account", "customer"} else name
    if column in changed.columns:
        by = [column, "account_id"] if column != "account_id" else [column]
        first_down = [sort.startswith("-"), *([False] * (len(by) - 1))]
        changed = changed.sort(by, descending=first_down, nulls_last=True)
    page = Paginator(range(changed.height), size).get_page(number)
    shown = changed.slice(max(page.start_index() - 1, 0), size)
    page.object_list = [{**row, "share": _percent(row["change_share"])} for row in with_names(shown)]  # type: ignore[assignment]  # rows stand for their numbers
    return page


def exported(study: Any, table: str) -> tuple[Iterable[dict[str, Cell]], list[Heading]]:
    """Return one table of a study as it is exported, money in dollars.

    :raises KeyError: if a study has no such table
    """
    results = study.results
    if table == "accounts":
        return _accounts(studied_accounts(study.pk)), [Heading(heading, name) for name, heading, _ in ACCOUNT_COLUMNS]
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


def _accounts(accounts: pl.DataFrame) -> Iterable[dict[str, Cell]]:
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
        return _percent(value)
    if kind == "quantity":
        return Decimal(value)
    return value if isinstance(value, int) else str(value)
