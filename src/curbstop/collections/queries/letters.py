"""A letter of the city to the customer of an account, in the customer's language, its blanks filled."""

from collections.abc import Mapping
from datetime import date

from django.utils.safestring import mark_safe

from curbstop.customers.models import Account
from curbstop.customers.queries import mailings_of
from curbstop.foundation.money import format_cents
from curbstop.ordinances.domain.letters import fill, to_html
from curbstop.ordinances.queries import city, letter_on


def letter_to(account: Account, code: str, *, values: Mapping[str, int | date | str], on: date) -> dict[str, str]:
    """Return subject, language and HTML of a letter; cents and days of `values` are written as a customer reads them.

    :raises NoSuchRule: if the city has no such letter
    """
    language = account.customer.language
    letter = letter_on(code, language=language, on=on)
    ours = city()
    known = {
        "account_number": account.number,
        "customer_name": account.customer.name,
        "service_address": ", ".join(mailings_of([account.pk])[account.pk].address_lines),
        "city_name": ours.name,
        "city_phone": ours.phone,
    }
    known |= {name: _written(value, language) for name, value in values.items()}
    # `to_html` escapes all but its own few marks.
    body = mark_safe(to_html(fill(letter.body, known)))  # noqa: S308 - see above
    return {"subject": letter.subject, "language": language, "html": body}


def _written(value: int | date | str, language: str) -> str:
    if isinstance(value, date):
        return f"{value:%m/%d/%Y}"
    return format_cents(value, language) if isinstance(value, int) else value
