"""What other rooms and pages may know about customers, accounts and agreements."""

from curbstop.customers.queries.accounts import (
    AccountPage,
    AgreementRow,
    SearchHit,
    account_page,
    accounts_at,
    accounts_visible_to,
    contacts_of,
    hits_of,
    search,
)
from curbstop.customers.queries.frames import (
    ACCOUNT_COLUMNS,
    AGREEMENT_COLUMNS,
    account_bounds,
    accounts_frame,
    agreements_active,
    agreements_ended,
    agreements_frame,
    known_numbers,
    outside_accounts,
    undeliverable_accounts,
)
from curbstop.customers.queries.labels import (
    AccountLabel,
    account_ids_of,
    account_labels,
    account_names,
    account_numbers,
    debtors_of_accounts,
)
from curbstop.customers.queries.mailing import Mailing, mailings_of
from curbstop.customers.queries.ties import ties_of

__all__ = [
    "ACCOUNT_COLUMNS",
    "AGREEMENT_COLUMNS",
    "AccountLabel",
    "AccountPage",
    "AgreementRow",
    "Mailing",
    "SearchHit",
    "account_bounds",
    "account_ids_of",
    "account_labels",
    "account_names",
    "account_numbers",
    "account_page",
    "accounts_at",
    "accounts_frame",
    "accounts_visible_to",
    "agreements_active",
    "agreements_ended",
    "agreements_frame",
    "contacts_of",
    "debtors_of_accounts",
    "hits_of",
    "known_numbers",
    "mailings_of",
    "outside_accounts",
    "search",
    "ties_of",
    "undeliverable_accounts",
]
