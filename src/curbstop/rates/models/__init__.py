"""Tables of rates: schedules and their versions, who is billed by which, and drafts of a new version."""

from curbstop.rates.models.drafts import RateDraft
from curbstop.rates.models.schedules import RateAssignment, Schedule, ScheduleVersion

__all__ = ["RateAssignment", "RateDraft", "Schedule", "ScheduleVersion"]
