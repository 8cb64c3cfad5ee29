"""Budget plans: the customer pays the same amount each month, while the receivable stays what was really billed."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from curbstop.foundation.database.schema import AppendOnlyModel


class BudgetPlan(AppendOnlyModel):
    """One account's enrollment: under which of the city's policies, from when, and how it was settled."""

    set_once: ClassVar[tuple[str, ...]] = ("ended_on", "ended_by_id", "ended_at", "ended_reason", "settled_cents")

    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+")
    policy = models.TextField()
    # The policy's terms on the day of enrollment: a later change of the policy is for later plans.
    terms = models.JSONField()
    starts_on = models.DateField()
    # What was owed at enrollment is due beside the monthly amounts.
    opening_cents = models.BigIntegerField()
    enrolled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ended_on = models.DateField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.TextField(null=True)  # noqa: DJ001 - set once, when the plan ends
    # Actual charges less what was collected: above zero it is due, below zero it is the customer's.
    settled_cents = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(ended_on__isnull=True), name="one_budget_plan_per_account"
            ),
            models.CheckConstraint(
                condition=Q(
                    ended_on__isnull=True,
                    ended_by__isnull=True,
                    ended_at__isnull=True,
                    ended_reason__isnull=True,
                    settled_cents__isnull=True,
                )
                | Q(
                    ended_on__gte=F("starts_on"),
                    ended_by__isnull=False,
                    ended_at__isnull=False,
                    ended_reason__isnull=False,
                    settled_cents__isnull=False,
                ),
                name="budget_plan_ends_settled",
            ),
        ]

    def __str__(self) -> str:
        """Return the subject under which the audit trail names this plan."""
        return f"billing.budget_plan:{self.pk}"


class BudgetAmount(AppendOnlyModel):
    """The monthly amount from one day on, with what it was calculated from."""

    plan = models.ForeignKey(BudgetPlan, models.PROTECT, related_name="amounts")
    starts_on = models.DateField()
    amount_cents = models.BigIntegerField()
    derivation = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["plan", "starts_on"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "starts_on"], name="one_budget_amount_a_day"),
            models.CheckConstraint(condition=Q(amount_cents__gte=0), name="budget_amount_not_negative"),
        ]
