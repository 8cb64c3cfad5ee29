"""Who may read registers."""

from curbstop.foundation.access.permissions import Permission
from curbstop.foundation.access.roles import Role

READ_REGISTERS = Permission(
    "reports.read_registers",
    "Read and export registers and reports",
    {Role.LEAD, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR},
)

PERMISSIONS = (READ_REGISTERS,)
