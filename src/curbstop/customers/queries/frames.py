"""Whole ranges of accounts and agreements as columns, for runs and files."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from curbstop.foundation.database.copying import read_frame

AGREEMENT_COLUMNS: dict[str, type[pl.DataType]] = {
    "agreement_id": pl.Int64,
    "account_id": pl.Int64,
    "debtor_id": pl.Int64,
    "service_point_id": pl.Int64,
    "service_id": pl.Int64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
}
ACCOUNT_COLUMNS: dict[str, type[pl.DataType]] = {
    "account_id": pl.Int64,
    "account_number": pl.String,
    "debtor_id": pl.Int64,
    "customer_id": pl.Int64,
    "customer_name": pl.String,
    "language": pl.String,
    "address_line": pl.String,
    "unit": pl.String,
    "city": pl.String,
    "state": pl.String,
    "zip": pl.String,
    "inside_city": pl.Boolean,
    "mailing_line_1": pl.String,
    "mailing_line_2": pl.String,
    "mailing_city": pl.String,
    "mailing_state": pl.String,
    "mailing_zip": pl.String,
    "opened_on": pl.Date,
    "closed_on": pl.Date,
}


def known_numbers(
    *,
    accounts: Sequence[str] = (),
    customers: Sequence[str] = (),
    service_points: Sequence[str] = (),
) -> set[str]:
    """Return which of the numbers are in use, for a file that brings its own."""
    query = """
        select number from customers_account where number = any(%s)
        union all select number from customers_customer where number = any(%s)
        union all select number from customers_servicepoint where number = any(%s)"""
    params = [list(accounts), list(customers), list(service_points)]
    return set(read_frame(query, params, {"number": pl.String})["number"])


def account_bounds() -> tuple[int, int]:
    """Return the lowest and the highest account id, for whoever goes through all of them in parts."""
    query = "select coalesce(min(id), 0) as first, coalesce(max(id), 0) as last from customers_account"
    (bounds,) = read_frame(query).rows()
    return bounds[0], bounds[1]


def agreements_frame(*, first_account_id: int, last_account_id: int) -> pl.DataFrame:
    """Return every agreement of the accounts in an id range, both ends included.

    Columns: agreement_id, account_id, debtor_id, service_point_id, service_id, starts_on, ends_on (null
    while open), in the order of account and agreement.
    """
    query = """
        select g.id as agreement_id, g.account_id, a.debtor_id, g.service_point_id, p.service_id,
               g.starts_on, g.ends_on
          from customers_serviceagreement g
          join customers_account a on a.id = g.account_id
          join customers_servicepoint p on p.id = g.service_point_id
         where g.account_id between %s and %s
         order by g.account_id, g.id"""
    return read_frame(query, [first_account_id, last_account_id], AGREEMENT_COLUMNS)


def agreements_active(*, first_account_id: int, last_account_id: int, on: date) -> pl.DataFrame:
    """Return the agreements of `agreements_frame` that are in force on a day."""
    frame = agreements_frame(first_account_id=first_account_id, last_account_id=last_account_id)
    ends_later = pl.col("ends_on").is_null() | (pl.col("ends_on") > on)
    return frame.filter((pl.col("starts_on") <= on) & ends_later)


def agreements_ended(*, by: date) -> pl.DataFrame:
    """Return every agreement that ended by a day: agreement_id, account_id, starts_on and ends_on."""
    query = """
        select id as agreement_id, account_id, starts_on, ends_on
          from customers_serviceagreement where ends_on <= %s order by account_id, id"""
    columns = {"agreement_id": pl.Int64, "account_id": pl.Int64, "starts_on": pl.Date, "ends_on": pl.Date}
    return read_frame(query, [by], columns)


def accounts_frame(*, first_account_id: int, last_account_id: int) -> pl.DataFrame:
    """Return what a bill prints of each account in an id range, both ends included (`ACCOUNT_COLUMNS`)."""
    query = """
        select a.id as account_id, a.number as account_number, a.debtor_id, a.customer_id,
               c.name as customer_name, c.language, p.address_line, p.unit, p.city, p.state, p.zip,
               p.inside_city, c.mailing_line_1, c.mailing_line_2, c.mailing_city, c.mailing_state,
               c.mailing_zip, a.opened_on, a.closed_on
          from customers_account a
          join customers_customer c on c.id = a.customer_id
          join customers_premises p on p.id = a.premises_id
         where a.id between %s and %s
         order by a.id"""
    return read_frame(query, [first_account_id, last_account_id], ACCOUNT_COLUMNS)


def undeliverable_accounts(*, first_account_id: int, last_account_id: int) -> pl.DataFrame:
    """Return the accounts (account_id) in an id range whose bill no letter carrier could deliver.

    A mailing address that was given must be whole; without one the premises is where the bill goes.
    """
    query = """
        select a.id as account_id
          from customers_account a
          join customers_customer c on c.id = a.customer_id
          join customers_premises p on p.id = a.premises_id
         where a.id between %s and %s
           and case when c.mailing_line_1 <> ''
                    then c.mailing_city = '' or c.mailing_state = '' or c.mailing_zip !~ '^[0-9]{5}(-?[0-9]{4})?$'
                    else p.address_line !~ '[^ ]' or p.city = '' or p.state = '' or p.zip !~ '^[0-9]{5}(-?[0-9]{4})?$'
               end"""
    return read_frame(query, [first_account_id, last_account_id], {"account_id": pl.Int64})


def outside_accounts(*, first_account_id: int, last_account_id: int) -> pl.DataFrame:
    """Return the accounts (account_id) in an id range whose premises lies outside the city."""
    query = """
        select a.id as account_id from customers_account a
          join customers_premises p on p.id = a.premises_id and not p.inside_city
         where a.id between %s and %s"""
    return read_frame(query, [first_account_id, last_account_id], {"account_id": pl.Int64})
