"""Everything that may be written about customers, places and accounts.

The `add_…` verbs are the bulk path and the only one: they take columns, write them by COPY inside the
caller's transaction and return the new ids in the order of the rows. An operation is a batch of one.
"""

from curbstop.customers.operations.accounts import (
    AccountRefused,
    AgreementRefused,
    add_accounts,
    add_agreements,
    end_agreement,
    open_account,
    start_agreement,
)
from curbstop.customers.operations.people import (
    ContactRefused,
    Conversation,
    CustomerRefused,
    Identity,
    add_customers,
    log_contact,
    note_contact,
    register_customer,
)
from curbstop.customers.operations.places import add_premises, add_service_points
from curbstop.customers.operations.ties import TieRefused, declare_tie, end_tie

__all__ = [
    "AccountRefused",
    "AgreementRefused",
    "ContactRefused",
    "Conversation",
    "CustomerRefused",
    "Identity",
    "TieRefused",
    "add_accounts",
    "add_agreements",
    "add_customers",
    "add_premises",
    "add_service_points",
    "declare_tie",
    "end_agreement",
    "end_tie",
    "log_contact",
    "note_contact",
    "open_account",
    "register_customer",
    "start_agreement",
]
