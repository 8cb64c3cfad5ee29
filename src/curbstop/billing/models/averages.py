"""Averages that set price: computed for everybody at once, approved by a second person, in force for their days.

They belong to the agreement, which is one customer at one premises: who moves in later begins without one.
"""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from curbstop.foundation.approvals import second_person
from curbstop.foundation.database.schema import AppendOnlyModel


def _days() -> Func:
    return Func("starts_on", "ends_on", function="daterange", output_field=DateRangeField())


class AverageSet(AppendOnlyModel):
    """One computation of a policy for all agreements, with the policy as it stood."""

    set_once: ClassVar[tuple[str, ...]] = ("approved_by_id", "approved_at", "withdrawn_at")

    policy = models.TextField()
    rule = models.JSONField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    # A later computation of the same days took its place before anybody approved it.
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            second_person(maker="proposed_by", name="average_set_by_second_person"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False, withdrawn_at__isnull=True),
                name="average_set_approved_by_somebody",
            ),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="average_set_has_days"),
        ]

    def __str__(self) -> str:
        """Return the policy and its first day, as the audit trail names it."""
        return f"{self.policy} from {self.starts_on}"


class UseAverage(AppendOnlyModel):
    """One agreement's average for some days; it prices nothing before its set is approved."""

    set_once: ClassVar[tuple[str, ...]] = ("approved_at", "superseded_at")

    class Basis(models.TextChoices):
        """Whether the customer's own use stands behind the value."""

        AVERAGE = "average", "The customer's own average"
        DEFAULT = "default", "Too few reads: the city's default"

    average_set = models.ForeignKey(AverageSet, models.PROTECT, related_name="averages", db_constraint=False)
    agreement = models.ForeignKey(
        "customers.ServiceAgreement", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    policy = models.TextField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    value = models.DecimalField(max_digits=18, decimal_places=4)
    unit = models.TextField()
    basis = models.TextField(choices=Basis)
    derivation = models.JSONField()
    approved_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_average_in_force",
                expressions=[
                    ("agreement", RangeOperators.EQUAL),
                    ("policy", RangeOperators.EQUAL),
                    (_days(), RangeOperators.OVERLAPS),
                ],
                condition=Q(approved_at__isnull=False, superseded_at__isnull=True),
            ),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="use_average_has_days"),
            models.CheckConstraint(condition=Q(value__gte=0), name="use_average_not_negative"),
            models.CheckConstraint(condition=Q(basis__in=["average", "default"]), name="use_average_basis_known"),
        ]
