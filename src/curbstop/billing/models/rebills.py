"""Rebilling: what a corrected rate, read or class changes on released bills, as a batch that two people answer for.

An item is one bill with what it came to and what it comes to now. It is done in one transaction that cancels the bill
and releases its replacement, so a batch that stops anywhere goes on where it stopped.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from curbstop.billing.models.bills import Bill
from curbstop.billing.models.runs import BillingRun
from curbstop.foundation.approvals import second_person
from curbstop.foundation.database.schema import AppendOnlyModel


class RebillBatch(AppendOnlyModel):
    """One correction and its reason; `correction` names the rate, the read or the agreements."""

    set_once: ClassVar[tuple[str, ...]] = ("approved_by_id", "approved_at", "discarded_at")

    class Kind(models.TextChoices):
        """What was wrong."""

        RATE = "rate"
        READ = "read"
        CLASS = "class"

    kind = models.TextField(choices=Kind)
    correction = models.JSONField()
    reason = models.TextField()
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    discarded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            second_person(maker="drafted_by", checker="approved_by", name="rebill_batch_by_second_person"),
            models.CheckConstraint(condition=Q(kind__in=["rate", "read", "class"]), name="rebill_batch_kind_known"),
            models.CheckConstraint(condition=Q(reason__regex=r"\S.{9,}"), name="rebill_batch_has_a_reason"),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False, discarded_at=None),
                name="rebill_batch_approved_or_discarded",
            ),
        ]

    def __str__(self) -> str:
        """Return the subject under which the audit trail names this batch."""
        return f"billing.rebillbatch:{self.pk}"


class RebillItem(AppendOnlyModel):
    """One bill of a batch: what it came to, what it comes to now or why that is not known, and its replacement."""

    set_once: ClassVar[tuple[str, ...]] = ("run_id", "replacement_id", "done_at")

    batch = models.ForeignKey(RebillBatch, models.PROTECT, related_name="items")
    bill = models.ForeignKey(Bill, models.PROTECT, related_name="rebill_items")
    was_cents = models.BigIntegerField()
    now_cents = models.BigIntegerField(null=True)
    problem = models.TextField(blank=True)
    # The run of this one bill: by it, as by any other, its lines are found.
    run = models.OneToOneField(BillingRun, models.PROTECT, null=True, related_name="+")
    replacement = models.OneToOneField(Bill, models.PROTECT, null=True, related_name="replaces_item")
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["batch", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "bill"], name="rebill_item_once"),
            models.UniqueConstraint(fields=["bill"], condition=Q(replacement__isnull=False), name="bill_replaced_once"),
            models.CheckConstraint(
                condition=Q(now_cents__isnull=True) ^ Q(problem=""), name="rebill_item_priced_or_refused"
            ),
            models.CheckConstraint(
                condition=Q(replacement=None, done_at=None)
                | Q(replacement__isnull=False, done_at__isnull=False, run__isnull=False, problem=""),
                name="rebill_item_done_with_its_bill",
            ),
        ]

    @property
    def delta_cents(self) -> int:
        """Return by how much the bill grows."""
        return 0 if self.now_cents is None else self.now_cents - self.was_cents
