"""The paper of a released run: which bill is which piece of the mailing, and which files have been made.

A batch is marked once its file lies whole in its place, so a print run that was stopped goes on where it was.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from curbstop.billing.models.bills import Bill
from curbstop.billing.models.runs import BillingRun
from curbstop.foundation.database.schema import AppendOnlyModel


class Printing(AppendOnlyModel):
    """The mailing of one released run, planned once: its pieces never change their places."""

    run = models.OneToOneField(BillingRun, models.PROTECT, related_name="printing")
    pieces = models.PositiveIntegerField()
    total_cents = models.BigIntegerField()
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pieces__gt=0), name="printing_has_pieces")]

    def __str__(self) -> str:
        """Return the subject under which the audit trail names the mailing."""
        return f"billing.printing:{self.pk}"


class Piece(AppendOnlyModel):
    """One bill in its place of the mailing."""

    row_changes_recorded: ClassVar[bool] = False

    pk = models.CompositePrimaryKey("printing", "position")
    printing = models.ForeignKey(Printing, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    position = models.PositiveIntegerField()
    bill = models.ForeignKey(Bill, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    zip = models.TextField()
    tray_kind = models.TextField()
    tray = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bill"], name="bill_mailed_once")]


class PrintedBatch(AppendOnlyModel):
    """One file of statements: the pieces from one place to another, with the hash of its bytes."""

    set_once: ClassVar[tuple[str, ...]] = ("sha256", "printed_at")

    printing = models.ForeignKey(Printing, models.PROTECT, related_name="batches")
    number = models.PositiveIntegerField()
    first_position = models.PositiveIntegerField()
    last_position = models.PositiveIntegerField()
    sha256 = models.TextField(null=True)  # noqa: DJ001  # set once: nothing is not the same as an empty text
    printed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["printing", "number"]
        constraints = [
            models.UniqueConstraint(fields=["printing", "number"], name="printed_batch_once"),
            models.CheckConstraint(
                condition=Q(first_position__lte=F("last_position")), name="printed_batch_has_pieces"
            ),
            models.CheckConstraint(
                condition=Q(sha256=None, printed_at=None) | Q(sha256__isnull=False, printed_at__isnull=False),
                name="printed_batch_has_a_hash",
            ),
        ]

    @property
    def file_name(self) -> str:
        """Return the name of its file in the folder of the run."""
        return f"statements-{self.number:04}.pdf"
