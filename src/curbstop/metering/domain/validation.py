"""Validation: each read beside what is usual, and what a person must look at before it is trusted.

A read is compared with the use of the same days last year, else of the last three periods, else of meters of
its size (rulebook §3.2). Every limit is the city's; a test without a limit is not made.
"""

from dataclasses import dataclass, field
from typing import Final

import polars as pl

from curbstop.foundation.quantities import Unit, ratio
from curbstop.metering.domain.exceptions import Code
from curbstop.metering.domain.segments import E4, NEGATIVE_READ, VOLUMES

EXCEPTION_COLUMNS: Final = (
    "code", "installation_id", "agreement_id", "read_id", "read_on", "holds", "baseline", "baseline_source", "values",
)  # fmt: skip
TWICE: Final = 2
NINES: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLimits:
    """The city's limits, in the unit it bills; a test without a limit is not made."""

    unit: Unit
    high_factor: float | None = None
    high_change: float = 0.0
    low_factor: float | None = None
    low_change: float = 0.0
    days_min: int | None = None
    days_max: int | None = None
    estimates_max: int | None = None
    same_use_min: float | None = None
    # The codes that keep a read from being settled until a person decides.
    holding: frozenset[str] = field(default_factory=frozenset)


def exceptions_in(reads: pl.DataFrame, limits: ReadLimits) -> pl.DataFrame:
    """Return one row for each thing noticed about each read (`EXCEPTION_COLUMNS`).

    `reads` are the segments that new reads close, with agreement_id (null: nobody is active), read_kind, from_kind,
    side, base_e4, base_days, base_source, last_used_e4 and last_days (the settled period before), estimates (in a
    row, this one counted), is_exchange and old_multiplier_e2.
    """
    measured = _measured(reads, limits.unit)
    tests = _tests(limits)
    found = [
        measured.filter(test.fill_null(value=False)).with_columns(pl.lit(code.value).alias("code"))
        for code, test in tests.items()
    ]
    every = pl.concat([*found, _transposed(measured, tests, limits)], how="diagonal")
    return every.select(
        "code",
        "installation_id",
        "agreement_id",
        "read_id",
        pl.col("on_day").alias("read_on"),
        pl.col("code").is_in(sorted(limits.holding)).alias("holds"),
        pl.col("usual").round(4).alias("baseline"),
        pl.col("base_source").fill_null("").alias("baseline_source"),
        _values().alias("values"),
    ).sort("read_id", "code")


def _measured(reads: pl.DataFrame, unit: Unit) -> pl.DataFrame:
    """Add days, used, daily, usual and units_each, as floats: they choose what is looked at, never what is billed."""
    days = (pl.col("on_day") - pl.col("from_on")).dt.total_days()
    used = pl.col("registered_e4") / E4
    return reads.with_columns(days.alias("days"), used.alias("used")).with_columns(
        (pl.col("used") / pl.col("days")).alias("daily"),
        (pl.col("base_e4") / E4 / pl.col("base_days")).alias("usual"),
        _units_each(unit).alias("units_each"),
        pl.lit(None, pl.Int64).alias("suggested_e4"),
    )


