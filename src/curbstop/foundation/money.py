"""Money is integer cents inside and dollars at the edges; a fraction of a cent is rounded half-up, once a printed line.

Half-up is rulebook §0.1: 0.125 is 0.13 (half-even would say 0.12), and 2.675 is 2.68 (binary floats say 2.67).
"""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeAlias

Cents: TypeAlias = int

CENT = Decimal("0.01")

# At most nine digits of dollars, cents as two digits or not at all; thousands commas only where they belong.
_DOLLARS = re.compile(r"[0-9]{1,9}(\.[0-9]{2})?", re.ASCII)
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{2})?", re.ASCII)


class NotMoney(ValueError):
    """The text is not an amount of money."""


def to_cents(dollars: Decimal) -> Cents:
    """Return dollars as whole cents, rounded half-up (away from zero for a credit)."""
    assert isinstance(dollars, Decimal), "money never passes through a binary float"
    return int((dollars * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def dollars(cents: Cents) -> Decimal:
    """Return cents as dollars with two decimals, exactly."""
    return Decimal(cents).scaleb(-2).quantize(CENT)


def format_cents(cents: Cents, language: str = "en") -> str:
    """Return cents as a customer reads them: `$1,234.56`, `-$5.00`.

    Spanish-speaking customers in the United States read dollars with the same point and comma (Unicode CLDR, es-US),
    so the language changes nothing today; it is a parameter because a bill always knows it.
    """
    assert language, "a printed amount belongs to a language"
    sign = "-" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def parse_dollars(text: str) -> Cents:
    """Return the cents of an amount that somebody typed: `12`, `12.34`, `$1,234.56`.

    :raises NotMoney: for anything else; an amount is never guessed
    """
    typed = text.strip().removeprefix("$").strip()
    plain = typed.replace(",", "") if _GROUPED.fullmatch(typed) else typed
    if not _DOLLARS.fullmatch(plain):
        message = f"Expected an amount such as 12.34, not {text.strip()[:40]!r}."
        raise NotMoney(message)
    return to_cents(Decimal(plain))
