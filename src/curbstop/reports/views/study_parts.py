"""The parts of a study's page: its charts, its percentiles, and one page of its accounts."""

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Page, Paginator

from curbstop.foundation.money import dollars, format_cents
from curbstop.foundation.web.charts import Bin, Pair, histogram, paired_bars
from curbstop.reports.domain.studies import bars_of_tiers, winners_and_losers
from curbstop.reports.queries.study_tables import percent_of
from curbstop.reports.queries.what_if import studied_accounts, with_names


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
        {**each, "shares": [percent_of(points) for points in each["basis_points"]]} for each in results["percentiles"]
    ]


def page_of_accounts(
    study_id: int, *, sort: str, number: str | None, size: int
) -> tuple[Page[int], list[dict[str, Any]]]:
    """Return one page of winners and losers in the order of a column, and its rows; only they have their names."""
    changed = winners_and_losers(studied_accounts(study_id))
    name = sort.removeprefix("-")
    # An account's number is in the order of its id; its customer's name is not in the study.
    column = "account_id" if name in {"account", "customer"} else name
    if column in changed.columns:
        by = list(dict.fromkeys((column, "account_id")))
        changed = changed.sort(by, descending=[sort.startswith("-"), False][: len(by)], nulls_last=True)
    page = Paginator(range(changed.height), size).get_page(number)
    shown = changed.slice(max(page.start_index() - 1, 0), size)
    return page, [{**row, "share": percent_of(row["change_share"])} for row in with_names(shown)]
