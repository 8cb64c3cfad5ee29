"""Usage settled from reads: registered by the meter, and billed by the tariff's rule.

`registered` is what the meter counted and never changes but by a corrected read; `billed` is what the tariff's
rule makes of it, such as whole units with the fraction carried (rulebook §1.5, INV-7).
"""

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from curbstop.customers.models import ServiceAgreement
from curbstop.foundation.database.schema import AppendOnlyModel
from curbstop.metering.domain.segments import VOLUMES
from curbstop.metering.models.meters import VOLUME_CHOICES, stretch
from curbstop.metering.models.reads import Read


class Usage(AppendOnlyModel):
    """What one agreement used in one period: registered by the meter, and billed by the tariff's rule."""

    set_once: ClassVar[tuple[str, ...]] = ("superseded_at",)

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
    # What submeters counted: taken off before `billed`, or off what returns to the sewer alone.
    deducted = models.DecimalField(max_digits=18, decimal_places=4, default=0, db_default=0)
    unreturned = models.DecimalField(max_digits=18, decimal_places=4, default=0, db_default=0)
    unit = models.CharField(max_length=12, choices=VOLUME_CHOICES)
    meter_size = models.CharField(max_length=12, blank=True, default="")
    kind = models.CharField(max_length=10, choices=Kind)
    from_read = models.ForeignKey(Read, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    to_read = models.ForeignKey(Read, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    # Set when a read under it was corrected: another usage stands in its place.
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(name="usage_ends_after_it_starts", condition=Q(ends_on__gt=F("starts_on"))),
            models.CheckConstraint(
                name="usage_not_negative",
                condition=Q(registered__gte=0, billed__gte=0, carried__gte=0, deducted__gte=0, unreturned__gte=0),
            ),
            models.CheckConstraint(name="usage_kind_known", condition=Q(kind__in=["read", "volume", "history"])),
            models.CheckConstraint(
                name="usage_unit_is_a_volume", condition=Q(unit__in=[unit.value for unit in VOLUMES])
            ),
            ExclusionConstraint(
                name="no_overlapping_usage",
                expressions=[(F("agreement"), RangeOperators.EQUAL), (stretch(), RangeOperators.OVERLAPS)],
                condition=Q(superseded_at__isnull=True),
            ),
        )
        indexes = (
            models.Index(fields=["agreement"], condition=Q(superseded_at__isnull=False), name="superseded_usage"),
        )
