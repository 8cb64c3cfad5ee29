"""Who may propose, approve and waive what late bills cost, and who keeps deposits, disputes and plans."""

from curbstop.foundation.access.permissions import Permission
from curbstop.foundation.access.roles import Role

SEE_COLLECTIONS = Permission(
    "collections.see",
    "See penalties, deposits, disputes and plans",
    {Role.REPRESENTATIVE, Role.LEAD, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR},
)
PROPOSE_CHARGES = Permission(
    "collections.propose_charges", "Propose a run of penalties or interest", {Role.LEAD, Role.SUPERVISOR}
)
APPROVE_CHARGES = Permission(
    "collections.approve_charges",
    "Approve and post a run that somebody else proposed",
    {Role.SUPERVISOR, Role.MANAGER},
)
WAIVE = Permission(
    "collections.waive",
    "Waive a penalty or interest, over the limit with a second person",
    {Role.REPRESENTATIVE, Role.LEAD, Role.SUPERVISOR, Role.MANAGER},
)
APPROVE_WAIVER = Permission(
    "collections.approve_waiver", "Approve a waiver that somebody else asked for", {Role.SUPERVISOR, Role.MANAGER}
)
ASK_DEPOSIT = Permission(
    "collections.ask_deposit",
    "Ask an account for a security deposit",
    {Role.REPRESENTATIVE, Role.LEAD, Role.SUPERVISOR},
)
RELEASE_DEPOSIT = Permission(
    "collections.release_deposit",
    "Give a security deposit back that somebody else prepared",
    {Role.SUPERVISOR, Role.MANAGER},
)
OPEN_DISPUTE = Permission(
    "collections.open_dispute",
    "Write down that a customer disputes a bill",
    {Role.REPRESENTATIVE, Role.LEAD, Role.SUPERVISOR},
)
RESOLVE_DISPUTE = Permission(
    "collections.resolve_dispute", "Uphold or deny a dispute", {Role.LEAD, Role.SUPERVISOR, Role.MANAGER}
)
SIGN_PLAN = Permission(
    "collections.sign_plan", "Sign and end payment plans", {Role.LEAD, Role.SUPERVISOR, Role.MANAGER}
)

PERMISSIONS = (
    SEE_COLLECTIONS,
    PROPOSE_CHARGES,
    APPROVE_CHARGES,
    WAIVE,
    APPROVE_WAIVER,
    ASK_DEPOSIT,
    RELEASE_DEPOSIT,
    OPEN_DISPUTE,
    RESOLVE_DISPUTE,
    SIGN_PLAN,
)
