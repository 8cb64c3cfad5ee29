"""What happened, twice over: events that the operations tell, and row changes that a trigger writes by itself."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now

from curbstop.foundation.database.schema import AppendOnlyModel


class AuditEvent(AppendOnlyModel):
    """One thing that somebody did, in the words `room.noun.verbed`, about a subject written as `billing.bill:42`."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    event = models.CharField(max_length=100)
    subject = models.CharField(max_length=200)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        """Read by subject ("what happened to this bill?") and by time."""

        indexes = [
            models.Index(fields=["subject", "id"], name="audit_event_subject"),
            BrinIndex(fields=["at"], name="audit_event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject}"


class RowChange(AppendOnlyModel):
    """One change of a row: the whole row when made or removed, `{column: [before, after]}` otherwise.

    Only the trigger `foundation_audit_row` writes here; no login of the application may insert.
    """

    database_filled: ClassVar[tuple[str, ...]] = (
        "id",
        "at",
        "table_name",
        "row_id",
        "operation",
        "changes",
        "actor",
        "login",
        "request_id",
    )

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=Now())
    table_name = models.CharField(max_length=63)
    row_id = models.CharField(max_length=200)
    operation = models.CharField(max_length=6)
    changes = models.JSONField()
    actor = models.CharField(max_length=32, blank=True)
    login = models.CharField(max_length=63)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        """Read by row and by time."""

        indexes = [
            models.Index(fields=["table_name", "row_id", "id"], name="row_change_row"),
            BrinIndex(fields=["at"], name="row_change_at"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.table_name}:{self.row_id}"
