"""What may be done with the books, and by whom. Posting has no permission of its own: the rooms that post have."""

from curbstop.foundation.access.permissions import Permission
from curbstop.foundation.access.roles import Role

READ_LEDGER = Permission(
    "ledger.read_ledger",
    "Read the journal, the trial balance and statements of debtors",
    {Role.LEAD, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR, Role.ADMIN},
)
CLOSE_PERIOD = Permission("ledger.close_period", "Close a fiscal period for good", {Role.MANAGER})
OPEN_PERIOD = Permission("ledger.open_period", "Open a new fiscal period", {Role.MANAGER})
OPEN_BUSINESS_DAY = Permission(
    "ledger.open_business_day", "Open and close the office's business day", {Role.SUPERVISOR, Role.MANAGER}
)
APPLY_CREDIT = Permission(
    "ledger.apply_credit",
    "Apply a debtor's unapplied credit to what the debtor owes",
    {Role.LEAD, Role.SUPERVISOR, Role.MANAGER},
)

PERMISSIONS: tuple[Permission, ...] = (READ_LEDGER, CLOSE_PERIOD, OPEN_PERIOD, OPEN_BUSINESS_DAY, APPLY_CREDIT)
