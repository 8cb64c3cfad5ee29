"""Rate studies: what a draft tariff would have billed, as somebody asked for it. The only table of this room.

A study changes nothing and promises nothing; it is kept so that what the council was shown can be found again.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from curbstop.rates.models import Schedule


class RateStudy(models.Model):
    """A draft tariff compared with the one in force, on the bills of some days."""

    # How far it is and what came of it are no decisions of anybody; who asked stands in the trail.
    row_changes_recorded: ClassVar[bool] = False

    schedule = models.ForeignKey(Schedule, models.PROTECT, related_name="+")
    draft = models.TextField()
    draft_format = models.TextField()
    from_on = models.DateField()
    to_on = models.DateField()
    # Households by name and income, the classes they are billed in, the percentage that is too much.
    affordability = models.JSONField(default=dict)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    parts = models.PositiveIntegerField(default=0)
    parts_done = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    failure = models.TextField(default="")
    results = models.JSONField(null=True)
    # One row for each account, as Parquet: a million of them are ten megabytes.
    accounts = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on__gt=F("from_on")), name="rate_study_has_days"),
            models.CheckConstraint(
                condition=Q(results__isnull=True) | Q(finished_at__isnull=False, accounts__isnull=False),
                name="rate_study_results_are_whole",
            ),
        ]

    def __str__(self) -> str:
        """Return what is studied, as the audit trail names it."""
        return f"reports.rate_study:{self.pk}"

    @property
    def is_running(self) -> bool:
        """Say whether a worker still has to finish it."""
        return self.finished_at is None
