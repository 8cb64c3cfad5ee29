"""A pack that one person proposed, whole, and that another puts in force."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from curbstop.foundation.approvals import second_person


class PackProposal(models.Model):
    """Every file of a proposed pack as it was read, and the changes that it would make."""

    written_by_pages: ClassVar[bool] = False

    pack_name = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    content = models.JSONField()
    changes = models.JSONField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            second_person(maker="proposed_by", checker="approved_by", name="pack_proposal_second_person"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="pack_proposal_approved_whole",
            ),
            models.UniqueConstraint(
                fields=["sha256"],
                condition=Q(approved_by__isnull=True),
                name="pack_proposal_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pack_name} of {self.proposed_at:%Y-%m-%d}"
