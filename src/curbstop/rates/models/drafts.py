"""A version of a schedule on its way: written by one person, put in force by another, kept either way.

Until it is proposed its text may change; from then on the two people look at the same bytes.
"""

from hashlib import sha256

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from curbstop.foundation.approvals import second_person
from curbstop.rates.models.schedules import Schedule, ScheduleVersion

_NOT_PROPOSED = Q(proposed_by__isnull=True, proposed_at__isnull=True)
_PROPOSED = Q(proposed_by__isnull=False, proposed_at__isnull=False, starts_on__isnull=False)
_ADOPTED = Q(approved_by__isnull=False, adopted_on__isnull=False, version__isnull=False, proposed_by__isnull=False)
_TURNED_DOWN = Q(turned_down_by__isnull=False, turned_down_at__isnull=False)


class RateDraft(models.Model):
    """A tariff that may become the next version of a schedule."""

    schedule = models.ForeignKey(Schedule, models.PROTECT, related_name="drafts")
    # The version it was begun from, which it is compared with.
    base = models.ForeignKey(ScheduleVersion, models.PROTECT, related_name="+")
    document = models.TextField()
    starts_on = models.DateField(null=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    adopted_on = models.DateField(null=True)
    version = models.OneToOneField(ScheduleVersion, models.PROTECT, null=True, related_name="draft")
    turned_down_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    turned_down_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=_NOT_PROPOSED | _PROPOSED, name="rate_draft_proposed_whole"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, adopted_on__isnull=True, version__isnull=True) | _ADOPTED,
                name="rate_draft_adopted_whole",
            ),
            models.CheckConstraint(
                condition=Q(turned_down_by__isnull=True, turned_down_at__isnull=True) | _TURNED_DOWN,
                name="rate_draft_turned_down_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(turned_down_at__isnull=True) | Q(version__isnull=True), name="rate_draft_has_one_end"
            ),
            models.CheckConstraint(
                condition=Q(adopted_on__isnull=True) | Q(starts_on__gte=F("adopted_on")),
                name="rate_draft_not_in_the_past",
            ),
            second_person(maker="proposed_by", name="rate_draft_second_person"),
            second_person(maker="written_by", name="rate_draft_not_by_its_writer"),
        ]

    def __str__(self) -> str:
        """Return the subject under which the audit trail names this draft."""
        return f"rates.rate_draft:{self.pk}"

    @property
    def is_open(self) -> bool:
        """Say whether its text may still change."""
        return self.proposed_at is None and self.turned_down_at is None

    @property
    def waits(self) -> bool:
        """Say whether a second person has to decide."""
        return self.proposed_at is not None and self.turned_down_at is None and self.version_id is None

    @property
    def fingerprint(self) -> str:
        """Return the hash of the text, by which a page says which text it showed."""
        return sha256(self.document.encode()).hexdigest()
