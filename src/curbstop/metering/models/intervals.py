"""What radio endpoints sent: a row for each meter and local day, the files it came in, and what was noticed."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from curbstop.foundation.database.schema import AppendOnlyModel
from curbstop.metering.domain.interval_alerts import Alert
from curbstop.metering.models.meters import Installation


class IntervalImport(AppendOnlyModel):
    """One file of interval data: its content is loaded once, whatever the file is called."""

    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    intervals = models.BigIntegerField()
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(name="interval_file_loaded_once", fields=["sha256"]),)

    def __str__(self) -> str:
        """Return the subject under which the audit trail names this file."""
        return f"metering.interval_import:{self.pk}"


class IntervalDay(AppendOnlyModel):
    """A local day of a meter: its use in each interval, null where nothing came; 24 hourly ones, or 23 and 25.

    A day that comes again, whole or corrected, stands in the place of the one before, which stays.
    """

    set_once: ClassVar[tuple[str, ...]] = ("superseded_at",)

    installation = models.ForeignKey(
        Installation, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    day = models.DateField()
    minutes = models.SmallIntegerField()
    # Ten-thousandths of the register's own unit, as are the uses.
    used_e4 = models.BigIntegerField()
    missing = models.SmallIntegerField()
    interval_import = models.ForeignKey(
        IntervalImport, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    uses = ArrayField(models.IntegerField(null=True))
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="one_interval_day", fields=["installation", "day"], condition=Q(superseded_at__isnull=True)
            ),
            models.CheckConstraint(
                name="intervals_fill_a_day",
                condition=Q(minutes=60, uses__len__in=[23, 24, 25])
                | Q(minutes=30, uses__len__in=[46, 48, 50])
                | Q(minutes=15, uses__len__in=[92, 96, 100]),
            ),
            models.CheckConstraint(
                name="intervals_missing_counted", condition=Q(missing__gte=0, missing__lte=F("uses__len"))
            ),
        )


class IntervalAlert(AppendOnlyModel):
    """Something noticed about the intervals of a meter, such as flow without a rest; a person answers it once."""

    set_once: ClassVar[tuple[str, ...]] = ("answered_by_id", "answered_at", "note")

    installation = models.ForeignKey(Installation, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=10, choices=[(code.value, code.value) for code in Alert])
    # Half-open days; the evidence is in ten-thousandths of the register's unit.
    starts_on = models.DateField()
    ends_on = models.DateField()
    values = models.JSONField()
    at = models.DateTimeField()
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)
    note = models.TextField(null=True)  # noqa: DJ001 - set once, from null

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="interval_alert_code_known", condition=Q(code__in=[code.value for code in Alert])
            ),
            models.CheckConstraint(name="interval_alert_has_days", condition=Q(ends_on__gt=F("starts_on"))),
            models.CheckConstraint(
                name="interval_alert_answered_by_somebody",
                condition=Q(answered_by__isnull=True, answered_at__isnull=True, note__isnull=True)
                | Q(answered_by__isnull=False, answered_at__isnull=False, note__regex=r"\S.{2,}"),
            ),
        )  # fmt: skip
        indexes = (
            models.Index(
                name="open_interval_alerts", fields=["starts_on", "code"], condition=Q(answered_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        """Return the subject under which the audit trail names this alert."""
        return f"metering.interval_alert:{self.pk}"
