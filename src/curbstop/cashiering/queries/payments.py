"""What was paid for one debtor, at the counter and by the files of a bank, as one list."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from curbstop.cashiering.models import ImportedPayment, Receipt
from curbstop.ledger.queries import statement_of


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One payment as the account page lists it; `cents` is what of it came to this debtor."""

    at: datetime
    reference: str
    how: str
    cents: int
    is_void: bool
    receipt_id: int | None


def payments_of_debtor(debtor_id: int) -> list[PaymentRow]:
    """Return the payments of a debtor, newest first: receipts of the counter and lines of payment files."""
    came = {row.entry_id: -row.amount_cents for row in statement_of(debtor_id)}
    receipts = [
        PaymentRow(
            at=receipt.at,
            reference=str(receipt),
            how=", ".join(" ".join(filter(None, (each.kind, each.reference))) for each in receipt.tenders.all()),
            cents=came.get(receipt.entry_id, 0),
            is_void=hasattr(receipt, "void"),
            receipt_id=receipt.pk,
        )
        for receipt in _receipts(debtor_id)
    ]
    imported = ImportedPayment.objects.filter(debtor_id=debtor_id).select_related("payment_import")
    lines = [
        PaymentRow(
            at=line.payment_import.at,
            reference=line.reference,
            how=f"bank file {line.payment_import.file_name}",
            cents=line.amount_cents,
            is_void=False,
            receipt_id=None,
        )
        for line in imported.order_by("pk")
    ]
    return sorted([*receipts, *lines], key=lambda row: row.at, reverse=True)


def _receipts(debtor_id: int) -> QuerySet[Receipt]:
    """Return the receipts whose money settled something of a debtor; drawers of one till share its numbers."""
    paid_for = Receipt.objects.filter(cart__items__open_item__debtor_id=debtor_id).distinct()
    return paid_for.select_related("till", "void").prefetch_related("tenders").order_by("at")
