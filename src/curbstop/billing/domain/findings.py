"""Exceptions: what a person should look at before a drafted bill leaves the building.

Forty units where the same customer used twelve a period is HIGH and is listed. A bill of more
than three times the year's mean and more than $200 is held until somebody clears it, because an
absurd bill must never leave (the tests are those of rulebook §3.2, every limit from the city pack).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import polars as pl


class Code(StrEnum):
    """What was noticed, as the review list names it."""

    HIGH = "HIGH"
    LOW = "LOW"
    ZERO = "ZERO"
    STOPPED = "ZERO2"
    CAPACITY = "CAPACITY"
    ESTIMATED = "EST"
    SAME = "SAME"
    EXCHANGED = "EXCH"
    DAYS = "DAYS"
    AMOUNT = "AMT"
    FUSE = "FUSE"
    CREDIT = "CREDIT"
    FIRST = "FIRST"
    FINAL = "FINAL"
    ADDRESS = "ADDR"
    TOTAL = "TOTAL"
    PROOF = "PROOF"


class Stage(StrEnum):
    """When it is noticed: once a service is priced, once the bill is assembled, once the run is drafted."""

    RATING = "rating"
    ASSEMBLY = "assembly"
    RUN = "run"


class Baseline(StrEnum):
    """What a use or a bill was compared with."""

    YEAR = "year"
    LAST = "last"
    CLASS = "class"
    MEAN = "mean"


# A credit is no bill, and what does not recompute cannot be explained: mended at the source, never cleared.
NEVER_CLEARED: Final = frozenset({Code.CREDIT, Code.PROOF})

FINDING_SCHEMA: Final = {
    "account_id": pl.Int64,
    "agreement_id": pl.Int64,
    "stage": pl.String,
    "code": pl.String,
    "blocking": pl.Boolean,
    "baseline": pl.String,
    "evidence": pl.String,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The city's limits, each in the unit of its name; a test without a limit is not made."""

    days_min: int | None = None
    days_max: int | None = None
    high_factor: float | None = None
    high_change_ccf: float | None = None
    low_factor: float | None = None
    low_change_ccf: float | None = None
    same_over_ccf: float | None = None
    review_over_cents: int | None = None
    hold_factor: float | None = None
    hold_over_cents: int | None = None
    hold_low_factor: float | None = None
    total_change_percent: float | None = None
    # What a class uses a day, for a place that has no past of its own.
    class_daily_ccf: Mapping[str, float] = field(default_factory=dict)
    # What else holds a bill in this city, by code.
    holding: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Outsorting:
    """One of the two passes: its stage, and the codes that hold a bill by the city's own rule."""

    stage: Stage
    holding: frozenset[str]

    def listed(
        self, rows: pl.DataFrame, condition: pl.Expr, code: Code, evidence: list[str], *, blocking: bool = False
    ) -> pl.DataFrame:
        """Return the findings of one test (`FINDING_SCHEMA`); a row whose condition is unknown is not found."""
        compared = pl.col("baseline") if "baseline" in rows.columns else pl.lit("")
        return rows.filter(condition).select(
            "account_id",
            "agreement_id",
            pl.lit(self.stage.value).alias("stage"),
            pl.lit(code.value).alias("code"),
            pl.lit(blocking or code.value in self.holding).alias("blocking"),
            compared.fill_null("").alias("baseline"),
            pl.struct(evidence).struct.json_encode().alias("evidence"),
        )


def ordered(found: list[pl.DataFrame]) -> pl.DataFrame:
    """Return the findings of several tests as one list, by account."""
    return pl.concat(found).sort("account_id", "code", "agreement_id")
