"""Numbers without gaps: receipts of a till, bills, deposits.

A sequence loses a number at every rollback; a counter row that is locked in the transaction of the thing it numbers
does not. The price is that two transactions wait for each other on one series, so a series is kept as narrow as the
office's own: a till, not the city.
"""

from typing import ClassVar

from django.db import connection, models

from curbstop.foundation.database.transactions import require_transaction


class NumberSeries(models.Model):
    """One series and the last number it gave out."""

    # Every number is itself a recorded row of the thing that carries it.
    row_changes_recorded: ClassVar[bool] = False

    code = models.CharField(max_length=100, primary_key=True)
    last_number = models.BigIntegerField()

    class Meta:
        """A series counts up from one."""

        constraints = [
            models.CheckConstraint(condition=models.Q(last_number__gte=1), name="number_series_counts_from_one")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.last_number}"


def next_number(series: str) -> int:
    """Return the next number of a series, beginning with 1.

    :raises RuntimeError: outside a transaction
    """
    return reserve_numbers(series, 1)


def reserve_numbers(series: str, count: int) -> int:
    """Take `count` consecutive numbers and return the first; the series stays locked until the transaction ends.

    :raises RuntimeError: outside a transaction
    """
    assert count >= 1, "an empty reservation has no first number"
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into foundation_numberseries as s (code, last_number) values (%s, %s)"
            " on conflict (code) do update set last_number = s.last_number + excluded.last_number"
            " returning last_number",
            [series, count],
        )
        (last,) = cursor.fetchone()
    return int(last) - count + 1


def last_number_of(series: str) -> int:
    """Return the last number given out, 0 for a series that has not begun."""
    return NumberSeries.objects.filter(code=series).values_list("last_number", flat=True).first() or 0
