"""Cycles: which accounts are billed together, and on which days that was so.

The cycle of an account is required: an optional one left 853 accounts of a real city unbilled.
"""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q


class Cycle(models.Model):
    """A group of accounts that is read and billed on one rhythm, such as every two months."""

    code = models.TextField(unique=True)
    name = models.TextField()
    months = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=~Q(code=""), name="cycle_has_a_code"),
            models.CheckConstraint(condition=Q(months__gte=1, months__lte=12), name="cycle_months_in_a_year"),
        ]

    def __str__(self) -> str:
        """Return the code and the name, as a run's page shows them."""
        return f"{self.code} {self.name}"


class CycleAssignment(models.Model):
    """The days on which one account belongs to one cycle; it is billed from its first day on."""

    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+")
    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="assignments")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on")),
                name="cycle_assignment_has_days",
            ),
            ExclusionConstraint(
                name="one_cycle_per_account",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    (
                        Func(
                            F("starts_on"),
                            F("ends_on"),
                            RangeBoundary(),
                            function="DATERANGE",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
