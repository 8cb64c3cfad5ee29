"""Reads that a person must look at before they are trusted: what was found, beside what, and what was decided."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from curbstop.customers.models import ServiceAgreement
from curbstop.foundation.database.schema import AppendOnlyModel
from curbstop.metering.domain.exceptions import Code
from curbstop.metering.models.meters import Installation
from curbstop.metering.models.reads import Read


class ReadException(AppendOnlyModel):
    """One thing noticed about one read; it is decided once, by a person, with a word why (rulebook §3.2)."""

    set_once: ClassVar[tuple[str, ...]] = ("disposition", "disposed_by_id", "disposed_at", "note", "replacement_id")

    class Disposition(models.TextChoices):
        """What was decided."""

        ACCEPT = "accept", "Accepted as read"
        REREAD = "reread", "Read again"
        ESTIMATE = "estimate", "Estimated"
        CORRECT = "correct", "Corrected"
        TRUE_UP = "true_up", "Spread again over the estimated periods"

    code = models.CharField(max_length=10, choices=[(code.value, code.value) for code in Code])
    installation = models.ForeignKey(Installation, on_delete=models.PROTECT, related_name="+")
    agreement = models.ForeignKey(ServiceAgreement, null=True, on_delete=models.PROTECT, related_name="+")
    read = models.ForeignKey(Read, on_delete=models.PROTECT, related_name="exceptions", db_index=False)
    read_on = models.DateField()
    at = models.DateTimeField()
    # Until it is decided the read is not settled into usage, so nothing is billed from it.
    holds = models.BooleanField()
    # Units a day, in the unit the city bills, and where that comes from.
    baseline = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    baseline_source = models.CharField(max_length=24, blank=True, default="")
    values = models.JSONField()
    disposition = models.CharField(max_length=8, choices=Disposition, null=True)  # noqa: DJ001 - set once, from null
    disposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    disposed_at = models.DateTimeField(null=True)
    note = models.TextField(null=True)  # noqa: DJ001 - set once, from null
    replacement = models.ForeignKey(Read, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(name="one_exception_of_a_kind", fields=["read", "code"]),
            models.CheckConstraint(
                name="exception_code_known", condition=Q(code__in=[code.value for code in Code])
            ),
            models.CheckConstraint(
                name="exception_decided_by_somebody",
                condition=Q(
                    disposition__isnull=True, disposed_by__isnull=True, disposed_at__isnull=True, note__isnull=True,
                    replacement__isnull=True,
                )
                | Q(
                    disposition__in=["accept", "reread", "estimate", "correct", "true_up"],
                    disposed_by__isnull=False, disposed_at__isnull=False, note__regex=r"\S.{2,}",
                ),
            ),
        )  # fmt: skip
        indexes = (
            models.Index(
                name="open_read_exceptions", fields=["read_on", "code"], condition=Q(disposed_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        """Return the subject under which the audit trail names this exception."""
        return f"metering.exception:{self.pk}"
