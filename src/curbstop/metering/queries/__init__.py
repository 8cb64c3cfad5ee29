"""What other rooms and pages may know about meters, reads and usage."""

from curbstop.metering.queries.installations import (
    AccountRange,
    has_reads,
    installations_of_serials,
    known_serials,
    service_points_by_serial,
)
from curbstop.metering.queries.points import pending_periods, points_of, resettled_periods, submeter_links
from curbstop.metering.queries.policies import usage_policy_on
from curbstop.metering.queries.usage import unbilled_usage_frame, usage_history, volumes_frame

__all__ = [
    "AccountRange",
    "has_reads",
    "installations_of_serials",
    "known_serials",
    "pending_periods",
    "points_of",
    "resettled_periods",
    "service_points_by_serial",
    "submeter_links",
    "unbilled_usage_frame",
    "usage_history",
    "usage_policy_on",
    "volumes_frame",
]
