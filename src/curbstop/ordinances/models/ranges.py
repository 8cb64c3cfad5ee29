"""Half-open day ranges: the constraints that every dated table of this room shares."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db.models import CheckConstraint, F, Func, Q


def in_force_once(name: str, *same: str) -> ExclusionConstraint:
    """Return the constraint that rows with the same fields are never in force on one day."""
    days = Func(F("starts_on"), F("ends_on"), function="daterange", output_field=DateRangeField())
    return ExclusionConstraint(
        name=name,
        expressions=[
            *((field, RangeOperators.EQUAL) for field in same),
            (days, RangeOperators.OVERLAPS),
        ],
    )


def ends_after_start(name: str) -> CheckConstraint:
    """Return the check that a range is not backwards; an empty one was withdrawn in time."""
    return CheckConstraint(condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name=name)
