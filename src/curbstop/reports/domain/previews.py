"""A few bills under two tariffs, line beside line: what a clerk looks at before a draft is proposed.

Where a study folds a million bills into sums, this keeps every printed line of some.
"""

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from curbstop.billing.domain.charges import rate_inputs
from curbstop.rates.domain.charges import price
from curbstop.rates.domain.schedule import Schedule
from curbstop.reports.domain.what_if import asked_of

_KEYS: Final = ("row", "key", "tier", "label_en")


@dataclass(frozen=True, slots=True)
class PairedLine:
    """One charge, or one tier of it, as both tariffs bill it; what one does not print is None there."""

    label: str
    section: str
    now_quantity: Any
    now_cents: int | None
    draft_quantity: Any
    draft_cents: int | None

    @property
    def change_cents(self) -> int:
        """Return what the draft adds."""
        return (self.draft_cents or 0) - (self.now_cents or 0)


@dataclass(frozen=True, slots=True)
class PairedBill:
    """The lines of one billed period, and why a tariff refuses it."""

    period: dict[str, Any]
    lines: tuple[PairedLine, ...]
    refusals: tuple[str, ...]

    @property
    def now_cents(self) -> int:
        """Return the bill under the rates in force."""
        return sum(line.now_cents or 0 for line in self.lines)

    @property
    def draft_cents(self) -> int:
        """Return the bill under the draft."""
        return sum(line.draft_cents or 0 for line in self.lines)

    @property
    def change_cents(self) -> int:
        """Return what the draft adds to the bill."""
        return self.draft_cents - self.now_cents


def paired_bills(rows: pl.DataFrame, now: Schedule, draft: Schedule) -> tuple[PairedBill, ...]:
    """Price billed periods (`what_if.ROWS`) under both tariffs, in the order of the rows."""
    lines_now, refused_now = _side(rows, now)
    lines_draft, refused_draft = _side(rows, draft)
    joined = lines_now.join(lines_draft, on=_KEYS, how="full", coalesce=True, suffix="_draft", nulls_equal=True)
    ordered = joined.sort("row", pl.coalesce("line", "line_draft"), "key", "tier")
    return tuple(
        PairedBill(
            period,
            tuple(_line(each) for each in ordered.filter(row=number).iter_rows(named=True)),
            (
                *(f"Rates in force: {each}" for each in refused_now.filter(row=number)["reason"]),
                *(f"Draft: {each}" for each in refused_draft.filter(row=number)["reason"]),
            ),
        )
        for number, period in enumerate(rows.iter_rows(named=True))
    )


def _side(rows: pl.DataFrame, schedule: Schedule) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the lines of one tariff by row, charge and tier, and its refusals; the parts of a period are added up."""
    every = asked_of(rows, schedule)
    is_other = (pl.col("unit") != schedule.unit).fill_null(value=False)
    in_other = pl.format("the rate is per {}, the use is in {}", pl.lit(schedule.unit), "unit")
    other = every.filter(is_other).select("row", reason=in_other)
    asked = every.filter(~is_other)
    priced = price(schedule, rate_inputs(asked))
    part = asked.select(pl.col("row").cast(pl.Int64), part=pl.int_range(pl.len(), dtype=pl.UInt32))
    lines = priced.lines.rename({"row": "part"}).join(part, on="part")
    summed = lines.group_by(_KEYS, maintain_order=True).agg(
        pl.col("line").min(), pl.col("section").first(), pl.col("quantity", "amount_cents").sum()
    )
    refused = priced.refusals.rename({"row": "part"}).join(part, on="part").select("row", "reason").unique()
    return summed, pl.concat([refused, other])


def _line(row: dict[str, Any]) -> PairedLine:
    tier = f", tier {row['tier']}" if row["tier"] else ""
    return PairedLine(
        f"{row['label_en'] or row['key']}{tier}",
        row["section_draft"] or row["section"] or "",
        row["quantity"],
        row["amount_cents"],
        row["quantity_draft"],
        row["amount_cents_draft"],
    )
