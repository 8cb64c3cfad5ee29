"""Columns of exact numbers: integers over one common denominator, never floats.

Every column knows a bound on its numerators. While the bound proves that nothing can overflow, the
column is 64-bit integers at machine speed; when it does not, the column is Python's own integers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Numerators = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

# An exponent of two digits is what programs write; a longer one would be a number without end.
_NUMBER = re.compile(r"^[+-]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})([eE][+-]?\d{1,2})?$")
# One bit below the type's limit, so that a sum of two bounded columns is still provable.
LIMIT = 2**62
INT64_DIGITS = 18
_PLAIN_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)$"


class DividedByZero(ArithmeticError):
    """A column was divided by a number that is zero."""


@dataclass(frozen=True, slots=True)
class ExactColumn:
    """The numbers `numerators / scale`; no numerator is larger than `bound` in size."""

    numerators: Numerators
    scale: int
    bound: int

    def __len__(self) -> int:
        return len(self.numerators)

    def __add__(self, other: ExactColumn) -> ExactColumn:
        left, right, scale, bound = _aligned(self, other)
        return ExactColumn(left + right, scale, bound)

    def __sub__(self, other: ExactColumn) -> ExactColumn:
        left, right, scale, bound = _aligned(self, other)
        return ExactColumn(left - right, scale, bound)

    def __mul__(self, other: ExactColumn) -> ExactColumn:
        bound = self.bound * other.bound
        left, right = _wide_enough(bound, self.numerators, other.numerators)
        return ExactColumn(left * right, self.scale * other.scale, bound)

    def divided_by(self, other: ExactColumn) -> ExactColumn:
        """Divide, exactly: distinct divisors are few (a table, a constant), so they share a multiple.

        :raises DividedByZero: if any divisor is zero
        """
        distinct = [int(each) for each in np.unique(other.numerators)]
        if 0 in distinct:
            raise DividedByZero
        shared = lcm(*distinct)
        factor = {each: other.scale * (shared // each) for each in distinct}
        bound = max(map(abs, factor.values()))
        factors = ExactColumn(_mapped(other.numerators, factor, bound), 1, bound)
        product = self * factors
        return ExactColumn(product.numerators, self.scale * shared, product.bound).reduced()

    def minimum(self, other: ExactColumn) -> ExactColumn:
        """Take the smaller number of each row."""
        left, right, scale, bound = _aligned(self, other)
        return ExactColumn(np.minimum(left, right), scale, bound)

    def maximum(self, other: ExactColumn) -> ExactColumn:
        """Take the larger number of each row."""
        left, right, scale, bound = _aligned(self, other)
        return ExactColumn(np.maximum(left, right), scale, bound)

    def where(self, mask: Mask, other: ExactColumn) -> ExactColumn:
        """Keep the rows of the mask and take the others from another column."""
        left, right, scale, bound = _aligned(self, other)
        return ExactColumn(np.where(mask, left, right), scale, bound)

    def is_negative(self) -> Mask:
        """Say which rows are below zero."""
        return np.asarray(self.numerators < 0, dtype=np.bool_)

    def is_zero(self) -> Mask:
        """Say which rows are zero."""
        return np.asarray(self.numerators == 0, dtype=np.bool_)

    def exceeds(self, limit: int) -> Mask:
        """Say which rows are larger in size than a limit."""
        (numerators,) = _wide_enough(max(self.bound, limit * self.scale), self.numerators)
        return np.asarray(np.abs(numerators) > limit * self.scale, dtype=np.bool_)

    def is_whole(self) -> bool:
        """Say whether all numbers are whole and fit 64 bits."""
        return self.bound < LIMIT and not (self.numerators % self.scale).any()

    def rounded_half_even(self) -> ExactColumn:
        """Round to whole numbers, a half to the even one."""
        (numerators,) = _wide_enough(2 * self.bound + self.scale, self.numerators)
        whole = numerators // self.scale
        twice = 2 * (numerators - whole * self.scale)
        up = (twice > self.scale) | ((twice == self.scale) & (whole % 2 == 1))
        return ExactColumn(whole + up, 1, self.bound // self.scale + 1)

    def rounded_half_up(self, decimals: int) -> ExactColumn:
        """Round to a number of decimals, a half away from zero."""
        if (10**decimals) % self.scale == 0:
            return self
        factor = 2 * 10**decimals
        bound = self.bound * factor + self.scale
        (numerators,) = _wide_enough(bound, self.numerators)
        whole = (np.abs(numerators) * factor + self.scale) // (2 * self.scale)
        signed = np.where(numerators < 0, -whole, whole)
        return ExactColumn(signed, 10**decimals, bound // (2 * self.scale) + 1)

    def rounded_down(self) -> ExactColumn:
        """Round down to whole numbers."""
        (numerators,) = _wide_enough(max(self.bound, self.scale), self.numerators)
        return ExactColumn(numerators // self.scale, 1, self.bound // self.scale + 1)

    def cents(self) -> Numerators:
        """Round dollars to whole cents, a half away from zero (rulebook §0.1)."""
        rounded = self.rounded_half_up(2)
        return np.asarray(rounded.numerators * (100 // rounded.scale), dtype=np.int64)

    def tightened(self) -> ExactColumn:
        """Return the same numbers with the bound they have, in 64 bits if that is enough."""
        return _bounded(self.numerators, self.scale)

    def reduced(self) -> ExactColumn:
        """Return the same numbers over the smallest common denominator."""
        if self.scale == 1 or not len(self):
            return self
        common = gcd(self.scale, *(int(each) for each in np.unique(self.numerators)))
        bound = self.bound // common
        numerators = self.numerators // common
        if bound < LIMIT and numerators.dtype == object:
            numerators = numerators.astype(np.int64)
        return ExactColumn(numerators, self.scale // common, bound)

    def take(self, rows: Numerators) -> ExactColumn:
        """Return some rows, by number."""
        return ExactColumn(self.spread(len(rows), rows), self.scale, self.bound)

    def spread(self, size: int, rows: Numerators | None = None) -> Numerators:
        """Return the numerators of the given rows; a constant is repeated."""
        if self.numerators.ndim == 0 or len(self.numerators) == 1:
            return np.broadcast_to(self.numerators.reshape(-1), (size,))
        return self.numerators if rows is None else self.numerators[rows]

    def fractions(self) -> list[Fraction]:
        """Return the numbers one by one, exactly."""
        return [Fraction(int(each), self.scale) for each in self.numerators.tolist()]


def constant(number: Fraction) -> ExactColumn:
    """Return a column of one number, which any other column stretches."""
    return exact([number])


def exact(numbers: Sequence[Fraction]) -> ExactColumn:
    """Return a column of fractions over their least common denominator."""
    scale = lcm(*(each.denominator for each in numbers)) if numbers else 1
    whole = [each.numerator * (scale // each.denominator) for each in numbers]
    bound = max(map(abs, whole), default=0)
    return ExactColumn(np.array(whole, dtype=np.int64 if bound < LIMIT else object), scale, bound)


def from_series(series: pl.Series) -> ExactColumn:
    """Read a column of whole numbers, Decimals or decimal text.

    :raises ValueError: if a value is not a number, or the column is of floats, which are not exact
    """
    if series.dtype.is_float():
        raise ValueError(f"{series.name} is a column of floats; give Decimal, whole numbers or text.")
    if series.dtype.is_integer():
        return _bounded(series.to_numpy().astype(np.int64, copy=False), 1)
    if series.dtype == pl.String:
        return _from_text(series)
    if isinstance(series.dtype, pl.Decimal):
        places = series.dtype.scale or 0
        physical = series.to_physical()
        try:
            return _bounded(physical.cast(pl.Int64).to_numpy(), 10**places)
        except pl.exceptions.InvalidOperationError:
            return exact([Fraction(each) for each in series])
    raise ValueError(f"{series.name} is not a column of numbers.")


def read_number(text: str) -> Fraction:
    """Read one decimal number as text, such as 12.5 or 1e-05.

    :raises ValueError: if it is not one
    """
    if not _NUMBER.match(text.strip()):
        raise ValueError(f"“{text}” is not a number")
    return Fraction(text.strip())


def to_decimal(column: ExactColumn, size: int, decimals: int) -> pl.Series:
    """Return a Polars Decimal column, rounded half up to the decimals it has room for."""
    rounded = column.rounded_half_up(decimals)
    whole, part = 10**decimals, 10**decimals // rounded.scale
    numerators = rounded.spread(size)
    if rounded.bound * part < LIMIT:
        scaled = pl.DataFrame({"n": pl.Series(np.asarray(numerators * part, dtype=np.int64))})
        # Digits before and after the point apart: dividing a wide Decimal would overflow it.
        above = (pl.col("n") // whole).cast(pl.Decimal(38, decimals))
        below = (pl.col("n") % whole).cast(pl.Decimal(38, decimals)) / whole
        return scaled.select(above + below.cast(pl.Decimal(38, decimals))).to_series()
    values = [Decimal(int(each) * part).scaleb(-decimals) for each in numerators]
    return pl.Series("", values, dtype=pl.Decimal(38, decimals))


ZERO = constant(Fraction(0))


def _from_text(series: pl.Series) -> ExactColumn:
    text = series.str.strip_chars()
    if text.str.contains(_PLAIN_NUMBER).all():
        places = text.str.extract(r"\.(\d*)$").str.len_chars().max()
        digits = text.str.len_chars().max()
        if isinstance(digits, int) and digits < INT64_DIGITS:
            decimals = places if isinstance(places, int) else 0
            return from_series(text.cast(pl.Decimal(38, decimals)).rename(series.name))
    return exact([read_number(each) for each in text])


def _bounded(numerators: Numerators, scale: int) -> ExactColumn:
    if not len(numerators):
        return ExactColumn(numerators, scale, 0)
    bound = max(abs(int(numerators.max())), abs(int(numerators.min())))
    kind = object if bound >= LIMIT else np.int64
    return ExactColumn(numerators.astype(kind, copy=False), scale, bound)


def _aligned(left: ExactColumn, right: ExactColumn) -> tuple[Numerators, Numerators, int, int]:
    """Bring two columns over one denominator, wide enough for their sum."""
    scale = lcm(left.scale, right.scale)
    by_left, by_right = scale // left.scale, scale // right.scale
    bound = left.bound * by_left + right.bound * by_right
    first, second = _wide_enough(max(bound, by_left, by_right), left.numerators, right.numerators)
    first = first if by_left == 1 else first * by_left
    second = second if by_right == 1 else second * by_right
    return first, second, scale, bound


def _wide_enough(bound: int, *columns: Numerators) -> tuple[Numerators, ...]:
    """Change to Python's integers where 64 bits cannot be proven to suffice."""
    if bound < LIMIT:
        return columns
    return tuple(column.astype(object) for column in columns)


def _mapped(numerators: Numerators, values: dict[int, int], bound: int) -> Numerators:
    distinct, places = np.unique(numerators, return_inverse=True)
    kind = np.int64 if bound < LIMIT else object
    table = np.array([values[int(each)] for each in distinct], dtype=kind)
    return np.asarray(table[places.reshape(numerators.shape)])
