"""Exemptions: services that nobody bills, because two people decided so and said why.

A fountain of the city's own, a tap that was dug up: without its exemption the completeness proof names it.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from curbstop.foundation.approvals import second_person
from curbstop.foundation.database.schema import AppendOnlyModel


class Exemption(AppendOnlyModel):
    """The days on which an agreement, or a service point without one, is not billed; in force once approved."""

    set_once: ClassVar[tuple[str, ...]] = ("approved_by_id", "approved_at", "ends_on")

    agreement = models.ForeignKey("customers.ServiceAgreement", models.PROTECT, null=True, related_name="+")
    service_point = models.ForeignKey("customers.ServicePoint", models.PROTECT, null=True, related_name="+")
    reason = models.TextField()
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            second_person(maker="requested_by", checker="approved_by", name="exemption_by_second_person"),
            models.CheckConstraint(
                condition=Q(agreement=None) ^ Q(service_point=None), name="exemption_of_one_service"
            ),
            models.CheckConstraint(condition=Q(reason__regex=r"\S.{9,}"), name="exemption_has_a_reason"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on")), name="exemption_has_days"
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="exemption_approved_by_somebody",
            ),
        ]
