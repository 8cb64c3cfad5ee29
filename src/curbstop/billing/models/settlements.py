"""Settlements: what a day's collections owe an agency, written down once for each day and agency."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from curbstop.foundation.approvals import second_person
from curbstop.foundation.database.schema import AppendOnlyModel


class Settlement(AppendOnlyModel):
    """The remittance advice of one agency for one business day; approved, an entry makes it payable."""

    set_once: ClassVar[tuple[str, ...]] = ("approved_by_id", "approved_at", "entry_id")

    agency = models.TextField()
    business_date = models.DateField()
    collected_cents = models.BigIntegerField()
    reversed_cents = models.BigIntegerField()
    fee_cents = models.BigIntegerField()
    remitted_cents = models.BigIntegerField()
    entry = models.OneToOneField("ledger.Entry", models.PROTECT, null=True, related_name="+")
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-business_date", "agency"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "business_date"], name="day_settled_once"),
            models.CheckConstraint(
                condition=Q(remitted_cents=F("collected_cents") - F("reversed_cents") - F("fee_cents")),
                name="settlement_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None, entry=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="settlement_posted_once_approved",
            ),
            second_person(maker="prepared_by", checker="approved_by", name="settlement_by_second_person"),
        ]

    def __str__(self) -> str:
        """Return the subject under which the ledger names it."""
        return f"billing.settlement:{self.agency}:{self.business_date}"
