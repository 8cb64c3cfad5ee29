"""Gathers the models of the foundation's packages where Django looks for them."""

from curbstop.foundation.access.models import RoleGrant, User
from curbstop.foundation.audit.models import AuditEvent, RowChange
from curbstop.foundation.idempotency import IdempotentRequest
from curbstop.foundation.numbering import NumberSeries

__all__ = ["AuditEvent", "IdempotentRequest", "NumberSeries", "RoleGrant", "RowChange", "User"]
