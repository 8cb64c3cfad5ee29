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
    "Count and close an own drawer; a supervisor also one that was left open",
    {Role.CASHIER, Role.SUPERVISOR},
)

IMPORT_PAYMENTS = Permission(
    "cashiering.import_payments",
    "Load a bank's file of payments",
    {Role.LEAD, Role.SUPERVISOR, Role.MANAGER},
)

PERMISSIONS = (TAKE_PAYMENT, VIEW_RECEIPTS, REQUEST_VOID, APPROVE_VOID, CLOSE_DRAWER, IMPORT_PAYMENTS)
