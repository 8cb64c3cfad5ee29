"""The audit trail: `audit.record(...)` tells an event; triggers write each changed row of the tables that may change."""

from curbstop.foundation.audit.recording import record, subject_of

__all__ = ["record", "subject_of"]
