"""What other rooms ask about rates, and what the tariff pages show."""

from curbstop.rates.queries.drafts import (
    changed_values,
    draft_problems,
    drafts_visible_to,
    pack_file,
    waiting_drafts,
)
from curbstop.rates.queries.versions import (
    AssignmentRow,
    NoSuchVersion,
    adopted_schedules,
    assigned_to_frame,
    assignments_frame,
    assignments_of,
    compiled_schedule,
    rate_stretches_frame,
    schedules_visible_to,
    version_names,
    version_on,
)

__all__ = [
    "AssignmentRow",
    "NoSuchVersion",
    "adopted_schedules",
    "assigned_to_frame",
    "assignments_frame",
    "assignments_of",
    "changed_values",
    "compiled_schedule",
    "draft_problems",
    "drafts_visible_to",
    "pack_file",
    "rate_stretches_frame",
    "schedules_visible_to",
    "version_names",
    "version_on",
    "waiting_drafts",
]
