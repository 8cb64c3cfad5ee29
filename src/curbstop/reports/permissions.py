"""Who may read registers."""

from curbstop.foundation.access.permissions import Permission
from curbstop.foundation.access.roles import Role

READ_REGISTERS = Permission(
    "reports.read_registers",
    "Read and export registers and reports",
    {Role.LEAD, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR},
)
STUDY_RATES = Permission(
    "reports.study_rates",
    "Study what a draft tariff would bill, on the city's own bills",
    {Role.SUPERVISOR, Role.MANAGER},
)

PERMISSIONS = (READ_REGISTERS, STUDY_RATES)
