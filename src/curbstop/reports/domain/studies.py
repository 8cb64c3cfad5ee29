"""What a rate study tells the council: revenue by class and tier, how bills change, who wins, who loses, who can pay.

Percentiles are exact, by rank: they are read off counted changes, of which a million bills have a few thousand.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import polars as pl

from curbstop.reports.domain.what_if import DRAFT, NOW, Part

PERCENTILES: Final = (1, 5, 10, 25, 50, 75, 90, 95, 99)
BARS: Final = 20
DAYS_IN_YEAR: Final = 365
EVERYBODY: Final = ""
# What a bin may be wide: 1, 2 or 5 of a power of ten.
_STEPS: Final = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Household:
    """A household's income a year, as the census or the city gives it."""

    name: str
    income: Decimal


@dataclass(frozen=True, slots=True)
class Affordability:
    """The households to look at, the classes they are billed in (all if empty), and the share that is too much."""

    households: tuple[Household, ...] = ()
    classes: tuple[str, ...] = ()
    percent_max: Decimal | None = None


def told(part: Part, asked: Affordability) -> dict[str, Any]:
    """Return the results of a study as plain values, which JSON keeps exactly; money is in cents."""
    accounts = part.accounts
    change = pl.col("draft_cents") - pl.col("now_cents")
    counted = accounts.select(
        bills=pl.col("bills").sum(),
        accounts=pl.len(),
        now_cents=pl.col("now_cents").sum(),
        draft_cents=pl.col("draft_cents").sum(),
        winners=(change < 0).sum(),
        unchanged=(change == 0).sum(),
        losers=(change > 0).sum(),
        won_cents=change.filter(change < 0).sum(),
        lost_cents=change.filter(change > 0).sum(),
    ).row(0, named=True)
    return {
        **counted,
        "refused": part.refused.sort("bills", "side", "reason", descending=[True, False, False]).to_dicts(),
        "classes": _classes(accounts),
        "revenue": revenue(part.revenue),
        "histogram": histogram(part.changes),
        "percentiles": percentiles(part.changes),
        "affordability": [_afforded(accounts, each, asked) for each in asked.households],
    }


def _classes(accounts: pl.DataFrame) -> list[dict[str, Any]]:
    change = pl.col("draft_cents") - pl.col("now_cents")
    return (
        accounts.group_by("customer_class")
        .agg(
            pl.len().alias("accounts"),
            pl.col("bills", "now_cents", "draft_cents").sum(),
            (change < 0).sum().alias("winners"),
            (change > 0).sum().alias("losers"),
        )
        .sort("customer_class")
        .to_dicts()
    )


def revenue(charged: pl.DataFrame) -> list[dict[str, Any]]:
    """Return for each class, charge and tier what both tariffs bring in, and the use that falls there."""
    keys = ["customer_class", "component", "tier"]
    sides = [
        charged.filter(pl.col("side") == side).select(
            *keys, "label", "unit",
            pl.col("quantity").cast(pl.String).alias(f"{side}_quantity"),
            pl.col("cents").alias(f"{side}_cents"),
            pl.col("lines").alias(f"{side}_lines"),
        )
        for side in (NOW, DRAFT)
    ]  # fmt: skip
    both = sides[0].join(sides[1], on=keys, how="full", coalesce=True, suffix="_draft")
    return (
        both.with_columns(pl.coalesce("label", "label_draft"), pl.coalesce("unit", "unit_draft"))
        .drop("label_draft", "unit_draft")
        .with_columns(pl.col(name).fill_null(0) for name in ("now_cents", "draft_cents", "now_lines", "draft_lines"))
        .with_columns(pl.col(name).fill_null("0") for name in ("now_quantity", "draft_quantity"))
        .sort(keys)
        .to_dicts()
    )


