"""Exact columns: what they say is what fractions say, in 64 bits and beyond."""

from decimal import Decimal
from fractions import Fraction
from math import floor

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.rates.domain.exact import LIMIT, exact, from_series, to_decimal

NUMBERS = st.one_of(
    st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=748),
    st.integers(-(2**80), 2**80).map(Fraction),
    st.decimals(-(10**9), 10**9, places=8).map(Fraction),
)
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=8)


def half_up(number: Fraction, decimals: int) -> Fraction:
    size = Fraction(floor(abs(number) * 10**decimals + Fraction(1, 2)), 10**decimals)
    return size if number >= 0 else -size


class TestReckonExactly:
    @given(PAIRS)
    def test_is_what_fractions_say(self, pairs: list[tuple[Fraction, Fraction]]) -> None:
        left, right = (exact(list(each)) for each in zip(*pairs, strict=True))
        assert (left + right).fractions() == [a + b for a, b in pairs]
        assert (left - right).fractions() == [a - b for a, b in pairs]
        assert (left * right).fractions() == [a * b for a, b in pairs]
        assert left.minimum(right).fractions() == [min(pair) for pair in pairs]
        assert left.maximum(right).fractions() == [max(pair) for pair in pairs]
        if all(b for _, b in pairs):
            assert left.divided_by(right).fractions() == [a / b for a, b in pairs]

    @given(st.lists(NUMBERS, min_size=1, max_size=8), st.integers(0, 8))
    def test_rounds_as_the_office_does(self, numbers: list[Fraction], decimals: int) -> None:
        column = exact(numbers)
        assert column.rounded_half_up(decimals).fractions() == [half_up(each, decimals) for each in numbers]
        assert column.rounded_half_even().fractions() == [Fraction(round(each)) for each in numbers]

    @given(PAIRS)
    def test_never_claims_less_than_it_holds(self, pairs: list[tuple[Fraction, Fraction]]) -> None:
        left, right = (exact(list(each)) for each in zip(*pairs, strict=True))
        for column in (left + right, left * right, left.minimum(right), left.rounded_half_up(2)):
            assert all(abs(int(each)) <= column.bound for each in column.numerators.tolist())
            assert column.numerators.dtype == object or column.bound < 2 * LIMIT

    @given(st.lists(st.decimals(-(10**14), 10**14, places=12), min_size=1, max_size=8))
    def test_comes_out_as_decimals_unchanged(self, numbers: list[Decimal]) -> None:
        column = exact([Fraction(each) for each in numbers])
        assert to_decimal(column, len(numbers), 12).to_list() == numbers

    def test_rounds_half_a_cent_up(self) -> None:
        """WX-1: 0.125 is 0.13, 2.675 is 2.68, and a credit is rounded away from zero too."""
        column = exact([Fraction("0.125"), Fraction("2.675"), Fraction("-0.125"), Fraction("0.1249")])
        assert column.cents().tolist() == [13, 268, -13, 12]


class TestReadColumn:
    def test_takes_whole_numbers_decimals_and_text(self) -> None:
        text = pl.Series("usage", ["1.5", " 2", "1e-3", "12345678901234567890.5"])
        assert from_series(text).fractions() == [
            Fraction("1.5"),
            2,
            Fraction("0.001"),
            Fraction("12345678901234567890.5"),
        ]
        assert from_series(pl.Series("usage", [3, 4])).fractions() == [3, 4]
        assert from_series(text.head(2).str.strip_chars().cast(pl.Decimal(18, 4))).fractions() == [Fraction("1.5"), 2]

    @pytest.mark.parametrize("column", [[1.5], ["5/8"], ["1e999999"], ["NaN"], [""], [True]])
    def test_refuses_what_is_not_exact(self, column: list[object]) -> None:
        with pytest.raises(ValueError, match=r"usage|number"):
            from_series(pl.Series("usage", column))

    def test_stays_in_64_bits_where_that_is_proven(self) -> None:
        column = from_series(pl.Series("usage", [10**6]))
        assert (column * column).numerators.dtype == np.int64
        assert (column * column * column * column).numerators.dtype == object
