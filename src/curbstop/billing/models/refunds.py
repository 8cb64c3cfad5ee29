"""Money that goes back to a customer, or over to another account of the same customer: asked, approved, released.

Three people at least: who asks does not approve, and who releases did neither (trust.md S10).
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from curbstop.foundation.database.schema import AppendOnlyModel


class RefundRequest(AppendOnlyModel):
    """A wish to give an account's unapplied credit back, waiting for those who approve and release it."""

    class Kind(models.TextChoices):
        """Where the credit goes."""

        REFUND = "refund"
        TRANSFER = "transfer"

    set_once: ClassVar[tuple[str, ...]] = ("turned_down_by_id", "turned_down_at")

    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+")
    kind = models.TextField(choices=Kind)
    amount_cents = models.BigIntegerField()
    to_account = models.ForeignKey("customers.Account", models.PROTECT, null=True, related_name="+")
    payee = models.TextField(blank=True)
    reason = models.TextField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_on = models.DateField()
    at = models.DateTimeField()
    turned_down_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    turned_down_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="refund_request_above_zero"),
            models.CheckConstraint(condition=Q(reason__regex=r"\S.{9,}"), name="refund_request_has_a_reason"),
            models.CheckConstraint(
                condition=Q(kind="refund", to_account=None, payee__regex=r"\S")
                | Q(kind="transfer", to_account__isnull=False) & ~Q(to_account=F("account")),
                name="refund_goes_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(turned_down_by__isnull=True, turned_down_at__isnull=True)
                | Q(turned_down_by__isnull=False, turned_down_at__isnull=False),
                name="refund_turned_down_by_someone",
            ),
        ]

    def __str__(self) -> str:
        """Return the subject under which the ledger and the audit trail name this request."""
        return f"billing.refund_request:{self.pk}"


class RefundApproval(AppendOnlyModel):
    """One person's yes to a refund that somebody else asked for."""

    request = models.ForeignKey(RefundRequest, models.PROTECT, related_name="approvals")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "approved_by"], name="refund_approved_once_a_person"),
        ]


class Refund(AppendOnlyModel):
    """A refund that left: its entry, and the person who released it."""

    request = models.OneToOneField(RefundRequest, models.PROTECT, related_name="refund")
    entry = models.OneToOneField("ledger.Entry", models.PROTECT, related_name="+")
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    posted_on = models.DateField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        """Return the subject under which the ledger and the audit trail name this refund."""
        return f"billing.refund:{self.pk}"


class CreditApplication(AppendOnlyModel):
    """Unapplied credit that went to a new bill by itself, because the city wants it so."""

    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+")
    run = models.ForeignKey("billing.BillingRun", models.PROTECT, related_name="+")
    entry = models.OneToOneField("ledger.Entry", models.PROTECT, related_name="+")
    amount_cents = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "account"], name="credit_applied_once_a_run"),
        ]

    def __str__(self) -> str:
        """Return the subject under which the ledger names this application."""
        return f"billing.credit_application:{self.pk}"
