"""What may be done with customers and accounts, and by whom."""

from curbstop.foundation.access.permissions import Permission
from curbstop.foundation.access.roles import Role

FRONT_OFFICE = frozenset({Role.REPRESENTATIVE, Role.LEAD, Role.SUPERVISOR, Role.MANAGER})

SEE_ACCOUNTS = Permission(
    "customers.see_accounts",
    "Search for customers and see their accounts",
    FRONT_OFFICE | {Role.CASHIER, Role.AUDITOR, Role.FIELD},
)
CHANGE_ACCOUNTS = Permission(
    "customers.change_accounts",
    "Register customers, open accounts, start and end their service",
    FRONT_OFFICE,
)
LOG_CONTACT = Permission(
    "customers.log_contact",
    "Write a contact with a customer into the contact log",
    FRONT_OFFICE | {Role.CASHIER},
)
IMPORT_CUSTOMERS = Permission(
    "customers.import_customers",
    "Load customers, accounts and agreements from a file",
    frozenset({Role.SUPERVISOR, Role.MANAGER, Role.ADMIN}),
)
DECLARE_TIE = Permission(
    "customers.declare_tie",
    "Say that an account is one's own, of the household or of a relative, so that others decide about its money",
    FRONT_OFFICE | {Role.CASHIER},
)
END_TIE = Permission(
    "customers.end_tie",
    "Say that somebody else's tie to a customer is over",
    frozenset({Role.SUPERVISOR, Role.MANAGER}),
)

PERMISSIONS = (SEE_ACCOUNTS, CHANGE_ACCOUNTS, LOG_CONTACT, IMPORT_CUSTOMERS, DECLARE_TIE, END_TIE)
