"""Telling an event: an operation that was done and the line that says so commit together, or neither does."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from curbstop.foundation.access.acting import current_acting
from curbstop.foundation.database.transactions import require_transaction

if TYPE_CHECKING:
    from django.db.models import Model

    from curbstop.foundation.access.models import User
    from curbstop.foundation.audit.models import AuditEvent


def subject_of(row: "Model | str") -> str:
    """Return how the trail and the ledger name a row: `billing.bill:42`."""
    return row if isinstance(row, str) else f"{row._meta.label_lower}:{row.pk}"  # Django's documented Meta API


def record(
    *,
    actor: "User | None",
    event: str,
    subject: "Model | str",
    at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> "AuditEvent":
    """Write one event of the trail in the transaction of the thing it tells; no actor means the program itself.

    :raises RuntimeError: outside a transaction
    """
    # Imported here because the models of this package are loaded while Django still builds its registry.
    from curbstop.foundation.audit.models import AuditEvent

    require_transaction()
    return AuditEvent.objects.create(
        at=at,
        actor=actor,
        event=event,
        subject=subject_of(subject),
        detail=dict(detail or {}),
        request_id=current_acting().request_id,
    )
