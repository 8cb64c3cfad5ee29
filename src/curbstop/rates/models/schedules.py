"""Rate schedules by version, and the schedule that each service agreement is billed by.

A version is never rewritten: a corrected document is a new version, and a bill names the one it was
priced by. Only the end of a version may move.
"""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import CheckConstraint, F, Func, Q

from curbstop.customers.models import ServiceAgreement
from curbstop.foundation.approvals import second_person
from curbstop.ledger.models import Service
from curbstop.ordinances.models import CodeSection


def _days() -> Func:
    return Func(F("starts_on"), F("ends_on"), function="daterange", output_field=DateRangeField())


class Schedule(models.Model):
    """A rate schedule by name: residential water, commercial sewer."""

    written_by_pages: ClassVar[bool] = False

    code = models.CharField(max_length=80, unique=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.code


class ScheduleVersion(models.Model):
    """The document that sets a schedule's prices from one day on."""

    written_by_pages: ClassVar[bool] = False

    class Format(models.TextChoices):
        """The language that the document is written in."""

        TARIFF = "tariff", "Tariff"
        OWRS = "owrs", "Open Water Rate Specification"

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="versions")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    document = models.TextField()
    format = models.CharField(max_length=10, choices=Format)
    section = models.ForeignKey(CodeSection, on_delete=models.PROTECT, related_name="+")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            # An empty range is a version that was withdrawn before it began.
            CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="schedule_version_ends_after_start",
            ),
            CheckConstraint(condition=Q(format__in=("tariff", "owrs")), name="schedule_version_format_known"),
            ExclusionConstraint(
                name="one_version_in_force",
                expressions=[
                    (F("schedule"), RangeOperators.EQUAL),
                    (_days(), RangeOperators.OVERLAPS),
                ],
            ),
            second_person(maker="proposed_by", name="schedule_version_second_person"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule.code} from {self.starts_on}"


class RateAssignment(models.Model):
    """The schedule and class by which one agreement is billed, with what the meter does not tell."""

    written_by_pages: ClassVar[bool] = False

    agreement = models.ForeignKey(ServiceAgreement, on_delete=models.PROTECT, related_name="rate_assignments")
    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="assignments")
    customer_class = models.CharField(max_length=60, blank=True)
    # Inputs of the schedule by name, as text: {"city_limits": "outside", "eru": "2.5"}.
    inputs = models.JSONField(default=dict)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                name="rate_assignment_ends_after_start",
            ),
            ExclusionConstraint(
                name="one_rate_per_agreement",
                expressions=[
                    (F("agreement"), RangeOperators.EQUAL),
                    (_days(), RangeOperators.OVERLAPS),
                ],
            ),
        ]
