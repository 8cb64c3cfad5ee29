"""Payments that reach the bank without crossing the counter, such as a lockbox file: loaded once, whole or not."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from curbstop.foundation.database.schema import AppendOnlyModel


class PaymentImport(AppendOnlyModel):
    """One file of payments, known by its bytes, so that it cannot be loaded twice."""

    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    payments = models.IntegerField()
    total_cents = models.BigIntegerField()
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["sha256"], name="payment_file_once"),
            models.CheckConstraint(condition=Q(payments__gt=0, total_cents__gt=0), name="payment_file_not_empty"),
        )

    def __str__(self) -> str:
        return self.file_name


class ImportedPayment(AppendOnlyModel):
    """One line of a payment file and the entry that it became."""

    payment_import = models.ForeignKey(PaymentImport, on_delete=models.PROTECT, related_name="lines")
    line_number = models.IntegerField()
    debtor = models.ForeignKey("ledger.Debtor", on_delete=models.PROTECT, related_name="+")
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    amount_cents = models.BigIntegerField()
    reference = models.CharField(max_length=40)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["payment_import", "line_number"], name="imported_payment_line_once"),
            # The bank's reference names the payment: the same file reordered or renamed is still the same money.
            models.UniqueConstraint(fields=["debtor", "reference", "amount_cents"], name="imported_payment_once"),
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="imported_payment_positive"),
        )

    def __str__(self) -> str:
        return f"line {self.line_number} of file {self.payment_import_id}"
