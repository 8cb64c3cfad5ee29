"""Accounts and agreements: who answers for which service, from when, until when."""

from datetime import date, datetime

import polars as pl

from curbstop.customers.models import Account, Customer, Premises, ServiceAgreement, ServicePoint
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.copying import append_frame
from curbstop.foundation.database.locks import lock_rows
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.foundation.numbering import next_number
from curbstop.ledger.operations import new_debtors

# Six digits from the first account on, so that a number is recognized as one when it is read out.
FIRST_ACCOUNT_NUMBER = 100_000


class AccountRefused(Exception):
    """The account was not opened; the message tells the clerk why."""


class AgreementRefused(Exception):
    """The agreement was not started or ended; the message tells the clerk why."""


def add_accounts(rows: pl.DataFrame) -> pl.Series:
    """Add accounts (`number`, `customer_id`, `premises_id`, `opened_on`, `closed_on`) and return their ids.

    Each gets a debtor of its own in the ledger: that is what its bills and payments hang on.
    """
    debtors = new_debtors([f"Utility account {number}" for number in rows["number"]])
    columns = ["number", "customer_id", "premises_id", "opened_on", "closed_on"]
    frame = rows.select(columns).with_columns(pl.Series("debtor_id", debtors, dtype=pl.Int64))
    return append_frame(Account._meta.db_table, frame)


def add_agreements(rows: pl.DataFrame) -> pl.Series:
    """Add agreements (`account_id`, `service_point_id`, `starts_on`, `ends_on`) and return their ids."""
    columns = ["account_id", "service_point_id", "starts_on", "ends_on"]
    return append_frame(ServiceAgreement._meta.db_table, rows.select(columns))


@transaction
def open_account(*, customer: Customer, premises: Premises, opened_on: date, by: User | None, at: datetime) -> Account:
    """Open an account for a customer at a premises under the next account number."""
    number = str(FIRST_ACCOUNT_NUMBER + next_number("customers.account"))
    row = {
        "number": number,
        "customer_id": customer.pk,
        "premises_id": premises.pk,
        "opened_on": opened_on,
        "closed_on": None,
    }
    with refused_by("customers_account_number_key", AccountRefused(f"{number} is in use.")):
        (account_id,) = add_accounts(pl.DataFrame([row], schema_overrides={"closed_on": pl.Date}))
    account = Account.objects.get(pk=account_id)
    audit.record(actor=by, event="customers.account.opened", subject=account, at=at)
    return account


@transaction
def start_agreement(
    *,
    account: Account,
    service_point: ServicePoint,
    starts_on: date,
    by: User | None,
    at: datetime,
) -> ServiceAgreement:
    """Make an account responsible for a service point from a day on.

    :raises AgreementRefused: if another account answers for the point on that day or later, the point is
        at other premises, or the account is not open on that day
    """
    (account,) = lock_rows(Account, [account.pk])
    if service_point.premises_id != account.premises_id:
        raise AgreementRefused(f"{service_point.number} is not at the premises of {account.number}.")
    if starts_on < account.opened_on:
        raise AgreementRefused(f"Account {account.number} opens on {account.opened_on:%b %d, %Y}.")
    if account.closed_on is not None:
        raise AgreementRefused(f"Account {account.number} is closed.")
    row = {
        "account_id": account.pk,
        "service_point_id": service_point.pk,
        "starts_on": starts_on,
        "ends_on": None,
    }
    taken = AgreementRefused(f"Another account answers for {service_point.number} on that day.")
    with refused_by("one_responsible_account", taken):
        frame = pl.DataFrame([row], schema_overrides={"ends_on": pl.Date})
        (agreement_id,) = add_agreements(frame)
    agreement = ServiceAgreement.objects.get(pk=agreement_id)
    audit.record(actor=by, event="customers.agreement.started", subject=agreement, at=at)
    return agreement


@transaction
def end_agreement(*, agreement: ServiceAgreement, ends_on: date, by: User | None, at: datetime) -> ServiceAgreement:
    """End an account's responsibility: `ends_on` is the first day it no longer answers for the point.

    :raises AgreementRefused: if it has ended already or would end before it starts
    """
    (agreement,) = lock_rows(ServiceAgreement, [agreement.pk])
    if agreement.ends_on is not None:
        raise AgreementRefused(f"This agreement ended on {agreement.ends_on:%b %d, %Y}.")
    if ends_on <= agreement.starts_on:
        raise AgreementRefused(f"This agreement starts on {agreement.starts_on:%b %d, %Y}.")
    agreement.ends_on = ends_on
    agreement.save(update_fields=["ends_on"])
    audit.record(
        actor=by,
        event="customers.agreement.ended",
        subject=agreement,
        at=at,
        detail={"ends_on": ends_on.isoformat()},
    )
    return agreement
