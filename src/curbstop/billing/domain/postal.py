"""Postal order: the pieces of a mailing by ZIP, in the groups that a post office gives a lower price.

With a minimum of 150 pieces, 200 bills to 23510 are a tray of their own; 40 to 23504 and 120 to 23505 share a tray for
the first three digits 235; what is left goes in the mixed tray (the order of USPS Domestic Mail Manual 235 for
automation letters: five digits, three digits, mixed). A piece without a ZIP goes last, for a person to look at.
"""

from enum import StrEnum
from typing import Final

import polars as pl


class Tray(StrEnum):
    """Which pieces lie together."""

    FIVE_DIGITS = "5-digit"
    THREE_DIGITS = "3-digit"
    MIXED = "mixed"
    NO_ZIP = "no ZIP"


ORDER: Final = {tray.value: place for place, tray in enumerate(Tray)}
_FIVE: Final = r"^(\d{5})"


def sorted_for_mail(pieces: pl.DataFrame, *, minimum: int) -> pl.DataFrame:
    """Return the pieces in postal order with `position` (from 1), `tray_kind` and `tray`.

    `pieces` has bill_id and zip. `minimum` is how many pieces make a tray of their own.
    """
    zipped = pieces.with_columns(
        five=pl.col("zip").str.extract(_FIVE), three=pl.col("zip").str.extract(r"^(\d{3})\d\d")
    )
    fives = zipped.with_columns(in_five=pl.len().over("five"))
    own = pl.col("five").is_not_null() & (pl.col("in_five") >= minimum)
    rest = fives.with_columns(is_own=own).with_columns(in_three=(~pl.col("is_own")).sum().over("three"))
    kinds = rest.with_columns(
        tray_kind=pl.when(pl.col("five").is_null())
        .then(pl.lit(Tray.NO_ZIP.value))
        .when("is_own")
        .then(pl.lit(Tray.FIVE_DIGITS.value))
        .when(pl.col("in_three") >= minimum)
        .then(pl.lit(Tray.THREE_DIGITS.value))
        .otherwise(pl.lit(Tray.MIXED.value))
    )
    trays = kinds.with_columns(
        tray=pl.when(pl.col("tray_kind") == Tray.FIVE_DIGITS)
        .then("five")
        .when(pl.col("tray_kind") == Tray.THREE_DIGITS)
        .then("three")
        .otherwise(pl.lit("")),
        place=pl.col("tray_kind").replace_strict(ORDER, return_dtype=pl.Int64),
    )
    ordered = trays.sort("place", "tray", "zip", "bill_id")
    return ordered.with_columns(position=pl.int_range(1, pl.len() + 1)).select(
        "position", "bill_id", "zip", "tray_kind", "tray"
    )


def tray_counts(pieces: pl.DataFrame) -> list[tuple[str, str, int]]:
    """Return each tray with how many pieces lie in it, in postal order, as the control report prints it."""
    counted = pieces.group_by("tray_kind", "tray", maintain_order=True).agg(pl.len())
    return [(kind, tray, count) for kind, tray, count in counted.iter_rows()]
