"""Who may read the city's rules, propose a changed pack and put it in force."""

from curbstop.foundation.access.permissions import Permission
from curbstop.foundation.access.roles import Role

READ_RULES = Permission(
    "ordinances.read_rules",
    "Read code sections, fees, limits, day counts and the calendar",
    frozenset(Role),
)
PROPOSE_PACK = Permission(
    "ordinances.propose_pack",
    "Propose a changed city pack",
    frozenset({Role.SUPERVISOR, Role.MANAGER, Role.ADMIN}),
)
APPROVE_PACK = Permission(
    "ordinances.approve_pack",
    "Put a city pack in force that another person proposed",
    frozenset({Role.MANAGER, Role.ADMIN}),
)

PERMISSIONS = (READ_RULES, PROPOSE_PACK, APPROVE_PACK)
