"""What may be done with rates, and by whom; they are adopted with a city pack, by two people."""

from curbstop.foundation.access.permissions import Permission
from curbstop.foundation.access.roles import Role

SEE_RATES = Permission(
    "rates.see_rates",
    "See rate schedules and who is billed by them",
    {Role.CASHIER, Role.REPRESENTATIVE, Role.LEAD, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR},
)

PERMISSIONS = (SEE_RATES,)
