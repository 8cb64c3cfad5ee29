"""Tables of treasury: a deposit carries closed drawers to the bank; an export carries entries to the general ledger."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from curbstop.foundation.approvals import second_person
from curbstop.foundation.database.schema import AppendOnlyModel


class Deposit(AppendOnlyModel):
    """One bag for the bank: the counted money of closed drawers less their floats."""

    number = models.BigIntegerField(unique=True)
    business_day = models.DateField()
    bag_number = models.CharField(max_length=40, unique=True)
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    cash_cents = models.BigIntegerField()
    check_cents = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        """A deposit is never negative and never empty."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(cash_cents__gte=0, check_cents__gte=0) & (Q(cash_cents__gt=0) | Q(check_cents__gt=0)),
                name="deposit_holds_money",
            )
        ]

    def __str__(self) -> str:
        return f"deposit {self.number}"

    @property
    def total_cents(self) -> int:
        """Return what the bank should credit, in cents."""
        return self.cash_cents + self.check_cents


class DepositDrawer(AppendOnlyModel):
    """One closed drawer in a deposit; a drawer goes to the bank once."""

    deposit = models.ForeignKey(Deposit, on_delete=models.PROTECT, related_name="drawers")
    drawer = models.OneToOneField("cashiering.Drawer", on_delete=models.PROTECT, related_name="+")
    cash_cents = models.BigIntegerField()
    check_cents = models.BigIntegerField()

    def __str__(self) -> str:
        return f"drawer {self.drawer_id} in {self.deposit}"


class DepositVerification(AppendOnlyModel):
    """A second person's check of a deposit against the bank's validated slip."""

    deposit = models.OneToOneField(Deposit, on_delete=models.PROTECT, related_name="verification")
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    validated_on = models.DateField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """GFOA and the state auditors want preparer and verifier apart."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            second_person(maker="prepared_by", checker="verified_by", name="deposit_verified_by_a_second_person")
        ]

    def __str__(self) -> str:
        return f"verification of {self.deposit}"


class JournalExport(AppendOnlyModel):
    """One journal file as it went to the general ledger: of which days, and the hash of its bytes.

    A later journal of the same days holds what was posted in between; `ExportedEntry` says which entry went where.
    """

    number = models.BigIntegerField(unique=True)
    from_on = models.DateField()
    to_on = models.DateField()
    lines = models.IntegerField()
    total_cents = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    exported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """The days of an export are half-open: `to_on` itself is not in it."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(to_on__gt=models.F("from_on")), name="journal_export_has_days")
        ]

    def __str__(self) -> str:
        return f"journal {self.number}"


class ExportedEntry(AppendOnlyModel):
    """One entry in the journal that carried it: the primary key is the entry, so it goes out once."""

    entry = models.OneToOneField(
        "ledger.Entry", on_delete=models.PROTECT, primary_key=True, related_name="+", db_constraint=False
    )
    export = models.ForeignKey(JournalExport, on_delete=models.PROTECT, related_name="entries")

    def __str__(self) -> str:
        return f"entry {self.entry_id} in {self.export}"
