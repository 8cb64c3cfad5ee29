"""Penalties and interest that were posted, how they were undone, and who waived them for which reason."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from curbstop.collections.models.runs import ChargeRun
from curbstop.foundation.database.schema import AppendOnlyModel


class LateCharge(AppendOnlyModel):
    """A penalty or interest on one bill: one entry, one open item a service of the bill."""

    id = models.BigAutoField(primary_key=True)
    # A charge that a rebilled bill inherits comes of no run.
    run = models.ForeignKey(ChargeRun, models.PROTECT, related_name="charges", null=True, db_constraint=False)
    kind = models.CharField(max_length=10)
    step = models.CharField(max_length=20)
    bill_source = models.CharField(max_length=200)
    debtor = models.ForeignKey("ledger.Debtor", models.PROTECT, related_name="+", db_constraint=False)
    due_on = models.DateField()
    base_cents = models.BigIntegerField()
    amount_cents = models.BigIntegerField()
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    derivation = models.TextField()
    entry = models.OneToOneField("ledger.Entry", models.PROTECT, related_name="+", db_constraint=False)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            # Rulebook §3.4: once per bill. A run that is posted again charges nothing again.
            models.UniqueConstraint(
                fields=["bill_source", "step"], condition=Q(kind="penalty"), name="one_penalty_per_bill_and_step"
            ),
            ExclusionConstraint(
                name="no_day_of_interest_twice",
                expressions=[
                    ("bill_source", RangeOperators.EQUAL),
                    (
                        Func("starts_on", "ends_on", function="daterange", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(kind="interest"),
            ),
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="late_charge_above_zero"),
            models.CheckConstraint(
                condition=Q(kind="penalty", starts_on=None, ends_on=None)
                | Q(kind="interest", ends_on__gt=F("starts_on")),
                name="late_charge_kind_known",
            ),
        ]

    def __str__(self) -> str:
        """Return the subject under which the ledger and the audit trail name this charge."""
        return f"collections.late_charge:{self.pk}"


class ChargeReversal(AppendOnlyModel):
    """The answer to a charge that is not owed: because its bill was cancelled, or somebody waived it."""

    charge = models.OneToOneField(LateCharge, models.PROTECT, related_name="reversal")
    entry = models.OneToOneField("ledger.Entry", models.PROTECT, related_name="+")
    cause = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(cause__regex=r"\S"), name="charge_reversal_has_a_cause"),
        ]

    def __str__(self) -> str:
        """Return what was reversed."""
        return f"reversal of {self.charge_id}"


class Waiver(AppendOnlyModel):
    """A wish to waive a charge for a reason; it stands at once, or waits for a second person over the limit."""

    class Reason(models.TextChoices):
        """Why; Virginia forbids a penalty where not paying was in no way the debtor's fault (Code §15.2-2119)."""

        NO_FAULT = "no_fault", "No fault of the customer"
        RECEIVED_IN_TIME = "received_in_time", "The payment was received in time"
        CITY_ERROR = "city_error", "A mistake of the city"
        COURTESY = "courtesy", "Courtesy"
        LOW_INCOME = "low_income", "Interest of a low-income household"

    set_once: ClassVar[tuple[str, ...]] = (
        "approved_by_id",
        "approved_at",
        "turned_down_by_id",
        "turned_down_at",
        "reversal_id",
    )

    charge = models.ForeignKey(LateCharge, models.PROTECT, related_name="waivers")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    note = models.CharField(max_length=500)
    evidence = models.CharField(max_length=500, blank=True)
    amount_cents = models.BigIntegerField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # Above the limit of one person: then somebody else approves it.
    needs_second = models.BooleanField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    turned_down_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    turned_down_at = models.DateTimeField(null=True)
    reversal = models.OneToOneField(ChargeReversal, models.PROTECT, null=True, related_name="waiver")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["charge"], condition=Q(turned_down_at=None), name="waiver_once_a_charge"),
            models.CheckConstraint(
                condition=Q(reason__in=["no_fault", "received_in_time", "city_error", "courtesy", "low_income"]),
                name="waiver_reason_known",
            ),
            models.CheckConstraint(condition=Q(note__regex=r"\S.{9,}"), name="waiver_says_why"),
            models.CheckConstraint(
                condition=Q(reason="courtesy") | Q(evidence__regex=r"\S.{4,}"), name="waiver_has_evidence"
            ),
            models.CheckConstraint(
                condition=Q(needs_second=False) | Q(approved_by=None) | ~Q(approved_by=F("asked_by")),
                name="waiver_over_the_limit_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(reason="no_fault") | Q(turned_down_at=None), name="no_fault_is_always_granted"
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None, reversal=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False, reversal__isnull=False, turned_down_at=None),
                name="waiver_approved_reverses_its_charge",
            ),
            models.CheckConstraint(
                condition=Q(turned_down_by=None, turned_down_at=None)
                | Q(turned_down_by__isnull=False, turned_down_at__isnull=False),
                name="waiver_turned_down_by_someone",
            ),
        ]

    def __str__(self) -> str:
        """Return the subject under which the audit trail names this waiver."""
        return f"collections.waiver:{self.pk}"
