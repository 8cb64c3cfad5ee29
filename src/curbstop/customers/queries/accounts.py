"""Finding accounts as a caller names them, and what the page of one shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import connection
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value

from curbstop.customers.domain.texts import address_key, phone_digits, search_key
from curbstop.customers.models import Account, Contact, ServiceAgreement
from curbstop.customers.permissions import SEE_ACCOUNTS
from curbstop.customers.queries.mailing import address_lines, mailing_lines
from curbstop.foundation.access.models import User

# Fewer digits than this are an account number or a house number, not a telephone number.
PHONE_DIGITS_MIN = 7
# A misspelled name shares at least this part of its trigrams: `Delgdo` finds `Delgado`.
SIMILARITY_MIN = 0.45


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """One account that a search found, as a list shows it."""

    account_id: int
    account_number: str
    customer_name: str
    address: str
    is_closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRow:
    """One service of an account as its page shows it."""

    id: int
    service_code: str
    service_name: str
    service_point_id: int
    service_point_number: str
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage:
    """What the customers room knows about one account."""

    id: int
    number: str
    debtor_id: int
    customer_id: int
    customer_number: str
    customer_name: str
    customer_kind: str
    phone: str
    email: str
    language: str
    mailing_lines: tuple[str, ...]
    address_lines: tuple[str, ...]
    inside_city: bool
    opened_on: date
    closed_on: date | None
    agreements: tuple[AgreementRow, ...]


def accounts_visible_to(user: User) -> QuerySet[Account]:
    """Return the accounts a person may see: all of the city's for those who hold the permission, else none."""
    accounts = Account.objects.select_related("customer", "premises")
    return accounts if user.may(SEE_ACCOUNTS) else accounts.none()


def search(text: str, user: User, limit: int = 20) -> list[SearchHit]:
    """Return accounts by account number, name, address or telephone number, exact beginnings first.

    What begins with the text comes first in the order of a list, then what has all its words; only where
    nothing is found are misspelled names and addresses looked for, which costs more.
    """
    accounts = accounts_visible_to(user)
    key, place = search_key(text), address_key(text)
    if not key:
        return []
    found = _gathered(_as_written(accounts, text), limit)
    if not found:
        _forgive_misspellings()
        alike = [_similar(accounts, "customer__search_key", key), _similar(accounts, "premises__search_key", place)]
        found = _gathered(alike, limit)
    return [_hit(account) for account in found]


def _gathered(ways: Sequence[QuerySet[Account]], limit: int) -> list[Account]:
    """Ask one way after another until there are enough accounts, each once."""
    found: dict[int, Account] = {}
    for matches in ways:
        if len(found) >= limit:
            break
        fresh = matches.exclude(pk__in=found)[: limit - len(found)]
        found.update((account.pk, account) for account in fresh)
    return list(found.values())


def _as_written(accounts: QuerySet[Account], text: str) -> list[QuerySet[Account]]:
    key, place, digits = search_key(text), address_key(text), phone_digits(text)
    number = key.replace(" ", "-").upper()
    ways = [accounts.filter(number__startswith=number).order_by("number")]
    if len(digits) >= PHONE_DIGITS_MIN:
        ways.append(accounts.filter(customer__phone_digits__startswith=digits).order_by("number"))
    by_name, by_address = ("customer__sort_key", "number"), ("premises__search_key", "number")
    return [
        *ways,
        accounts.filter(customer__sort_key__startswith=key).order_by(*by_name),
        accounts.filter(premises__search_key__startswith=place).order_by(*by_address),
        accounts.filter(_each_word("customer__search_key", key)).order_by(*by_name),
        accounts.filter(_each_word("premises__search_key", place)).order_by(*by_address),
    ]


def _each_word(column: str, key: str) -> Q:
    condition = Q()
    for word in key.split():
        condition &= Q(**{f"{column}__contains": word})
    return condition


class ResemblesPartOf(Func):
    """PostgreSQL's `key <% column`: some words of the column resemble the key; the trigram index answers it."""

    template = "(%(expressions)s)"
    arg_joiner = " <%% "
    output_field = BooleanField()


def _forgive_misspellings() -> None:
    """Set how alike words must be for `<%` in this session; PostgreSQL's own 0.6 misses one dropped letter."""
    with connection.cursor() as cursor:
        cursor.execute("select set_config('pg_trgm.word_similarity_threshold', %s, false)", [str(SIMILARITY_MIN)])


def _similar(accounts: QuerySet[Account], column: str, key: str) -> QuerySet[Account]:
    return (
        accounts.filter(ResemblesPartOf(Value(key), F(column)))
        .annotate(likeness=TrigramWordSimilarity(key, column))
        .order_by("-likeness", "number")
    )


def hits_of(account_ids: Sequence[int], user: User) -> list[SearchHit]:
    """Return accounts that another room found, such as by the serial of a meter, in the order of number."""
    found = accounts_visible_to(user).filter(pk__in=account_ids).order_by("number")
    return [_hit(account) for account in found]


def accounts_at(service_point_ids: Sequence[int], user: User) -> list[SearchHit]:
    """Return the accounts responsible now for service points, in the order of number."""
    held = ServiceAgreement.objects.filter(service_point_id__in=service_point_ids, ends_on__isnull=True)
    return hits_of(list(held.values_list("account_id", flat=True)), user)


def _hit(account: Account) -> SearchHit:
    return SearchHit(
        account_id=account.pk,
        account_number=account.number,
        customer_name=account.customer.name,
        address=" ".join(filter(None, (account.premises.address_line, account.premises.unit))),
        is_closed=account.closed_on is not None,
    )


def account_page(number: str) -> AccountPage:
    """Return one account with its customer, premises and services.

    :raises Account.DoesNotExist: if no account has the number
    """
    account = Account.objects.select_related("customer", "premises").get(number=number)
    customer, premises = account.customer, account.premises
    return AccountPage(
        id=account.pk,
        number=account.number,
        debtor_id=account.debtor_id,
        customer_id=customer.pk,
        customer_number=customer.number,
        customer_name=customer.name,
        customer_kind=customer.kind,
        phone=customer.phone,
        email=customer.email,
        language=customer.language,
        mailing_lines=mailing_lines(customer, premises),
        address_lines=address_lines(premises),
        inside_city=premises.inside_city,
        opened_on=account.opened_on,
        closed_on=account.closed_on,
        agreements=tuple(_agreement_rows(account)),
    )


def _agreement_rows(account: Account) -> list[AgreementRow]:
    agreements = ServiceAgreement.objects.filter(account=account).select_related("service_point__service")
    return [
        AgreementRow(
            id=agreement.pk,
            service_code=agreement.service_point.service.code,
            service_name=agreement.service_point.service.name_en,
            service_point_id=agreement.service_point_id,
            service_point_number=agreement.service_point.number,
            starts_on=agreement.starts_on,
            ends_on=agreement.ends_on,
        )
        for agreement in agreements.order_by("service_point__service__rank", "starts_on", "pk")
    ]


def contacts_of(customer_id: int, limit: int = 50) -> list[Contact]:
    """Return the latest contacts with a customer, newest first."""
    contacts = Contact.objects.filter(customer_id=customer_id).select_related("by", "account")
    return list(contacts.order_by("-at", "-pk")[:limit])
