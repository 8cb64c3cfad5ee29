"""What may be done with meters, reads and usage, and by whom."""

from curbstop.foundation.access.permissions import Permission
from curbstop.foundation.access.roles import Role

SEE_READS = Permission(
    "metering.see_reads",
    "See meters, reads and usage",
    {Role.REPRESENTATIVE, Role.LEAD, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR, Role.FIELD},
)
RECORD_READS = Permission(
    "metering.record_reads",
    "Load a file of meter reads",
    {Role.LEAD, Role.SUPERVISOR, Role.MANAGER, Role.FIELD},
)
SETTLE_USAGE = Permission(
    "metering.settle_usage",
    "Turn reads into usage",
    {Role.LEAD, Role.SUPERVISOR, Role.MANAGER},
)
REVIEW_READS = Permission(
    "metering.review_reads",
    "Decide about reads that are held: accept, read again, estimate, correct",
    {Role.LEAD, Role.SUPERVISOR, Role.MANAGER},
)
CHANGE_METERS = Permission(
    "metering.change_meters",
    "Exchange meters, and put a meter behind another",
    {Role.LEAD, Role.SUPERVISOR, Role.MANAGER},
)

PERMISSIONS = (SEE_READS, RECORD_READS, SETTLE_USAGE, REVIEW_READS, CHANGE_METERS)
