"""Holds on open items: what is disputed, on a plan or otherwise set apart, so that every room above can ask.

A bill of $100 of which $40 is disputed has one hold of 4000 cents; a hold without an amount holds the whole item.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from curbstop.foundation.database.schema import AppendOnlyModel
from curbstop.ledger.models.items import OpenItem


class ItemHold(AppendOnlyModel):
    """Cents of an open item that are set apart for a reason, until somebody releases them."""

    class Kind(models.TextChoices):
        """Why the cents are set apart."""

        DISPUTE = "dispute"
        PLAN = "plan"
        ADJUSTMENT = "adjustment"
        PENDING_PAYMENT = "pending_payment"

    set_once: ClassVar[tuple[str, ...]] = ("released_by_id", "released_at")

    open_item = models.ForeignKey(OpenItem, models.PROTECT, related_name="holds", db_constraint=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    # Without an amount the whole item is held, whatever is paid on it.
    amount_cents = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=500)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["dispute", "plan", "adjustment", "pending_payment"]), name="item_hold_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(amount_cents=None) | Q(amount_cents__gt=0), name="item_hold_amount_above_zero"
            ),
            models.CheckConstraint(condition=Q(reason__regex=r"\S.{9,}"), name="item_hold_has_a_reason"),
            models.CheckConstraint(
                condition=Q(released_at=None, released_by=None)
                | Q(released_at__gte=F("placed_at"), released_by__isnull=False),
                name="item_hold_released_by_someone",
            ),
            models.UniqueConstraint(
                fields=["open_item", "kind"], condition=Q(released_at=None), name="item_hold_one_of_a_kind"
            ),
        ]

    def __str__(self) -> str:
        """Return the subject under which the audit trail names this hold."""
        return f"ledger.item_hold:{self.pk}"
