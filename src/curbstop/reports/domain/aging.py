"""How debts age: from the due date, in the six columns of the office.

An item due on July 1 is current through July 1 and one day late on July 2. Credits stand in a column of
their own and never hide a debt.
"""

from datetime import date

# Name of the column and the last day late that belongs to it; the columns cover every day without a gap.
BUCKETS: tuple[tuple[str, int | None], ...] = (
    ("current", 0),
    ("days_1_30", 30),
    ("days_31_60", 60),
    ("days_61_90", 90),
    ("days_91_120", 120),
    ("days_over_120", None),
)


def bucket_of(due_on: date, *, on: date) -> str:
    """Return the column of a debt that is looked at on a day."""
    late = (on - due_on).days
    return next(name for name, last in BUCKETS if last is None or late <= last)
