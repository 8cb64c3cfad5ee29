"""Who may do what at the counter, in the sentence an administrator reads."""

from curbstop.foundation.access.permissions import Permission
from curbstop.foundation.access.roles import Role

TAKE_PAYMENT = Permission(
    "cashiering.take_payment",
    "Take payments into an own open drawer and print receipts",
    {Role.CASHIER, Role.SUPERVISOR},
)
VIEW_RECEIPTS = Permission(
    "cashiering.view_receipts",
    "See receipts, drawers and daily cash",
    {Role.CASHIER, Role.REPRESENTATIVE, Role.LEAD, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR},
)
REQUEST_VOID = Permission(
    "cashiering.request_void",
    "Ask for the void of a receipt",
    {Role.CASHIER, Role.REPRESENTATIVE, Role.LEAD, Role.SUPERVISOR},
)
APPROVE_VOID = Permission(
    "cashiering.approve_void",
    "Approve the void of a receipt that somebody else took and asked to void, or turn it down",
    {Role.SUPERVISOR, Role.MANAGER},
)
CLOSE_DRAWER = Permission(
    "cashiering.close_drawer",
    "Count and close an own drawer; a supervisor or manager also another's",
    {Role.CASHIER, Role.SUPERVISOR, Role.MANAGER},
)
CLOSE_WITH_DIFFERENCE = Permission(
    "cashiering.close_with_difference",
    "Close another's drawer that is over or short by more than its cashier may close with",
    {Role.SUPERVISOR, Role.MANAGER},
)
CLOSE_WITH_LARGE_DIFFERENCE = Permission(
    "cashiering.close_with_large_difference",
    "Close another's drawer that is over or short by more than a supervisor may close with",
    {Role.MANAGER},
)

IMPORT_PAYMENTS = Permission(
    "cashiering.import_payments",
    "Load a bank's file of payments",
    {Role.LEAD, Role.SUPERVISOR, Role.MANAGER},
)

PERMISSIONS = (
    TAKE_PAYMENT,
    VIEW_RECEIPTS,
    REQUEST_VOID,
    APPROVE_VOID,
    CLOSE_DRAWER,
    CLOSE_WITH_DIFFERENCE,
    CLOSE_WITH_LARGE_DIFFERENCE,
    IMPORT_PAYMENTS,
)
