"""What is owed and what was applied to it: balance = amount − forward allocations + reversing ones."""

from django.db import models
from django.db.models import Q

from curbstop.foundation.database.schema import AppendOnlyModel
from curbstop.ledger.models.accounts import Debtor, Service
from curbstop.ledger.models.journal import Entry


class OpenItem(AppendOnlyModel):
    """An amount owed by a debtor for a service, due on a day."""

    id = models.BigIntegerField(primary_key=True)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="items", db_constraint=False)
    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="+", db_constraint=False)
    service = models.ForeignKey(Service, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    due_on = models.DateField()
    amount_cents = models.BigIntegerField()
    priority = models.SmallIntegerField(default=0)
    # principal, penalty, interest, installment …: the axis of the application order beside age and service.
    charge = models.CharField(max_length=20, default="principal")
    source = models.CharField(max_length=200)
    label = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="ledger_openitem_above_zero"),
        ]

    def __str__(self) -> str:
        """Return the label a clerk reads."""
        return self.label


class Allocation(AppendOnlyModel):
    """Cents of an entry applied to an open item; a row that reverses another gives exactly its cents back."""

    id = models.BigAutoField(primary_key=True)
    open_item = models.ForeignKey(OpenItem, models.PROTECT, related_name="allocations", db_constraint=False)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="allocations", db_constraint=False)
    amount_cents = models.BigIntegerField()
    reverses = models.ForeignKey(
        "self", models.PROTECT, related_name="reversals", null=True, db_constraint=False, db_index=False
    )

    database_filled = ("id",)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="ledger_allocation_above_zero"),
            models.UniqueConstraint(
                fields=["reverses"], name="ledger_allocation_reversed_once", condition=Q(reverses__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        """Return what was applied to which item."""
        return f"{self.amount_cents} to {self.open_item_id}"
