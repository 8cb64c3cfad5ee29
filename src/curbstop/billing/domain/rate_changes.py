"""A period in which the rate changes: billed by one rate or split by days, as the newer rate says (rulebook §2.3).

Sixty days with twenty-seven at the old rate and fourteen CCF are 6.3 CCF at the old and 7.7 at the new; the widths of
the tiers are split alike, and the parts add up to the whole (INV-9). A period that is split keeps its days and its
place in each part, so that the rate can share by days what belongs to the whole period.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from curbstop.billing.domain.charges import PROBLEM_SCHEMA
from curbstop.rates.domain import exact
from curbstop.rates.domain.given import SPLIT
from curbstop.rates.domain.schedule import Schedule

Rows = npt.NDArray[np.int64]

READ_DATE: Final = "read_date"
BILL_DATE: Final = "bill_date"
HALF_PERIOD: Final = "half_period"
# Use is split to four decimals of its unit, as tiers are.
QUANTITY_DECIMALS: Final = 4
_RATED: Final = ("schedule_version_id", "customer_class", "inputs")
_OF_PARTS: Final = ("period_days", "days_before", "period_starts_on", "period_ends_on")
_NO_RATE: Final = -1


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days on which one rate is in force, and how the version says that a period is billed in which it begins."""

    starts_on: date
    ends_on: date | None
    rate_change: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Days of a period that one of its stretches prices; stretch -1 where no rate is in force."""

    stretch: int
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Rated:
    """The segments as they are priced, and for each agreement that cannot be split why."""

    segments: pl.DataFrame
    problems: pl.DataFrame


def pieces_of(starts_on: date, ends_on: date, bill_on: date, stretches: list[Stretch]) -> list[Piece]:
    """Return which rate prices which days of a half-open period; `stretches` in order, at least one.

    The newest rate decides that reaches the period: by its own method, or else as the rate of the last day.
    """
    begun = [number for number, each in enumerate(stretches) if each.starts_on <= bill_on]
    if begun and stretches[begun[-1]].rate_change == BILL_DATE:
        return [Piece(begun[-1], starts_on, ends_on)]
    begun = [number for number, each in enumerate(stretches) if each.starts_on <= ends_on]
    if begun and stretches[begun[-1]].rate_change == READ_DATE:
        return [Piece(begun[-1], starts_on, ends_on)]
    begun = [number for number in begun if stretches[number].starts_on < ends_on]
    if not begun:
        return [Piece(_NO_RATE, starts_on, ends_on)]
    match stretches[begun[-1]].rate_change:
        case method if method == SPLIT:
            return _split(starts_on, ends_on, stretches)
        case method if method == HALF_PERIOD:
            days = (ends_on - starts_on).days
            # Those of the rates from a version on are half of the days: it has come far enough.
            reached = [number for number in begun if 2 * (ends_on - stretches[number].starts_on).days >= days]
            return [Piece((reached or begun)[-1], starts_on, ends_on)]
        case _:
            return [Piece(begun[-1], starts_on, ends_on)]


def _split(starts_on: date, ends_on: date, stretches: list[Stretch]) -> list[Piece]:
    pieces: list[Piece] = []
    reached = starts_on
    for number, each in enumerate(stretches):
        first, last = max(each.starts_on, starts_on), min(each.ends_on or ends_on, ends_on)
        if first >= last:
            continue
        if first > reached:
            pieces.append(Piece(_NO_RATE, reached, first))
        pieces.append(Piece(number, first, last))
        reached = last
    return pieces if reached == ends_on else [*pieces, Piece(_NO_RATE, reached, ends_on)]


def with_rate_changes(
    segments: pl.DataFrame, stretches: pl.DataFrame, schedules: Mapping[int, Schedule], *, bill_on: date
) -> Rated:
    """Give each segment the rate of its days, and split it where the rate or the season says so.

    `segments`: agreement_id, starts_on, ends_on, days, quantity, schedule_version_id, customer_class, inputs and more.
    `stretches`: agreement_id, schedule_version_id, customer_class, inputs, starts_on, ends_on, of the agreements whose
    rate changes. Parts have `period_days`, `days_before`, `period_starts_on` and `period_ends_on` too.
    """
    changing = _changing(stretches)
    has_seasons = any(each.decided_by == SPLIT for one in schedules.values() for each in one.given.seasons.values())
    if changing.is_empty() and not has_seasons:
        return Rated(segments, pl.DataFrame(schema=PROBLEM_SCHEMA))
    numbered = segments.with_row_index("segment")
    pieces = _pieces(numbered, changing, schedules, bill_on) if changing.height else _whole(numbered)
    if has_seasons:
        pieces = _cut_by_season(pieces, schedules)
    problems = pieces.filter(pl.col("schedule_version_id").is_null()).select(
        "agreement_id", problem=pl.format("No rate is in force from {} to {}.", "starts_on", "ends_on")
    )
    return Rated(_segments(numbered, pieces.join(problems, on="agreement_id", how="anti")), problems)


def _changing(stretches: pl.DataFrame) -> pl.DataFrame:
    """Return the stretches of agreements that have several, one after the other and each different."""
    ordered = stretches.sort("agreement_id", "starts_on")
    same = pl.all_horizontal(
        pl.col(name).eq_missing(pl.col(name).shift(1).over("agreement_id")) for name in ("agreement_id", *_RATED)
    )
    run = (~same).cum_sum().alias("run")
    merged = (
        ordered.with_columns(run)
        .group_by("agreement_id", "run", maintain_order=True)
        .agg(pl.col(*_RATED).first(), pl.col("starts_on").first(), pl.col("ends_on").last())
    )
    several = pl.len().over("agreement_id") > 1
    place = pl.int_range(pl.len()).over("agreement_id").alias("place")
    return merged.filter(several).with_columns(place).drop("run")


def _whole(numbered: pl.DataFrame) -> pl.DataFrame:
    return numbered.select("segment", "agreement_id", "starts_on", "ends_on", *_RATED)


def _pieces(
    numbered: pl.DataFrame, changing: pl.DataFrame, schedules: Mapping[int, Schedule], bill_on: date
) -> pl.DataFrame:
    """Return the pieces of every segment with the rate of each; what is decided alike is decided once."""
    listed = changing.group_by("agreement_id", maintain_order=True).agg(
        versions="schedule_version_id", starts="starts_on", ends="ends_on"
    )
    pattern = ("starts_on", "ends_on", "versions", "starts", "ends")
    to_decide = numbered.select("segment", "agreement_id", "starts_on", "ends_on").join(listed, on="agreement_id")
    patterns = to_decide.select(pattern).unique(maintain_order=True).with_row_index("pattern")
    decided = [
        {"pattern": row["pattern"], "place": piece.stretch, "starts_on": piece.starts_on, "ends_on": piece.ends_on}
        for row in patterns.iter_rows(named=True)
        for piece in pieces_of(row["starts_on"], row["ends_on"], bill_on, _stretches(row, schedules))
    ]
    schema = {"pattern": pl.UInt32, "place": pl.Int64, "starts_on": pl.Date, "ends_on": pl.Date}
    places = pl.DataFrame(decided, schema=schema)
    found = (
        to_decide.join(patterns, on=pattern)
        .select("segment", "agreement_id", "pattern")
        .join(places, on="pattern")
        .join(_carrying(changing, numbered), on=["agreement_id", "place"], how="left")
    )
    others = _whole(numbered.join(listed, on="agreement_id", how="anti"))
    return pl.concat([others, found.select(others.columns)])


def _stretches(row: dict[str, Any], schedules: Mapping[int, Schedule]) -> list[Stretch]:
    triples = zip(row["versions"], row["starts"], row["ends"], strict=True)
    return [Stretch(first, last, schedules[version].rate_change) for version, first, last in triples]


def _carrying(changing: pl.DataFrame, numbered: pl.DataFrame) -> pl.DataFrame:
    """Return the rates of all stretches, with the inputs that nobody assigned, such as an average, in each of them."""
    used = numbered.select("agreement_id", carried="inputs").unique("agreement_id")
    joined = changing.select("agreement_id", "place", *_RATED).join(used, on="agreement_id", how="left")
    last = pl.col("inputs").last().over("agreement_id")
    extra = joined.filter(pl.col("carried").ne_missing(last)).select("agreement_id").unique()
    plain = joined.join(extra, on="agreement_id", how="anti").drop("carried")
    merged = [_merged(rows) for (_,), rows in joined.join(extra, on="agreement_id").group_by("agreement_id")]
    return pl.concat([plain, *(each.select(plain.columns) for each in merged)])


def _merged(rows: pl.DataFrame) -> pl.DataFrame:
    texts = rows["inputs"].to_list()
    assigned = {name for text in texts for name in json.loads(text)}
    carried = {name: value for name, value in json.loads(rows["carried"][0]).items() if name not in assigned}
    return rows.with_columns(pl.Series("inputs", [json.dumps({**carried, **json.loads(text)}) for text in texts]))


def _cut_by_season(pieces: pl.DataFrame, schedules: Mapping[int, Schedule]) -> pl.DataFrame:
    """Cut the pieces where a season begins, of the rates that say so."""
    of_days = ("schedule_version_id", "starts_on", "ends_on")
    cut = []
    for version, first, last in pieces.select(of_days).unique().drop_nulls().iter_rows():
        seasons = schedules[version].given.seasons.values()
        days = [first, *sorted({day for each in seasons for day in each.cuts(first, last)}), last]
        cut += [(version, first, last, *pair) for pair in pairwise(days)]
    schema = {**dict.fromkeys(of_days, pl.Date), "schedule_version_id": pl.Int64, "from_on": pl.Date, "to_on": pl.Date}
    cuts = pl.DataFrame(cut, schema=schema, orient="row")
    joined = pieces.join(cuts, on=of_days, how="left")
    return joined.with_columns(
        starts_on=pl.coalesce("from_on", "starts_on"), ends_on=pl.coalesce("to_on", "ends_on")
    ).select(pieces.columns)


def _segments(numbered: pl.DataFrame, pieces: pl.DataFrame) -> pl.DataFrame:
    """Return the pieces as segments: their days, their use, and where in the whole period they lie."""
    days = (pl.col("ends_on") - pl.col("starts_on")).dt.total_days()
    whole = numbered.rename({"starts_on": "period_starts_on", "ends_on": "period_ends_on", "days": "period_days"})
    rows = (
        pieces.sort("segment", "starts_on")
        .join(whole.drop("agreement_id", *_RATED), on="segment", maintain_order="left")
        .with_columns(days=days, days_before=(pl.col("starts_on") - pl.col("period_starts_on")).dt.total_days())
    )
    is_part = pl.len().over("segment") > 1
    parts, others = rows.filter(is_part), rows.filter(~is_part)
    kept = numbered.drop("segment").columns
    nothing = [pl.lit(None, rows.schema[name]).alias(name) for name in _OF_PARTS]
    return pl.concat(
        [others.select(*kept, *nothing), _with_shares(parts, others.schema["quantity"]).select(*kept, *_OF_PARTS)]
    )


def _with_shares(parts: pl.DataFrame, kind: pl.DataType) -> pl.DataFrame:
    """Split the use of each segment by days; what no meter measured has nothing to split."""
    used = parts.filter(pl.col("quantity").is_not_null())
    if used.is_empty():
        return parts
    assert isinstance(kind, pl.Decimal), "use is a decimal"
    decimals = max(kind.scale, QUANTITY_DECIMALS)
    numerators = exact.from_series(used["quantity"].cast(pl.Decimal(38, decimals))).numerators
    # Where each segment of the frame begins; its parts follow each other.
    begins = np.flatnonzero(np.diff(used["segment"].to_numpy(), prepend=-1))
    shares = _shares(numerators, used["days"].to_numpy(), used["period_days"].to_numpy(), begins, decimals)
    shared = used.with_columns(exact.to_decimal(shares, len(used), decimals).cast(kind).alias("quantity"))
    return pl.concat([shared, parts.filter(pl.col("quantity").is_null())])


def _shares(
    numerators: exact.Numerators, days: Rows, period_days: Rows, begins: Rows, decimals: int
) -> exact.ExactColumn:
    """Return each part's share, to four decimals: rounded down, and what is left to the largest remainders."""
    # What a unit has beyond the fourth decimal stays with the first part: nothing is lost.
    step = 10 ** (decimals - QUANTITY_DECIMALS)
    largest = int(np.abs(numerators).max()) * int(period_days.max())
    units = (numerators // step).astype(object if largest >= exact.LIMIT else np.int64)
    share = units * days // period_days
    rest = np.asarray(units * days % period_days, dtype=np.int64)
    counts = np.diff(np.append(begins, len(units)))
    left = np.repeat(units[begins] - np.add.reduceat(share, begins), counts)
    segment = np.repeat(np.arange(len(begins)), counts)
    by_rest = np.lexsort((-rest, segment))
    place = np.empty(len(units), dtype=np.int64)
    place[by_rest] = np.arange(len(units)) - np.repeat(begins, counts)
    parts = (share + (place < left)) * step
    parts[begins] += numerators[begins] % step
    return exact.ExactColumn(parts, 10**decimals, int(np.abs(parts).max()))
