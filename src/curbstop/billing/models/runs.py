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
    """Some cycles, or some chosen accounts, billed through one day."""

    class Kind(models.TextChoices):
        """Whose bills a run makes: a cycle's, those of chosen accounts, or the last ones of services that ended."""

        CYCLE = "cycle"
        OFF_CYCLE = "off_cycle"
        FINAL = "final"
        # One bill in the place of a cancelled one; whose, its rebill item says.
        REBILL = "rebill"

    class State(models.TextChoices):
        """Where a run stands; only a released one has touched the ledger."""

        DRAFTED = "drafted"
        APPROVED = "approved"
        RELEASED = "released"
        DISCARDED = "discarded"

    kind = models.TextField(choices=Kind, default=Kind.CYCLE)
    # What the run bills, as lists and the audit trail name it: "ODD, EVEN".
    title = models.TextField()
    cycles = models.ManyToManyField(Cycle, through="RunCycle", related_name="runs")
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
            models.CheckConstraint(
                condition=Q(kind__in=["cycle", "off_cycle", "final", "rebill"]), name="run_kind_known"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="run_has_a_title"),
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
        return f"{self.title} through {self.through_on}"


class RunCycle(models.Model):
    """A cycle that a run bills; while the run is open, no other may bill it."""

    # Follows its run, whose events tell who did it.
    row_changes_recorded: ClassVar[bool] = False

    pk = models.CompositePrimaryKey("run", "cycle")
    run = models.ForeignKey(BillingRun, models.PROTECT, related_name="run_cycles")
    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="run_cycles")
    # The database sets it to false as the run is released or discarded.
    is_open = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle"], condition=Q(is_open=True), name="one_open_run_per_cycle"),
        ]


class RunAccount(AppendOnlyModel):
    """An account that somebody chose for a run off its cycle."""

    pk = models.CompositePrimaryKey("run", "account")
    run = models.ForeignKey(BillingRun, models.PROTECT, related_name="run_accounts")
    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+", db_index=False)


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
    # The first day that is not billed: how old the hold is.
    since_on = models.DateField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["run", "account"], name="disposition_by_account")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["held", "exempt"]), name="disposition_kind_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="disposition_has_a_reason"),
        ]


class Finding(models.Model):
    """One exception that the review of a drafted run lists, with its evidence and what was decided on it."""

    # Made again with every draft; the run's events tell who did it.
    row_changes_recorded: ClassVar[bool] = False

    class Stage(models.TextChoices):
        """When it was noticed: on a priced service, on the whole bill, or on the sum of the run."""

        RATING = "rating"
        ASSEMBLY = "assembly"
        RUN = "run"

    class Disposition(models.TextChoices):
        """What a person made of it."""

        OPEN = "open"
        CLEARED = "cleared"

    run = models.ForeignKey(BillingRun, models.PROTECT, related_name="findings", db_index=False, db_constraint=False)
    # None for what concerns the run as a whole.
    account = models.ForeignKey(
        "customers.Account", models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    agreement = models.ForeignKey(
        "customers.ServiceAgreement", models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    stage = models.TextField(choices=Stage)
    code = models.TextField()
    blocking = models.BooleanField()
    # What it was compared with: the same period of last year, the last three, the class, the year's mean.
    baseline = models.TextField(db_default="", default="")
    evidence = models.JSONField(default=dict)
    disposition = models.TextField(choices=Disposition, default=Disposition.OPEN, db_default=Disposition.OPEN)
    reason = models.TextField(db_default="", default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["run", "code", "account"], name="finding_by_code"),
            models.Index(fields=["run", "account"], name="finding_by_account"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(stage__in=["rating", "assembly", "run"]), name="finding_stage_known"),
            models.CheckConstraint(
                condition=Q(disposition="open", decided_by=None, decided_at=None)
                | Q(
                    disposition="cleared",
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                    reason__regex=r"\S.{9,}",
                ),
                name="finding_cleared_by_a_person",
            ),
            models.CheckConstraint(
                condition=~Q(disposition="cleared", code__in=["CREDIT", "PROOF"]), name="finding_may_be_cleared"
            ),
        ]


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
