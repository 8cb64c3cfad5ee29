"""A run of penalties or interest: proposed by one person, approved by another, then posted."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from curbstop.foundation.approvals import second_person
from curbstop.foundation.database.schema import AppendOnlyModel


class ChargeRun(AppendOnlyModel):
    """The list of what late bills cost on a day; nothing is posted until a second person approves it."""

    class Kind(models.TextChoices):
        """What is charged."""

        PENALTY = "penalty"
        INTEREST = "interest"

    set_once: ClassVar[tuple[str, ...]] = (
        "approved_by_id",
        "approved_at",
        "discarded_by_id",
        "discarded_at",
        "posted_at",
    )

    kind = models.CharField(max_length=10, choices=Kind.choices)
    on = models.DateField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    discarded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    discarded_at = models.DateTimeField(null=True)
    posted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            second_person(maker="proposed_by", checker="approved_by", name="charge_run_by_a_second_person"),
            models.CheckConstraint(condition=Q(kind__in=["penalty", "interest"]), name="charge_run_kind_known"),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False, discarded_at=None),
                name="charge_run_approved_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(discarded_by=None, discarded_at=None)
                | Q(discarded_by__isnull=False, discarded_at__isnull=False),
                name="charge_run_discarded_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(posted_at=None) | Q(approved_at__isnull=False), name="charge_run_approved_before_posted"
            ),
            # Two open lists would show the same bill twice; what is no longer wanted is discarded.
            models.UniqueConstraint(
                fields=["kind"], condition=Q(posted_at=None, discarded_at=None), name="charge_run_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        """Return the subject under which the audit trail names this run."""
        return f"collections.charge_run:{self.pk}"

    @property
    def state(self) -> str:
        """Return how far the run is, in a clerk's word."""
        if self.discarded_at is not None:
            return "discarded"
        if self.posted_at is not None:
            return "posted"
        return "proposed" if self.approved_at is None else "approved"


class ProposedCharge(AppendOnlyModel):
    """One late bill in a run: on what base it is charged how much, or why it is not."""

    # A run writes thousands at once; the run itself is what the trail tells of.
    run = models.ForeignKey(ChargeRun, models.PROTECT, related_name="lines", db_constraint=False)
    bill_source = models.CharField(max_length=200)
    debtor = models.ForeignKey("ledger.Debtor", models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    step = models.CharField(max_length=20)
    due_on = models.DateField()
    unpaid_cents = models.BigIntegerField()
    held_cents = models.BigIntegerField()
    base_cents = models.BigIntegerField()
    amount_cents = models.BigIntegerField()
    # Of interest: the days it is for. A penalty has none.
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    excluded = models.CharField(max_length=200, blank=True)
    derivation = models.TextField()

    database_filled = ("id",)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "bill_source", "step"], name="proposed_charge_once_a_run"),
            models.CheckConstraint(
                condition=Q(amount_cents__gt=0, excluded="") | Q(amount_cents=0) & ~Q(excluded=""),
                name="proposed_charge_or_why_not",
            ),
        ]

    def __str__(self) -> str:
        """Return the bill and the step."""
        return f"{self.step} of {self.bill_source}"
