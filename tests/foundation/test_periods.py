"""Periods: half-open, so that neighbors share a boundary and no day counts twice."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.foundation.periods import DayRange, add_months, months_or_fraction

DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2060, 12, 31))
RANGES = st.builds(lambda a, b: DayRange(min(a, b), max(a, b)), DAYS, DAYS)


class TestDayRange:
    def test_counts_current_minus_previous(self):
        assert DayRange(date(2026, 5, 1), date(2026, 5, 31)).days == 30

    def test_refuses_to_end_before_it_starts(self):
        with pytest.raises(ValueError, match="cannot end on 2026-05-01"):
            DayRange(date(2026, 5, 2), date(2026, 5, 1))

    def test_holds_its_first_day_and_not_its_last(self):
        may = DayRange(date(2026, 5, 1), date(2026, 6, 1))
        assert may.contains(date(2026, 5, 1))
        assert not may.contains(date(2026, 6, 1))

    def test_does_not_overlap_its_neighbor(self):
        may, june = DayRange(date(2026, 5, 1), date(2026, 6, 1)), DayRange(date(2026, 6, 1), date(2026, 7, 1))
        assert not may.overlaps(june)
        assert may.overlaps(DayRange(date(2026, 5, 31), date(2026, 6, 2)))

    @given(RANGES, st.lists(DAYS, max_size=5))
    def test_is_the_sum_of_its_parts(self, whole, cuts):
        parts = whole.split_at(*cuts)
        assert sum(part.days for part in parts) == whole.days
        assert all(a.ends_on == b.starts_on for a, b in itertools.pairwise(parts))

    @given(RANGES, RANGES)
    def test_intersects_exactly_when_it_overlaps(self, one, other):
        common = one.intersection(other)
        assert (common is not None) == one.overlaps(other) == other.overlaps(one)
        if common is not None:
            assert one.contains(common.starts_on)
            assert other.contains(common.starts_on)


class TestMonthsOrFraction:
    """The examples are rulebook §0.1."""

    @pytest.mark.parametrize(
        ("starts_on", "ends_on", "months"),
        [
            (date(2026, 4, 20), date(2026, 5, 23), 2),
            (date(2026, 4, 20), date(2026, 5, 20), 1),
            (date(2026, 4, 20), date(2026, 4, 21), 1),
            (date(2026, 4, 20), date(2026, 4, 20), 0),
            (date(2026, 1, 31), date(2026, 2, 28), 1),
            (date(2024, 2, 29), date(2025, 2, 28), 12),
            (date(2025, 12, 15), date(2026, 1, 16), 2),
        ],
    )
    def test_counts_a_begun_month_as_one(self, starts_on, ends_on, months):
        assert months_or_fraction(starts_on, ends_on) == months

    @given(DAYS, st.integers(min_value=0, max_value=240))
    def test_is_exact_on_the_monthly_day_and_one_more_after_it(self, day, months):
        reached = add_months(day, months)
        assert months_or_fraction(day, reached) == months
        assert months_or_fraction(day, reached + timedelta(days=1)) == months + 1


class TestAddMonths:
    @pytest.mark.parametrize("year", range(2024, 2033))
    def test_stops_at_the_end_of_february(self, year):
        end = add_months(date(year, 1, 31), 1)
        assert end.month == 2
        assert (end + timedelta(days=1)).month == 3
