"""Days of the office: how a person reads them, and which day is opened without a question."""

from datetime import date, timedelta

from curbstop.foundation.calendar import Calendar


def in_words(day: date) -> str:
    """Return a day as people say it: Tuesday, November 17, 2026."""
    return f"{day:%A, %B} {day.day}, {day.year}"


def doubt_about_opening(day: date, *, latest: date | None, calendar: Calendar) -> str:
    """Return what to ask before a business day is opened; an empty text where it is the expected one.

    Expected is the first open day of the city after the latest one that was worked, or any open day where none was.
    """
    expected = calendar.next_business_day(latest + timedelta(days=1) if latest else day)
    if day == expected:
        return ""
    closed = "" if calendar.is_business_day(day) else f"The city is closed on {in_words(day)}. "
    return f"{closed}The next business day is {in_words(expected)}; open {in_words(day)} all the same?"
