"""Meters as assets, the service points they hang on, and the submeters behind a service point's own meter."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Case, F, Func, Q, Value, When

from curbstop.customers.models import ServicePoint
from curbstop.metering.domain.segments import VOLUMES

VOLUME_CHOICES = [(unit.value, unit.value.replace("_", " ")) for unit in VOLUMES]


def stretch() -> Func:
    """Return the half-open days of a row, for an exclusion constraint."""
    return Func("starts_on", "ends_on", function="daterange", output_field=DateRangeField())


def is_one_side() -> Case:
    """Return 1 for a register of a compound meter and 0 for a meter alone, for an exclusion constraint."""
    return Case(When(side="", then=Value(0)), default=Value(1), output_field=models.IntegerField())


class Meter(models.Model):
    """A meter as an asset: it moves between service points and keeps its serial."""

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
    """One meter on one service point, from the register it was set with until it is taken out.

    A compound meter is two installations on one point, the high and the low side: its use is the sum of both.
    """

    class Side(models.TextChoices):
        """Which register of a compound meter this is."""

        ALONE = "", "Single meter"
        HIGH = "high", "High side of a compound meter"
        LOW = "low", "Low side of a compound meter"

    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="installations")
    service_point = models.ForeignKey(ServicePoint, on_delete=models.PROTECT, related_name="installations")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    first_register = models.DecimalField(max_digits=18, decimal_places=4)
    side = models.CharField(max_length=4, choices=Side, blank=True, default=Side.ALONE, db_default="")

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="installation_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
            ),
            models.CheckConstraint(name="installation_register_not_negative", condition=Q(first_register__gte=0)),
            models.CheckConstraint(name="installation_side_known", condition=Q(side__in=["", "high", "low"])),
            ExclusionConstraint(
                name="one_place_per_meter",
                expressions=[(F("meter"), RangeOperators.EQUAL), (stretch(), RangeOperators.OVERLAPS)],
            ),
            ExclusionConstraint(
                name="one_meter_per_service_point",
                expressions=[
                    (F("service_point"), RangeOperators.EQUAL),
                    (F("side"), RangeOperators.EQUAL),
                    (stretch(), RangeOperators.OVERLAPS),
                ],
            ),
            # Two sides may hang side by side; a meter alone and a side may not.
            ExclusionConstraint(
                name="single_or_compound_meter",
                expressions=[
                    (F("service_point"), RangeOperators.EQUAL),
                    (is_one_side(), RangeOperators.NOT_EQUAL),
                    (stretch(), RangeOperators.OVERLAPS),
                ],
            ),
        )


class SubmeterLink(models.Model):
    """A meter behind another one: what it counts is taken off what the other is billed for.

    980 at the master less 62.0 at the submeter bills 918.0 (rulebook §1.7, WX-1.7a).
    """

    class Purpose(models.TextChoices):
        """What of the master's use the submeter reduces."""

        BILLED = "billed", "Billed to somebody else: not in the master's use"
        RETURNED = "returned", "Does not return to the sewer"
        BOTH = "both", "Billed on its own, and does not return to the sewer"

    master = models.ForeignKey(ServicePoint, on_delete=models.PROTECT, related_name="submeters")
    submeter = models.ForeignKey(ServicePoint, on_delete=models.PROTECT, related_name="masters")
    purpose = models.CharField(max_length=10, choices=Purpose)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="submeter_link_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
            ),
            models.CheckConstraint(
                name="submeter_purpose_known", condition=Q(purpose__in=["billed", "returned", "both"])
            ),
            models.CheckConstraint(name="submeter_is_not_its_master", condition=~Q(master=F("submeter"))),
            # Else one unit would be subtracted twice.
            ExclusionConstraint(
                name="one_master_per_submeter",
                expressions=[(F("submeter"), RangeOperators.EQUAL), (stretch(), RangeOperators.OVERLAPS)],
            ),
        )
