"""Who may make up deposits, verify them and export the journal."""

from curbstop.foundation.access.permissions import Permission
from curbstop.foundation.access.roles import Role

MAKE_DEPOSIT = Permission(
    "treasury.make_deposit", "Make up a bank deposit of closed drawers", {Role.LEAD, Role.SUPERVISOR}
)
VERIFY_DEPOSIT = Permission(
    "treasury.verify_deposit", "Verify a deposit that somebody else made up", {Role.SUPERVISOR, Role.MANAGER}
)
VIEW_DEPOSITS = Permission(
    "treasury.view_deposits",
    "See deposits and journal exports",
    {Role.LEAD, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR},
)
EXPORT_JOURNAL = Permission("treasury.export_journal", "Export the journal to the general ledger", {Role.MANAGER})
COPY_JOURNAL = Permission(
    "treasury.copy_journal", "Take a marked copy of a journal that was exported", {Role.MANAGER, Role.AUDITOR}
)

PERMISSIONS = (MAKE_DEPOSIT, VERIFY_DEPOSIT, VIEW_DEPOSITS, EXPORT_JOURNAL, COPY_JOURNAL)
