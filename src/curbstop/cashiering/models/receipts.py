"""Receipts, their tenders and their voids: written once, numbered without gaps per till."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from curbstop.cashiering.domain.tenders import TenderKind
from curbstop.foundation.approvals import second_person
from curbstop.foundation.database.schema import AppendOnlyModel


class Receipt(AppendOnlyModel):
    """Money taken once for one cart into one drawer.

    ``total_cents`` is what the drawer and the card processor keep. It equals what was applied to
    items, plus what became a credit, plus cash rounding.
    """

    till = models.ForeignKey("cashiering.Till", on_delete=models.PROTECT)
    number = models.BigIntegerField()
    drawer = models.ForeignKey("cashiering.Drawer", on_delete=models.PROTECT, related_name="receipts")
    cart = models.ForeignKey("cashiering.Cart", on_delete=models.PROTECT, related_name="receipts")
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    total_cents = models.BigIntegerField()
    credit_cents = models.BigIntegerField()
    rounding_cents = models.SmallIntegerField()
    change_cents = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["till", "number"], name="receipt_number_per_till"),
            models.UniqueConstraint(fields=["cart"], name="receipt_per_cart"),
            models.CheckConstraint(
                condition=Q(total_cents__gt=0, credit_cents__gte=0, change_cents__gte=0, number__gt=0),
                name="receipt_amounts_not_negative",
            ),
        )
        indexes = (models.Index(fields=["at"], name="receipt_at"),)

    def __str__(self) -> str:
        return f"{self.till.code}-{self.number:06d}"

    @property
    def label(self) -> str:
        """Return the number that a customer reads to us over the phone."""
        return str(self)


class Tender(AppendOnlyModel):
    """One line of a receipt: cash, a check or a card authorization; never a card number."""

    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="tenders")
    line_number = models.SmallIntegerField()
    kind = models.CharField(max_length=10, choices=[(kind, kind.title()) for kind in TenderKind])
    amount_cents = models.BigIntegerField()
    tendered_cents = models.BigIntegerField()
    reference = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["receipt", "line_number"], name="tender_line_once"),
            models.CheckConstraint(
                condition=Q(amount_cents__gt=0, tendered_cents__gte=models.F("amount_cents")),
                name="tender_amount_positive",
            ),
            models.CheckConstraint(
                condition=Q(kind="cash") | Q(tendered_cents=models.F("amount_cents")),
                name="tender_change_from_cash_only",
            ),
            models.CheckConstraint(condition=Q(kind="cash") | ~Q(reference=""), name="tender_has_a_reference"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_cents} cents"


class VoidRequest(AppendOnlyModel):
    """One person's wish to void a receipt, waiting until a second person approves it or turns it down."""

    set_once: ClassVar[tuple[str, ...]] = ("turned_down_by_id", "turned_down_at")

    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="void_requests")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    at = models.DateTimeField()
    turned_down_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    turned_down_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["receipt"], condition=Q(turned_down_at__isnull=True), name="void_requested_once"
            ),
            models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="void_request_has_a_reason"),
            models.CheckConstraint(
                condition=Q(turned_down_by__isnull=True, turned_down_at__isnull=True)
                | Q(turned_down_by__isnull=False, turned_down_at__isnull=False),
                name="void_request_turned_down_by_someone",
            ),
        )

    def __str__(self) -> str:
        return f"void requested for {self.receipt}"


class Void(AppendOnlyModel):
    """The answer to a mistaken receipt: a reversing entry that a second person approved.

    Who asked and why are the request's (`void_as_requested`), kept here too so that one row names both people.
    """

    request = models.OneToOneField(VoidRequest, on_delete=models.PROTECT, related_name="void")
    receipt = models.OneToOneField(Receipt, on_delete=models.PROTECT, related_name="void")
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    at = models.DateTimeField()

    class Meta:
        constraints = (
            second_person(maker="requested_by", checker="approved_by", name="void_by_a_second_person"),
            models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="void_has_a_reason"),
        )

    def __str__(self) -> str:
        return f"void of {self.receipt}"
