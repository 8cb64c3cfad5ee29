"""Meters, where they hang, what they read, and the usage settled from the reads.

`registered` is what the meter counted and never changes but by a corrected read; `billed` is what the tariff's
rule makes of it, such as whole units with the fraction carried (rulebook §1.5, INV-7).
"""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from curbstop.customers.models import ServiceAgreement, ServicePoint
from curbstop.foundation.database.schema import AppendOnlyModel
from curbstop.foundation.quantities import Unit

VOLUMES = (Unit.GALLONS, Unit.KGAL, Unit.CUBIC_FEET, Unit.CCF, Unit.KILOLITER)
VOLUME_CHOICES = [(unit.value, unit.value.replace("_", " ")) for unit in VOLUMES]


def _days() -> Func:
    return Func("starts_on", "ends_on", function="daterange", output_field=DateRangeField())


class Meter(models.Model):
    """A meter as an asset: it moves between service points and keeps its serial."""

    written_by_pages: ClassVar[bool] = False

    serial = models.CharField(max_length=32, unique=True)
    size_inches = models.CharField(max_length=12)
    dials = models.SmallIntegerField()
    unit = models.CharField(max_length=12, choices=VOLUME_CHOICES)
    multiplier = models.DecimalField(max_digits=8, decimal_places=2, default=1)

    class Meta:
        constraints = (
            models.CheckConstraint(name="meter_dials_plausible", condition=Q(dials__range=(3, 10))),
            models.CheckConstraint(
                name="meter_unit_is_a_volume", condition=Q(unit__in=[unit.value for unit in VOLUMES])
            ),
            models.CheckConstraint(
                name="meter_multiplier_plausible",
                condition=Q(multiplier__gt=0, multiplier__lte=10_000),
            ),
        )
        indexes = (models.Index(fields=["serial"], opclasses=["text_pattern_ops"], name="meter_serial_prefix"),)

    def __str__(self) -> str:
        return self.serial


class Installation(models.Model):
    """One meter on one service point, from the register it was set with until it is taken out."""

    written_by_pages: ClassVar[bool] = False

    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="installations")
    service_point = models.ForeignKey(ServicePoint, on_delete=models.PROTECT, related_name="installations")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    first_register = models.DecimalField(max_digits=18, decimal_places=4)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="installation_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
            ),
            models.CheckConstraint(name="installation_register_not_negative", condition=Q(first_register__gte=0)),
            ExclusionConstraint(
                name="one_place_per_meter",
                expressions=[(F("meter"), RangeOperators.EQUAL), (_days(), RangeOperators.OVERLAPS)],
            ),
            ExclusionConstraint(
                name="one_meter_per_service_point",
                expressions=[(F("service_point"), RangeOperators.EQUAL), (_days(), RangeOperators.OVERLAPS)],
            ),
        )


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
    """What a register showed on a day; the day's reading is the boundary between two periods."""

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

    class Meta:
        constraints = (
            models.UniqueConstraint(name="one_read_per_day", fields=["installation", "read_on"]),
            models.CheckConstraint(name="read_not_negative", condition=Q(register__gte=0)),
            models.CheckConstraint(
                name="read_kind_known", condition=Q(kind__in=["actual", "estimated", "customer", "ami"])
            ),
        )


class Usage(AppendOnlyModel):
    """What one agreement used in one period: registered by the meter, and billed by the tariff's rule."""

    class Kind(models.TextChoices):
        """Where the volume comes from."""

        READ = "read", "Settled from reads"
        VOLUME = "volume", "Imported as a volume"
        # Shown in charts and averages; the system before this one billed it.
        HISTORY = "history", "Billed before the changeover"

    agreement = models.ForeignKey(
        ServiceAgreement, on_delete=models.PROTECT, related_name="usages", db_constraint=False
    )
    starts_on = models.DateField()
    ends_on = models.DateField()
    registered = models.DecimalField(max_digits=18, decimal_places=4)
    billed = models.DecimalField(max_digits=18, decimal_places=4)
    # What whole-unit billing has counted but not charged yet; the next period begins with it.
    carried = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    unit = models.CharField(max_length=12, choices=VOLUME_CHOICES)
    meter_size = models.CharField(max_length=12, blank=True, default="")
    kind = models.CharField(max_length=10, choices=Kind)
    from_read = models.ForeignKey(Read, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    to_read = models.ForeignKey(Read, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False)

    class Meta:
        constraints = (
            models.CheckConstraint(name="usage_ends_after_it_starts", condition=Q(ends_on__gt=F("starts_on"))),
            models.CheckConstraint(
                name="usage_not_negative",
                condition=Q(registered__gte=0, billed__gte=0, carried__gte=0),
            ),
            models.CheckConstraint(name="usage_kind_known", condition=Q(kind__in=["read", "volume", "history"])),
            models.CheckConstraint(
                name="usage_unit_is_a_volume", condition=Q(unit__in=[unit.value for unit in VOLUMES])
            ),
            ExclusionConstraint(
                name="no_overlapping_usage",
                expressions=[(F("agreement"), RangeOperators.EQUAL), (_days(), RangeOperators.OVERLAPS)],
            ),
        )
