"""Amounts: rounded half-up once, formatted for people, and never guessed from text."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.foundation.money import NotMoney, dollars, format_cents, parse_dollars, to_cents

CENTS = st.integers(min_value=0, max_value=99_999_999_999)


class TestToCents:
    """The rounding examples are WX-1 of the rulebook."""

    @pytest.mark.parametrize(
        ("exact", "cents"),
        [("0.125", 13), ("2.675", 268), ("0.005", 1), ("0.0049999999", 0), ("-0.125", -13), ("0", 0)],
    )
    def test_rounds_half_up(self, exact, cents):
        assert to_cents(Decimal(exact)) == cents

    def test_rounds_the_line_and_not_the_daily_rate(self):
        # Chesapeake's service charge: $0.35766667 a day for 60 days is $21.46, not 60 × $0.36 = $21.60.
        assert to_cents(Decimal("0.35766667") * 60) == 2146

    def test_refuses_a_binary_float(self):
        with pytest.raises(AssertionError):
            to_cents(2.675)

    @given(st.decimals(min_value=-(10**9), max_value=10**9, places=8))
    def test_is_never_more_than_half_a_cent_off(self, exact):
        assert abs(dollars(to_cents(exact)) - exact) <= Decimal("0.005")

    @given(CENTS)
    def test_keeps_whole_cents(self, cents):
        assert to_cents(dollars(cents)) == cents
        assert to_cents(-dollars(cents)) == -cents


class TestFormatCents:
    @pytest.mark.parametrize(
        ("cents", "text"),
        [(0, "$0.00"), (5, "$0.05"), (123456, "$1,234.56"), (-500, "-$5.00"), (100000000, "$1,000,000.00")],
    )
    @pytest.mark.parametrize("language", ["en", "es"])
    def test_writes_dollars_as_customers_read_them(self, cents, text, language):
        assert format_cents(cents, language) == text


class TestParseDollars:
    @pytest.mark.parametrize(
        ("text", "cents"),
        [("12", 1200), ("12.34", 1234), (" $1,234.56 ", 123456), ("$ 5.00", 500), ("999999999.99", 99999999999)],
    )
    def test_takes_an_amount(self, text, cents):
        assert parse_dollars(text) == cents

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "$",
            "-5",
            "+5",
            "5.1",
            "5.123",
            ".50",
            "1,23",
            "12,34.00",
            ",123",
            "1 000",
            "1e3",
            "ten",
            "NaN",
            "١٢",
            "12.34\x00",
            "=1+1",
            "1000000000",
            "$$5",
            "1_000",
        ],
    )
    def test_refuses_what_is_not_an_amount(self, text):
        with pytest.raises(NotMoney, match=r"Expected an amount such as 12\.34"):
            parse_dollars(text)

    @given(CENTS)
    def test_reads_back_what_was_printed(self, cents):
        assert parse_dollars(format_cents(cents)) == cents

    @given(st.text(max_size=30))
    def test_gives_an_amount_or_a_refusal_for_any_text(self, text):
        with contextlib.suppress(NotMoney):
            assert parse_dollars(text) >= 0
