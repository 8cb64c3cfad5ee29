"""The audit trail: `audit.record(...)` tells an event, and triggers write down each changed row."""

from curbstop.foundation.audit.recording import record, subject_of

__all__ = ["record", "subject_of"]
