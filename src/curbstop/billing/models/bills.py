"""Released bills: numbered, posted to the ledger, and never changed.

The bill's number is its key. Cancelling a bill adds a `Cancellation` and sets the flags of the
bill and of its periods, once, which frees its days to be billed again.
"""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Q

from curbstop.billing.models.lines import Line
from curbstop.billing.models.runs import BillingRun
from curbstop.foundation.approvals import second_person
from curbstop.foundation.database.schema import AppendOnlyModel


class Bill(AppendOnlyModel):
    """What one account owes for one period; one entry in the ledger."""

    set_once: ClassVar[tuple[str, ...]] = ("cancelled_at",)

    # The column keeps the name that every other table's key has, so references are checked alike.
    number = models.BigIntegerField(primary_key=True, db_column="id")
    run = models.ForeignKey(BillingRun, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    account = models.ForeignKey(
        "customers.Account", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    entry = models.OneToOneField("ledger.Entry", models.PROTECT, related_name="+", null=True, db_constraint=False)
    bill_on = models.DateField()
    due_on = models.DateField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    days = models.PositiveIntegerField()
    total_cents = models.BigIntegerField()
    prior_balance_cents = models.BigIntegerField()
    payments_cents = models.BigIntegerField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        indexes = [models.Index(fields=["account", "number"], name="bill_by_account")]
        constraints = [
            models.CheckConstraint(condition=Q(total_cents__gte=0), name="bill_not_negative"),
            models.CheckConstraint(
                condition=Q(total_cents=0, entry=None) | Q(total_cents__gt=0, entry__isnull=False),
                name="bill_posted_to_the_ledger",
            ),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="bill_has_days"),
            # By which its lines are found, and the fuse against releasing a draft twice.
            models.UniqueConstraint(fields=["run", "account"], name="one_bill_a_run_and_account"),
        ]

    def __str__(self) -> str:
        """Return the subject under which the ledger and the audit trail name this bill."""
        return f"billing.bill:{self.number}"


class BillLine(Line):
    """One printed line of a released bill: the drafted line itself, seen under the number of its bill.

    A view: lines are written once, by the draft, and stay when their bill is released (ADR 40).
    """

    pk = models.CompositePrimaryKey("bill", "line_number")
    bill = models.ForeignKey(Bill, models.DO_NOTHING, related_name="lines", db_constraint=False)

    class Meta:
        managed = False
        db_table = "billing_billline"
        ordering = ["bill", "line_number"]


class BilledPeriod(AppendOnlyModel):
    """The days of one agreement that one bill charges: the fuse against billing a day twice."""

    set_once: ClassVar[tuple[str, ...]] = ("cancelled",)

    bill = models.ForeignKey(Bill, models.PROTECT, related_name="periods", db_constraint=False)
    agreement = models.ForeignKey(
        "customers.ServiceAgreement",
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    usage = models.ForeignKey(
        "metering.Usage",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    period = DateRangeField()
    cancelled = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(period__isempty=False), name="billed_period_has_days"),
            models.CheckConstraint(
                condition=Q(period__lower_inf=False, period__upper_inf=False), name="billed_period_begins_and_ends"
            ),
        ]
        # The trigger `no_double_billing` looks here, and a draft for the day up to which all is billed.
        indexes = [
            models.Index(
                F("agreement"), F("period__startswith"), condition=Q(cancelled=False), name="billed_period_by_start"
            ),
        ]


class CancellationRequest(AppendOnlyModel):
    """One person's request to cancel a bill, waiting for another to decide."""

    bill = models.ForeignKey(Bill, models.PROTECT, related_name="cancellation_requests")
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(reason__regex=r"\S.{9,}"), name="cancellation_request_has_a_reason"),
        ]


class Cancellation(AppendOnlyModel):
    """The equal and opposite of a bill: who asked, who approved, why, and the reversing entry."""

    bill = models.OneToOneField(Bill, models.PROTECT, related_name="cancellation")
    entry = models.OneToOneField("ledger.Entry", models.PROTECT, related_name="+", null=True)
    reason = models.TextField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            second_person(
                maker="requested_by",
                checker="approved_by",
                name="cancellation_by_second_person",
            ),
            models.CheckConstraint(condition=Q(reason__regex=r"\S.{9,}"), name="cancellation_has_a_reason"),
        ]
