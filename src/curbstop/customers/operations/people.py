"""Customers and what was said with them."""

from dataclasses import asdict, dataclass
from datetime import datetime

import polars as pl

from curbstop.customers.domain.texts import (
    NotText,
    clean_text,
    phone_digits,
    search_key,
    sort_key,
)
from curbstop.customers.models import Account, Contact, Customer
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.card_numbers import refuse_card_number
from curbstop.foundation.database.copying import append_frame
from curbstop.foundation.database.transactions import require_transaction, transaction
from curbstop.foundation.numbering import next_number

CUSTOMER_TEXTS = (
    "name", "phone", "email", "mailing_line_1", "mailing_line_2", "mailing_city", "mailing_state",
    "mailing_zip",
)  # fmt: skip


class CustomerRefused(Exception):
    """The customer was not registered; the message tells the clerk why."""


class ContactRefused(Exception):
    """The contact was not written into the log; the message tells the clerk why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a new customer is and how to reach them."""

    name: str
    kind: str = Customer.Kind.PERSON.value
    phone: str = ""
    email: str = ""
    language: str = Customer.Language.ENGLISH.value
    mailing_line_1: str = ""
    mailing_line_2: str = ""
    mailing_city: str = ""
    mailing_state: str = ""
    mailing_zip: str = ""


def add_customers(rows: pl.DataFrame) -> pl.Series:
    """Add customers (`number`, `kind`, `language` and the texts of `Identity`) and return their ids in order.

    Texts are cleaned and the search keys made here, so that no customer is ever stored unfindable.

    :raises NotText: if a text holds a NUL
    """
    text = pl.String()
    is_person = rows["kind"] == Customer.Kind.PERSON.value
    cleaned = rows.with_columns(pl.col(name).map_elements(clean_text, return_dtype=text) for name in CUSTOMER_TEXTS)
    keys = [
        pl.Series("search_key", [search_key(name) for name in cleaned["name"]], dtype=text),
        pl.Series(
            "sort_key",
            [sort_key(name=name, is_person=person) for name, person in zip(cleaned["name"], is_person, strict=True)],
            dtype=text,
        ),
        pl.Series("phone_digits", [phone_digits(phone) for phone in cleaned["phone"]], dtype=text),
    ]
    columns = ["number", "kind", "language", *CUSTOMER_TEXTS]
    return append_frame(Customer._meta.db_table, cleaned.select(columns).with_columns(keys))


@transaction
def register_customer(*, identity: Identity, by: User | None, at: datetime) -> Customer:
    """Register a person or an organization under the next customer number.

    :raises CustomerRefused: if the name is empty or the language or kind is not one of ours
    """
    _refuse_unusable(identity)
    row = {"number": str(next_number("customers.customer")), **asdict(identity)}
    try:
        (customer_id,) = add_customers(pl.DataFrame([row]))
    except NotText as error:
        raise CustomerRefused(str(error)) from error
    customer = Customer.objects.get(pk=customer_id)
    audit.record(actor=by, event="customers.customer.registered", subject=customer, at=at)
    return customer


def _refuse_unusable(identity: Identity) -> None:
    if not search_key(identity.name):
        raise CustomerRefused("Enter a name with at least one letter or digit.")
    if identity.kind not in Customer.Kind.values:
        raise CustomerRefused("A customer is a person or an organization.")
    if identity.language not in Customer.Language.values:
        raise CustomerRefused("Bills are written in English (en) or Spanish (es).")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """How somebody was reached and what was said."""

    channel: Contact.Channel
    direction: Contact.Direction
    note: str


@transaction
def log_contact(
    *,
    customer: Customer,
    conversation: Conversation,
    account: Account | None,
    by: User,
    at: datetime,
) -> Contact:
    """Write what was said with a customer into the log.

    :raises ContactRefused: if the note is empty or holds a card number, or the account belongs to somebody else
    """
    return note_contact(customer=customer, conversation=conversation, account=account, by=by, at=at)


def note_contact(
    *,
    customer: Customer,
    conversation: Conversation,
    account: Account | None,
    by: User,
    at: datetime,
) -> Contact:
    """Write a contact into the log as a part of the operation that told the customer something.

    :raises ContactRefused: if the note is empty or holds a card number, or the account belongs to somebody else
    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    try:
        note = clean_text(conversation.note)
    except NotText as error:
        raise ContactRefused(str(error)) from error
    refuse_card_number(note, ContactRefused)
    if not note:
        raise ContactRefused("Write what the contact was about.")
    if account is not None and account.customer_id != customer.pk:
        raise ContactRefused(f"Account {account.number} belongs to another customer.")
    logged = Contact.objects.create(
        customer=customer,
        account=account,
        channel=conversation.channel,
        direction=conversation.direction,
        note=note,
        by=by,
        at=at,
    )
    audit.record(actor=by, event="customers.contact.logged", subject=logged, at=at)
    return logged
