"""The billing calendar: closed days, month ends, barred weekdays and leap days."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.billing.domain.year import CalendarRefused, YearRule, read_year_rules, rounds_of
from curbstop.foundation.calendar import Calendar

HOLIDAYS = {
    date(2026, 7, 3): "Independence Day (observed)",
    date(2026, 11, 26): "Thanksgiving",
    date(2026, 9, 7): "Labor Day",
}
CALENDAR = Calendar(holidays=HOLIDAYS)
FRIDAY = frozenset({4})


def rule(**facts):
    usual = {"cycle": "ODD", "months": (1, 3, 5, 7, 9, 11), "read_day": 5, "bill_business_days": 3, "due_days": 20}
    return YearRule(**{**usual, **facts})


class TestRoundsOf:
    def test_rolls_reads_and_due_dates_to_open_days(self):
        # Rulebook §3.4: 14 June 2026 + 20 days is Saturday, July 4, so it is due on Monday the 6th.
        (june,) = rounds_of(rule(months=(6,), read_day=11, bill_business_days=1), 2026, CALENDAR)
        assert (june.read_on, june.bill_on, june.due_on) == (date(2026, 6, 11), date(2026, 6, 12), date(2026, 7, 2))
        assert CALENDAR.due_on(date(2026, 6, 14), 20) == date(2026, 7, 6)
        assert CALENDAR.due_on(date(2026, 6, 29), 20) == date(2026, 7, 20)

    def test_counts_the_days_that_each_round_bills(self):
        rounds = rounds_of(rule(), 2026, CALENDAR)
        assert [each.read_on for each in rounds][:3] == [date(2026, 1, 5), date(2026, 3, 5), date(2026, 5, 5)]
        # The first period reaches back to November 5, 2025.
        assert [each.days for each in rounds][:3] == [61, 59, 61]

    def test_reads_the_last_day_of_a_short_month(self):
        open_always = Calendar(closed_weekdays=frozenset())
        assert rounds_of(rule(months=(2,), read_day=31), 2028, open_always)[0].read_on == date(2028, 2, 29)
        assert rounds_of(rule(months=(2,), read_day=31), 2027, open_always)[0].read_on == date(2027, 2, 28)

    @given(
        year=st.integers(2020, 2040),
        read_day=st.integers(1, 31),
        waits=st.integers(1, 90),
        barred=st.frozensets(st.integers(0, 4), max_size=4),
    )
    def test_never_shuts_off_early_or_on_a_barred_day(self, year, read_day, waits, barred):
        for each in rounds_of(rule(read_day=read_day, shut_off_days=waits, barred_weekdays=barred), year, CALENDAR):
            assert (each.shut_off_on - each.due_on).days >= waits
            assert CALENDAR.is_business_day(each.shut_off_on)
            assert each.shut_off_on.weekday() not in barred
            assert not CALENDAR.is_day_before_holiday(each.shut_off_on)
            assert each.read_on <= each.bill_on < each.due_on


class TestReadYearRules:
    @pytest.mark.parametrize(
        ("entry", "message"),
        [
            ({}, "names no cycle"),
            ({"cycle": "ODD"}, "months is a list"),
            ({"cycle": "ODD", "months": [13], "read_day": 1}, "months is a whole number from 1 to 12"),
            ({"cycle": "ODD", "months": [1], "read_day": "x"}, "read_day is a whole number"),
            ({"cycle": "ODD", "months": [1], "read_day": 1, "shutoff_days": 3}, "nobody reads shutoff_days"),
            ({"cycle": "ODD", "months": [1], "read_day": 1, "barred_weekdays": ["fri"]}, "barred_weekdays is a list"),
        ],
    )
    def test_names_what_is_wrong(self, entry, message):
        with pytest.raises(CalendarRefused, match=message):
            read_year_rules([entry])

    def test_reads_text_and_numbers_alike(self):
        entry = {
            "cycle": "ODD",
            "months": ["3", 1],
            "read_day": "5",
            "shut_off_days": 40,
            "barred_weekdays": ["friday"],
        }
        assert read_year_rules([entry], due_days=20) == (
            rule(months=(1, 3), bill_business_days=0, shut_off_days=40, barred_weekdays=FRIDAY),
        )
