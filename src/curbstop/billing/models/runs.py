"""Billing runs: drafted by one person, approved by another, released in partitions.

A partition is the unit of work and of recovery. Its row says whether its bills exist, and is
marked in the very transaction that writes them.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from curbstop.billing.models.cycles import Cycle
from curbstop.foundation.approvals import second_person
from curbstop.foundation.database.schema import AppendOnlyModel


class BillingRun(models.Model):
    """One cycle billed through one day."""

    class State(models.TextChoices):
        """Where a run stands; only a released one has touched the ledger."""

        DRAFTED = "drafted"
        APPROVED = "approved"
        RELEASED = "released"
        DISCARDED = "discarded"

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="runs")
    through_on = models.DateField()
    bill_on = models.DateField()
    due_on = models.DateField()
    state = models.TextField(choices=State, default=State.DRAFTED)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    first_bill_number = models.BigIntegerField(null=True)
    bills = models.PositiveIntegerField(null=True)
    total_cents = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            second_person(maker="drafted_by", checker="approved_by", name="run_approved_by_second_person"),
            models.UniqueConstraint(
                fields=["cycle"],
                condition=Q(state__in=["drafted", "approved"]),
                name="one_open_run_per_cycle",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["drafted", "approved", "released", "discarded"]),
                name="run_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["drafted", "discarded"])
                | Q(approved_by__isnull=False, first_bill_number__isnull=False),
                name="run_approved_before_release",
            ),
            models.CheckConstraint(condition=Q(due_on__gte=F("bill_on")), name="run_due_after_billed"),
        ]

    def __str__(self) -> str:
        """Return what the run bills, as lists and the audit trail name it."""
        return f"{self.cycle.code} through {self.through_on}"


class RunPartition(models.Model):
    """A stretch of account ids that is drafted in one transaction and released in one."""

    # Made again with every draft; the run's events tell who did it.
    row_changes_recorded: ClassVar[bool] = False

    class State(models.TextChoices):
        """How far a partition has come."""

        PLANNED = "planned"
        DRAFTED = "drafted"
        COMMITTED = "committed"

    run = models.ForeignKey(BillingRun, models.PROTECT, related_name="partitions")
    number = models.PositiveIntegerField()
    first_account_id = models.BigIntegerField()
    last_account_id = models.BigIntegerField()
    state = models.TextField(choices=State, default=State.PLANNED)
    bills = models.PositiveIntegerField(default=0)
    # What was entered later, backdated, is the next run's affair, not a hole in this one.
    last_agreement_id = models.BigIntegerField(default=0)
    first_bill_number = models.BigIntegerField(null=True)
    committed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["run", "number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="run_partition_once"),
            models.CheckConstraint(
                condition=Q(state__in=["planned", "drafted", "committed"]),
                name="partition_state_known",
            ),
            models.CheckConstraint(
                condition=Q(first_account_id__lte=F("last_account_id")),
                name="partition_has_accounts",
            ),
            models.CheckConstraint(
                condition=~Q(state="committed") | Q(first_bill_number__isnull=False),
                name="partition_numbered_before_release",
            ),
        ]


class Disposition(models.Model):
    """Why a run did not bill an active agreement: held, or exempt, and for what reason.

    An agreement that is billed has a `BilledPeriod` instead; the completeness check holds that
    each active agreement has exactly one of the two.
    """

    # Made again with every draft; the run's events tell who did it.
    row_changes_recorded: ClassVar[bool] = False

    class Kind(models.TextChoices):
        """Whether someone has to act before the agreement can be billed."""

        HELD = "held"
        EXEMPT = "exempt"

    pk = models.CompositePrimaryKey("run", "agreement")
    run = models.ForeignKey(BillingRun, models.PROTECT, related_name="dispositions")
    agreement = models.ForeignKey("customers.ServiceAgreement", models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+", db_index=False)
    kind = models.TextField(choices=Kind)
    reason = models.TextField()
    detail = models.TextField(default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["run", "account"], name="disposition_by_account")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["held", "exempt"]), name="disposition_kind_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="disposition_has_a_reason"),
        ]


class Finding(models.Model):
    """One exception that the review of a drafted run lists, with its evidence."""

    # Made again with every draft; the run's events tell who did it.
    row_changes_recorded: ClassVar[bool] = False

    run = models.ForeignKey(BillingRun, models.PROTECT, related_name="findings", db_index=False, db_constraint=False)
    account = models.ForeignKey(
        "customers.Account", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    agreement = models.ForeignKey(
        "customers.ServiceAgreement", models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    code = models.TextField()
    blocking = models.BooleanField()
    evidence = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["run", "code", "account"], name="finding_by_code")]


class Clearance(AppendOnlyModel):
    """A person's decision that a held bill may go out, with the evidence seen at the time."""

    run = models.ForeignKey(BillingRun, models.PROTECT, related_name="clearances")
    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+", db_index=False)
    reason = models.TextField()
    evidence = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(reason__regex=r"\S.{9,}"), name="clearance_has_a_reason"),
        ]
