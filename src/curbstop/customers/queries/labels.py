"""How rooms above name an account of which they know only the id or the debtor."""

from collections.abc import Iterable
from dataclasses import dataclass

from curbstop.customers.models import Account


def debtors_of_accounts(numbers: Iterable[str]) -> dict[str, int]:
    """Return account number → debtor, for files that name accounts by their number."""
    return dict(Account.objects.filter(number__in=list(numbers)).values_list("number", "debtor_id"))


@dataclass(frozen=True, slots=True)
class AccountLabel:
    """How a register names an account."""

    number: str
    customer_name: str


def account_labels(debtor_ids: Iterable[int]) -> dict[int, AccountLabel]:
    """Return debtor → number and customer of the account, for rooms above that know only who owes."""
    accounts = Account.objects.filter(debtor_id__in=list(debtor_ids))
    rows = accounts.values_list("debtor_id", "number", "customer__name")
    return {debtor: AccountLabel(number, name) for debtor, number, name in rows}


def account_numbers(debtor_ids: Iterable[int]) -> dict[int, str]:
    """Return debtor → account number, for rooms above that know only who owes."""
    return dict(Account.objects.filter(debtor_id__in=list(debtor_ids)).values_list("debtor_id", "number"))


def account_names(account_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Return account id → its number and the name of its customer."""
    rows = Account.objects.filter(pk__in=list(account_ids)).values_list("pk", "number", "customer__name")
    return {pk: (number, name) for pk, number, name in rows}


def account_ids_of(debtor_ids: Iterable[int]) -> dict[int, int]:
    """Return debtor → account id, for rooms above that know only who owes."""
    return dict(Account.objects.filter(debtor_id__in=list(debtor_ids)).values_list("debtor_id", "pk"))