def histogram(changes: pl.DataFrame) -> list[dict[str, int]]:
    """Return counted bills by the change in cents, in at most twenty-odd half-open bins of one round width.

    The first and the last bin also hold what lies beyond them: one factory does not flatten a city.
    """
    counted = _counted(changes, "change_cents")
    if not counted:
        return []
    low, high = (_at(counted, percent) for percent in (PERCENTILES[0], PERCENTILES[-1]))
    width = _round_width(high - low)
    first, last = low // width, high // width
    bins = dict.fromkeys(range(first, last + 1), 0)
    for value, bills in counted:
        bins[min(max(value // width, first), last)] += bills
    return [{"from_cents": each * width, "to_cents": (each + 1) * width, "bills": bins[each]} for each in bins]


def percentiles(changes: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the percentiles of the change, of all bills and of each class, in cents and in basis points."""
    classes = [EVERYBODY, *sorted(each for each in changes["customer_class"].unique() if each)]
    found = []
    for name in classes:
        mine = changes if name == EVERYBODY else changes.filter(pl.col("customer_class") == name)
        cents, shares = _counted(mine, "change_cents"), _counted(mine, "change_share")
        if cents:
            found.append(
                {
                    "customer_class": name,
                    "bills": sum(bills for _, bills in cents),
                    "cents": _spread(cents),
                    "basis_points": _spread(shares) if shares else [],
                }
            )
    return found


def _spread(counted: Sequence[tuple[int, int]]) -> list[int]:
    """Return the smallest, the percentiles and the largest."""
    return [counted[0][0], *(_at(counted, percent) for percent in PERCENTILES), counted[-1][0]]


def _counted(changes: pl.DataFrame, name: str) -> list[tuple[int, int]]:
    return changes.drop_nulls(name).group_by(name).agg(pl.col("bills").sum()).sort(name).rows()


def _at(counted: Sequence[tuple[int, int]], percent: int) -> int:
    """Return the value that so many percent of the bills do not exceed (nearest rank)."""
    rank = max(-(-sum(bills for _, bills in counted) * percent // 100), 1)
    for value, bills in counted:
        rank -= bills
        if rank <= 0:
            return value
    raise AssertionError("the ranks add up to the bills")


def _round_width(span: int) -> int:
    """Return the smallest round width that covers a span of cents with few enough bins."""
    power = 1
    while True:
        for step in _STEPS:
            if span <= step * power * BARS:
                return step * power
        power *= 10


def _afforded(accounts: pl.DataFrame, household: Household, asked: Affordability) -> dict[str, Any]:
    """Return what a household pays in a year as a share of its income, under both tariffs.

    Bills of fewer days than a year count as a year's at the same rate.
    """
    mine = accounts.filter(pl.col("customer_class").is_in(asked.classes)) if asked.classes else accounts
    income_cents = int(household.income * 100)
    answer: dict[str, Any] = {"household": household.name, "income_cents": income_cents, "accounts": mine.height}
    for side in (NOW, DRAFT):
        days = pl.max_horizontal(pl.col("days"), 1)
        yearly = pl.col(f"{side}_cents") * DAYS_IN_YEAR // days
        counted = mine.select(yearly=yearly).group_by("yearly").len().sort("yearly").rows()
        for percent in (50, 90):
            cents = _at(counted, percent) if counted else 0
            answer[f"{side}_p{percent}_cents"] = cents
            answer[f"{side}_p{percent}_percent"] = _percent(cents, income_cents)
        if asked.percent_max is not None:
            limit = int(income_cents * asked.percent_max / 100)
            answer[f"{side}_above"] = sum(count for cents, count in counted if cents > limit)
    return answer


def _percent(part: int, whole: int) -> str:
    return str((Decimal(part) * 100 / whole).quantize(Decimal("0.01"))) if whole else ""


def read_households(lines: Iterable[str]) -> tuple[Household, ...]:
    """Read households written as `name = income`, one a line.

    :raises ValueError: naming the line that is not one
    """
    found = []
    for line in (each.strip() for each in lines):
        name, _, income = line.rpartition("=")
        digits = income.strip().replace(",", "").removeprefix("$")
        if line and (not name.strip() or not digits.isdecimal() or int(digits) == 0):
            raise ValueError(f"“{line}” is no household; write it as: median = 62000")
        if line:
            found.append(Household(name.strip(), Decimal(digits)))
    return tuple(found)


def winners_and_losers(accounts: pl.DataFrame) -> pl.DataFrame:
    """Return every account with its change in cents and basis points, the largest increase first."""
    change = pl.col("draft_cents") - pl.col("now_cents")
    size = (20_000 * change.abs() + pl.col("now_cents")) // (2 * pl.col("now_cents"))
    share = pl.when(pl.col("now_cents") > 0).then(size * change.sign())
    changed = accounts.with_columns(change_cents=change, change_share=share)
    return changed.sort("change_cents", "account_id", descending=[True, False])


def bars_of_tiers(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, int, int]]:
    """Return for each charge and tier, over all classes, its name and what both tariffs bring in."""
    sums: dict[tuple[str, int], list[int]] = {}
    labels: dict[tuple[str, int], str] = {}
    for row in rows:
        key = (row["component"], row["tier"])
        labels.setdefault(key, f"{row['label']}, tier {row['tier']}" if row["tier"] else row["label"])
        both = sums.setdefault(key, [0, 0])
        both[0] += row["now_cents"]
        both[1] += row["draft_cents"]
    return [(labels[key], *both) for key, both in sums.items()]  # type: ignore[misc]  # two sides each