def _tests(limits: ReadLimits) -> dict[Code, pl.Expr]:
    """Return the condition of each code."""
    goes = pl.col("problem").fill_null("") != NEGATIVE_READ
    is_active, is_alone = pl.col("agreement_id").is_not_null(), pl.col("side") == ""
    counted = goes & is_active & is_alone & (pl.col("read_kind") != "estimated")
    is_zero = counted & (pl.col("registered_e4") == 0)
    was_zero = pl.col("last_used_e4") == 0
    over_estimate = pl.col("from_kind") == "estimated"
    tests = {
        Code.NEGATIVE: ~goes & ~over_estimate.fill_null(value=False),
        Code.OVER_ESTIMATE: ~goes & over_estimate,
        Code.ROLLOVER: pl.col("is_rollover"),
        Code.ZERO: is_zero & ~was_zero.fill_null(value=False),
        Code.STOPPED: is_zero & was_zero,
        Code.INACTIVE: goes & ~is_active & (pl.col("registered_e4") > 0),
        Code.EXCHANGE: pl.col("is_exchange"),
        Code.MULTIPLIER: pl.col("is_exchange") & (pl.col("old_multiplier_e2") != pl.col("multiplier_e2")),
    }
    change = (pl.col("daily") - pl.col("usual")) * pl.col("days")
    if limits.high_factor is not None:
        tests[Code.HIGH] = (
            counted & (pl.col("daily") > pl.col("usual") * limits.high_factor) & (change >= limits.high_change)
        )
    if limits.low_factor is not None:
        tests[Code.LOW] = (
            counted
            & (pl.col("daily") < pl.col("usual") * limits.low_factor)
            & (change <= -limits.low_change)
            & (pl.col("registered_e4") > 0)
        )
    if limits.days_min is not None and limits.days_max is not None:
        tests[Code.DAYS] = is_active & ~pl.col("days").is_between(limits.days_min, limits.days_max)
    if limits.estimates_max is not None:
        tests[Code.ESTIMATES] = (pl.col("read_kind") == "estimated") & (pl.col("estimates") > limits.estimates_max)
    if limits.same_use_min is not None:
        tests[Code.SAME] = (
            counted & (pl.col("registered_e4") == pl.col("last_used_e4")) & (pl.col("used") >= limits.same_use_min)
        )
    return tests


def _transposed(measured: pl.DataFrame, tests: dict[Code, pl.Expr], limits: ReadLimits) -> pl.DataFrame:
    """Return the suspicious reads that would be usual with two neighboring digits changed back.

    Such a change is a multiple of nine times a power of ten: 1,284 read for 1,248 is 36 too many (WX-3.3).
    """
    suspicious = pl.any_horizontal(
        tests[code].fill_null(value=False) for code in (Code.HIGH, Code.LOW, Code.NEGATIVE) if code in tests
    )
    rows = measured.filter(suspicious, pl.col("usual").is_not_null())
    if rows.is_empty():
        return rows.with_columns(pl.lit(Code.TRANSPOSED.value).alias("code"))
    whole = pl.col("register_e4") // E4
    places = range(int(rows["dials"].max()) - 1)  # type: ignore[arg-type]  # a whole number: dials of a meter
    moves = [
        (whole + (whole // 10**place % 10 - whole // 10 ** (place + 1) % 10) * NINES * 10**place).alias(f"{place}")
        for place in places
    ]
    compared = rows.select("read_id", "dials", "from_register_e4", "register_e4", "usual", "days", "units_each")
    moved = rows.select("read_id", *moves).unpivot(index="read_id", value_name="candidate").join(compared, on="read_id")
    candidate_e4 = pl.col("candidate") * E4 + pl.col("register_e4") % E4
    used = (candidate_e4 - pl.col("from_register_e4")) / E4 * pl.col("units_each")
    usual_use = pl.col("usual") * pl.col("days")
    within = (
        (candidate_e4 != pl.col("register_e4"))
        & (used >= usual_use * (limits.low_factor or 0))
        & (used <= usual_use * (limits.high_factor or TWICE))
        & (pl.col("candidate") < pl.lit(10, pl.Int64).pow(pl.col("dials")))
    )
    best = (
        moved.filter(within)
        .select("read_id", candidate_e4.alias("suggested_e4"), (used - usual_use).abs().alias("apart"))
        .sort("read_id", "apart")
        .unique("read_id", keep="first", maintain_order=True)
        .drop("apart")
    )
    return rows.drop("suggested_e4").join(best, on="read_id").with_columns(pl.lit(Code.TRANSPOSED.value).alias("code"))


def _units_each(unit: Unit) -> pl.Expr:
    """Return how many billed units one unit of each row's register is."""
    each = pl.lit(None, dtype=pl.Float64)
    for source in VOLUMES:
        each = pl.when(pl.col("unit") == source.value).then(float(ratio(source, unit))).otherwise(each)
    return each * pl.col("multiplier_e2") / 100


def _values() -> pl.Expr:
    """Return what was found as JSON, in exact ten-thousandths where a register is meant."""
    fields = ("days", "used", "from_register_e4", "register_e4", "suggested_e4", "estimates", "last_used_e4")
    return pl.struct(pl.col(name) for name in fields).struct.json_encode()
