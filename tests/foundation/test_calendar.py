"""Business days: customers' deadlines roll forward over closed days, and the holidays are the city's own."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.foundation.calendar import Calendar

DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2040, 12, 31))
CITY = Calendar({date(2026, 7, 3): "Independence Day (observed)", date(2026, 11, 26): "Thanksgiving Day"})


class TestRollADueDate:
    """The examples are rulebook §3.4: bill date plus twenty days, rolled to the next business day."""

    def test_rolls_a_saturday_to_monday(self):
        assert CITY.due_on(date(2026, 6, 14), 20) == date(2026, 7, 6)

    def test_rolls_a_sunday_to_monday(self):
        assert CITY.due_on(date(2026, 6, 29), 20) == date(2026, 7, 20)

    def test_rolls_the_observed_holiday_over_the_weekend(self):
        assert CITY.due_on(date(2026, 6, 13), 20) == date(2026, 7, 6)

    def test_asks_the_calendar_and_not_the_weekday(self):
        assert Calendar().due_on(date(2026, 6, 13), 20) == date(2026, 7, 3)

    @given(DAYS, st.integers(min_value=0, max_value=90), st.sets(DAYS, max_size=30))
    def test_never_gives_a_customer_less_time(self, bill_on, days, closed):
        calendar = Calendar(dict.fromkeys(closed, "closed"))
        due_on = calendar.due_on(bill_on, days)
        assert due_on >= bill_on + timedelta(days=days)
        assert calendar.is_business_day(due_on)


class TestAddBusinessDays:
    def test_counts_the_day_itself_as_day_zero(self):
        assert CITY.add_business_days(date(2026, 11, 25), 0) == date(2026, 11, 25)
        assert CITY.add_business_days(date(2026, 11, 25), 1) == date(2026, 11, 27)
        assert CITY.add_business_days(date(2026, 11, 25), 2) == date(2026, 11, 30)

    @given(DAYS, st.integers(min_value=0, max_value=60))
    def test_passes_exactly_that_many_open_days(self, on, days):
        end = CITY.add_business_days(on, days)
        assert CITY.business_days_between(on + timedelta(days=1), end + timedelta(days=1)) == days


class TestDayBeforeHoliday:
    def test_knows_the_eve_of_a_holiday(self):
        assert CITY.is_day_before_holiday(date(2026, 11, 25))
        assert not CITY.is_day_before_holiday(date(2026, 11, 26))

    @given(DAYS)
    def test_finds_the_open_days_around_any_day(self, on):
        assert CITY.previous_business_day(on) <= on <= CITY.next_business_day(on)


class TestCalendar:
    @pytest.mark.parametrize("closed", [range(7), [7], [-1]])
    def test_refuses_a_week_that_is_never_open(self, closed):
        with pytest.raises(ValueError, match="at least one open weekday"):
            Calendar({}, frozenset(closed))
