"""Payment plans, as far as they hold what is late: an amount, its installments, and the holds on open items."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from curbstop.foundation.database.schema import AppendOnlyModel


class PaymentPlan(AppendOnlyModel):
    """An amount that an account pays in installments; its penalties rest as long as the plan lasts."""

    class Ending(models.TextChoices):
        """How a plan ends."""

        COMPLETED = "completed", "Completed"
        BROKEN = "broken", "Broken"
        CANCELLED = "cancelled", "Cancelled"

    set_once: ClassVar[tuple[str, ...]] = ("ending", "ended_by_id", "ended_at")

    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+")
    financed_cents = models.BigIntegerField()
    signed_on = models.DateField()
    grace_days = models.PositiveSmallIntegerField()
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ending = models.CharField(max_length=10, choices=Ending.choices, null=True)  # noqa: DJ001 - set once
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["account"], condition=Q(ended_at=None), name="one_plan_per_account"),
            models.CheckConstraint(condition=Q(financed_cents__gt=0), name="plan_above_zero"),
            models.CheckConstraint(
                condition=Q(ending=None, ended_by=None, ended_at=None)
                | Q(ending__in=["completed", "broken", "cancelled"], ended_by__isnull=False, ended_at__isnull=False),
                name="plan_ended_by_someone",
            ),
        ]

    def __str__(self) -> str:
        """Return the subject under which the audit trail names this plan."""
        return f"collections.payment_plan:{self.pk}"


class PlanInstallment(AppendOnlyModel):
    """One payment of a plan; together they are what is financed (INV-13)."""

    plan = models.ForeignKey(PaymentPlan, models.PROTECT, related_name="installments")
    number = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    amount_cents = models.BigIntegerField()

    class Meta:
        ordering = ["plan", "number"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="plan_installment_once"),
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="plan_installment_above_zero"),
        ]

    def __str__(self) -> str:
        """Return the plan and the number."""
        return f"installment {self.number} of plan {self.plan_id}"


class PlanHold(AppendOnlyModel):
    """A hold that a plan placed on one open item: so much of it is financed."""

    plan = models.ForeignKey(PaymentPlan, models.PROTECT, related_name="holds")
    hold = models.OneToOneField("ledger.ItemHold", models.PROTECT, related_name="+")
    amount_cents = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount_cents__gt=0), name="plan_hold_above_zero")]

    def __str__(self) -> str:
        """Return the plan."""
        return f"hold of plan {self.plan_id}"
