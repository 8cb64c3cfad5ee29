"""What may be done with rates, and by whom; a version is adopted by two people, with a city pack or from a draft."""

from curbstop.foundation.access.permissions import Permission
from curbstop.foundation.access.roles import Role

SEE_RATES = Permission(
    "rates.see_rates",
    "See rate schedules and who is billed by them",
    {Role.CASHIER, Role.REPRESENTATIVE, Role.LEAD, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR},
)
DRAFT_RATES = Permission(
    "rates.draft_rates",
    "Write and propose a new version of a rate schedule",
    {Role.SUPERVISOR, Role.MANAGER},
)
ADOPT_RATES = Permission(
    "rates.adopt_rates",
    "Put a version of a rate schedule in force that another person proposed",
    {Role.MANAGER},
)

PERMISSIONS = (SEE_RATES, DRAFT_RATES, ADOPT_RATES)
