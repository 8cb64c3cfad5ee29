"""Which days may be posted to, and which day it is: both are rows, never the clock."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q


class FiscalPeriod(models.Model):
    """A month or so of the books, from ``starts_on`` to the day before ``ends_on``; closed once and for all."""

    written_by_pages: ClassVar[bool] = False

    id = models.BigAutoField(primary_key=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        ordering = ["starts_on"]
        constraints = [
            models.CheckConstraint(condition=Q(starts_on__lt=F("ends_on")), name="fiscal_period_has_days"),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None) | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="fiscal_period_closed_by_someone",
            ),
            ExclusionConstraint(
                name="fiscal_periods_apart",
                expressions=[
                    (
                        Func(F("starts_on"), F("ends_on"), function="daterange", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    )
                ],
            ),
        ]

    def __str__(self) -> str:
        """Return the days the period spans."""
        return f"{self.starts_on} – {self.ends_on}"


class BusinessDay(models.Model):
    """A day of the office: opened by a person, one at a time, whatever the clock says."""

    id = models.BigAutoField(primary_key=True)
    day = models.DateField(unique=True)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(
                fields=["closed_at"], name="one_open_business_day", condition=Q(closed_at=None), nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("opened_at")), name="business_day_closes_after_opening"
            ),
        ]

    def __str__(self) -> str:
        """Return the day."""
        return str(self.day)
