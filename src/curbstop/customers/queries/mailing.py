"""Whom a letter or a bill is sent to, where, and in which language: one query for one account or for a whole run."""

from collections.abc import Iterable
from dataclasses import dataclass

from curbstop.customers.models import Account, Customer, Premises


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """The addressee of one account; `zip` is that of the mailing lines."""

    account_id: int
    account_number: str
    customer_name: str
    language: str
    mailing_lines: tuple[str, ...]
    zip: str
    address_lines: tuple[str, ...]


def mailings_of(account_ids: Iterable[int]) -> dict[int, Mailing]:
    """Return the addressee of each account, by its id."""
    accounts = Account.objects.filter(pk__in=set(account_ids)).select_related("customer", "premises")
    return {account.pk: _mailing(account) for account in accounts}


def _mailing(account: Account) -> Mailing:
    customer, premises = account.customer, account.premises
    return Mailing(
        account_id=account.pk,
        account_number=account.number,
        customer_name=customer.name,
        language=customer.language,
        mailing_lines=mailing_lines(customer, premises),
        zip=customer.mailing_zip if customer.mailing_line_1 else premises.zip,
        address_lines=address_lines(premises),
    )


def address_lines(premises: Premises) -> tuple[str, ...]:
    """Return the lines of a service address."""
    lines = (premises.address_line, premises.unit, f"{premises.city}, {premises.state} {premises.zip}")
    return tuple(filter(None, lines))


def mailing_lines(customer: Customer, premises: Premises) -> tuple[str, ...]:
    """Return where a customer's mail goes: where they said, or else where they are served."""
    if not customer.mailing_line_1:
        return address_lines(premises)
    town = f"{customer.mailing_city}, {customer.mailing_state} {customer.mailing_zip}"
    return tuple(filter(None, (customer.mailing_line_1, customer.mailing_line_2, town.strip(", "))))
