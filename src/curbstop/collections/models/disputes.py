"""Disputes: a customer says that a bill is wrong; while the office looks, nothing is charged for it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from curbstop.foundation.database.schema import AppendOnlyModel


class Dispute(AppendOnlyModel):
    """What a customer disputes of one bill, until somebody upholds or denies it with a reason."""

    class Outcome(models.TextChoices):
        """How it ended: upheld is answered by a correction or a credit, denied is owed again."""

        UPHELD = "upheld", "Upheld"
        DENIED = "denied", "Denied"

    set_once: ClassVar[tuple[str, ...]] = ("outcome", "answer", "resolved_by_id", "resolved_at")

    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+")
    bill_source = models.CharField(max_length=200)
    amount_cents = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices, null=True)  # noqa: DJ001 - set once
    answer = models.CharField(max_length=500, null=True)  # noqa: DJ001 - set once
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["bill_source"], condition=Q(resolved_at=None), name="one_open_dispute_per_bill"
            ),
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="dispute_above_zero"),
            models.CheckConstraint(condition=Q(reason__regex=r"\S.{9,}"), name="dispute_has_a_reason"),
            models.CheckConstraint(
                condition=Q(outcome=None, answer=None, resolved_by=None, resolved_at=None)
                | Q(
                    outcome__in=["upheld", "denied"],
                    answer__regex=r"\S.{9,}",
                    resolved_by__isnull=False,
                    resolved_at__isnull=False,
                ),
                name="dispute_resolved_with_an_answer",
            ),
        ]

    def __str__(self) -> str:
        """Return the subject under which the audit trail names this dispute."""
        return f"collections.dispute:{self.pk}"


class DisputeHold(AppendOnlyModel):
    """A hold that a dispute placed on one open item."""

    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="holds")
    hold = models.OneToOneField("ledger.ItemHold", models.PROTECT, related_name="+")

    def __str__(self) -> str:
        """Return the dispute."""
        return f"hold of dispute {self.dispute_id}"
