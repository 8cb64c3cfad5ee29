"""What registers showed, where nobody could read them, and which read took the place of a wrong one."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from curbstop.foundation.database.schema import AppendOnlyModel
from curbstop.metering.models.meters import Installation


class ReadImport(AppendOnlyModel):
    """One file of reads: its content is loaded once, whatever the file is called."""

    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    rows = models.IntegerField()
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(name="read_file_loaded_once", fields=["sha256"]),)


class Read(AppendOnlyModel):
    """What a register showed on a day; the day's reading is the boundary between two periods.

    A read that turns out wrong is superseded, never edited: `ReadCorrection` says by which, by whom and why.
    """

    set_once: ClassVar[tuple[str, ...]] = ("superseded_at",)

    class Kind(models.TextChoices):
        """Who says so."""

        ACTUAL = "actual", "Actual"
        ESTIMATED = "estimated", "Estimated"
        CUSTOMER = "customer", "Customer"
        AMI = "ami", "Automatic"

    installation = models.ForeignKey(Installation, on_delete=models.PROTECT, related_name="reads", db_constraint=False)
    read_on = models.DateField()
    register = models.DecimalField(max_digits=18, decimal_places=4)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.ACTUAL)
    read_import = models.ForeignKey(
        ReadImport, null=True, on_delete=models.PROTECT, related_name="reads", db_constraint=False
    )
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="one_read_per_day",
                fields=["installation", "read_on"],
                condition=Q(superseded_at__isnull=True),
            ),
            models.CheckConstraint(name="read_not_negative", condition=Q(register__gte=0)),
            models.CheckConstraint(
                name="read_kind_known", condition=Q(kind__in=["actual", "estimated", "customer", "ami"])
            ),
        )

    def __str__(self) -> str:
        """Return the subject under which the audit trail names this read."""
        return f"metering.read:{self.pk}"


class ReadCorrection(AppendOnlyModel):
    """Why one read no longer counts, and the read that took its place."""

    read = models.OneToOneField(Read, on_delete=models.PROTECT, related_name="correction")
    replacement = models.OneToOneField(Read, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (
            models.CheckConstraint(name="read_correction_has_a_reason", condition=Q(reason__regex=r"\S.{2,}")),
            models.CheckConstraint(name="read_replaced_by_another", condition=~Q(read=models.F("replacement"))),
        )


class SkippedRead(AppendOnlyModel):
    """Somebody was there and could not read the register: a visit is not a missing read."""

    class Code(models.TextChoices):
        """What stood in the way."""

        NO_ACCESS = "no_access", "No access"
        LOCKED = "locked", "Locked"
        DOG = "dog", "Dog"
        BURIED = "buried", "Buried or covered"
        FLOODED = "flooded", "Flooded"
        UNREADABLE = "unreadable", "Register cannot be read"
        DAMAGED = "damaged", "Damaged"
        NO_METER = "no_meter", "No meter found"
        OTHER = "other", "Other"

    installation = models.ForeignKey(Installation, on_delete=models.PROTECT, related_name="+")
    read_on = models.DateField()
    code = models.CharField(max_length=12, choices=Code)
    reason = models.CharField(max_length=200, blank=True, default="")
    read_import = models.ForeignKey(ReadImport, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(name="one_skip_per_day", fields=["installation", "read_on"]),
            models.CheckConstraint(
                name="skip_has_a_reason", condition=~Q(code="other") | Q(reason__regex=r"\S")
            ),
            models.CheckConstraint(
                name="skip_code_known",
                condition=Q(
                    code__in=[
                        "no_access", "locked", "dog", "buried", "flooded", "unreadable", "damaged", "no_meter", "other",
                    ]
                ),
            ),
        )  # fmt: skip
