"""Credits and charges that no meter made: asked for with a reason and evidence, authorized, posted, never edited.

A clerk's $20 for a late notice is a request and an adjustment of one person; $200 is a request that waits
for somebody whose limit covers it. Taking it back is a new request that reverses the first adjustment.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from curbstop.billing.models.bills import Bill
from curbstop.foundation.database.schema import AppendOnlyModel


class AdjustmentKind(models.TextChoices):
    """Which way the customer's balance goes."""

    CREDIT = "credit"
    CHARGE = "charge"


class AdjustmentRequest(AppendOnlyModel):
    """What one person wants credited or charged to an account, and on what ground."""

    set_once: ClassVar[tuple[str, ...]] = ("turned_down_by_id", "turned_down_at")

    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+")
    kind = models.TextField(choices=AdjustmentKind)
    amount_cents = models.BigIntegerField()
    # The code of a reason that the city has (adjustment.reasons), and the sentence beside it.
    reason = models.TextField()
    note = models.TextField()
    # What was shown, and where it lies: "plumber's statement", "DOC-2211".
    evidence = models.TextField(blank=True)
    reference = models.TextField(blank=True)
    bill = models.ForeignKey(Bill, models.PROTECT, null=True, related_name="+")
    # A leak credit gives back billed volume; what the meter registered stays as it is (INV-7).
    billed_units = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    unit = models.TextField(blank=True)
    worksheet = models.JSONField(null=True)
    reverses = models.ForeignKey("billing.Adjustment", models.PROTECT, null=True, related_name="reversal_requests")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_on = models.DateField()
    at = models.DateTimeField()
    turned_down_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    turned_down_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["credit", "charge"]), name="adjustment_request_kind_known"),
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="adjustment_request_above_zero"),
            models.CheckConstraint(condition=Q(note__regex=r"\S.{9,}"), name="adjustment_request_has_a_note"),
            models.CheckConstraint(
                condition=Q(turned_down_by__isnull=True, turned_down_at__isnull=True)
                | Q(turned_down_by__isnull=False, turned_down_at__isnull=False),
                name="adjustment_turned_down_by_someone",
            ),
            models.UniqueConstraint(
                fields=["reverses"],
                condition=Q(turned_down_at__isnull=True, reverses__isnull=False),
                name="adjustment_reversal_requested_once",
            ),
        ]
        indexes = [models.Index(fields=["account", "at"], name="adjustment_request_by_account")]

    def __str__(self) -> str:
        """Return the subject under which the ledger and the audit trail name this request."""
        return f"billing.adjustment_request:{self.pk}"


class AdjustmentLine(AppendOnlyModel):
    """The part of a request that is for one service, or for one open item of it."""

    pk = models.CompositePrimaryKey("request", "line_number")
    request = models.ForeignKey(AdjustmentRequest, models.PROTECT, related_name="lines", db_index=False)
    line_number = models.PositiveIntegerField()
    service = models.ForeignKey("ledger.Service", models.PROTECT, related_name="+", db_index=False)
    open_item = models.ForeignKey(
        "ledger.OpenItem", models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    amount_cents = models.BigIntegerField()

    class Meta:
        ordering = ["request", "line_number"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="adjustment_line_above_zero"),
        ]


class AdjustmentHold(AppendOnlyModel):
    """The hold on an open item while a request about it waits: nobody collects what may be credited."""

    request = models.ForeignKey(AdjustmentRequest, models.PROTECT, related_name="holds")
    hold = models.OneToOneField("ledger.ItemHold", models.PROTECT, related_name="+")


class Adjustment(AppendOnlyModel):
    """A request that was authorized and posted: by its requester within the own limit, or by a second person."""

    request = models.OneToOneField(AdjustmentRequest, models.PROTECT, related_name="adjustment")
    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+", db_index=False)
    entry = models.OneToOneField("ledger.Entry", models.PROTECT, related_name="+")
    kind = models.TextField(choices=AdjustmentKind)
    amount_cents = models.BigIntegerField()
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversal")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    authorized_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    posted_on = models.DateField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="adjustment_above_zero"),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True) | ~Q(requested_by=F("authorized_by")),
                name="adjustment_reversed_by_second_person",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "posted_on"], name="adjustment_by_account"),
            models.Index(fields=["authorized_by", "posted_on"], name="adjustment_by_person"),
            models.Index(fields=["posted_on"], name="adjustment_by_day"),
        ]

    def __str__(self) -> str:
        """Return the subject under which the ledger and the audit trail name this adjustment."""
        return f"billing.adjustment:{self.pk}"
