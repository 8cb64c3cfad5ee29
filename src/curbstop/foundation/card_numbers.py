"""A card number is never stored: it is known in any text by its issuer's beginning and its check digit.

"paid with 4111-1111-1111-1111, exp. 04/29" holds one; "account 100234, telephone 555-010-4477" does not.
The number of the card is refused wherever people type (PCI DSS 4.0.1, requirement 3; trust.md §7, row 19).
"""

import re
from collections.abc import Iterator

# The issuers of ISO/IEC 7812 that people carry: Visa, Mastercard, American Express, Discover, Diners, JCB, UnionPay.
ISSUED = re.compile(
    r"4[0-9]{15}|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}|3[47][0-9]{13}"
    r"|6(?:011|4[4-9][0-9]|5[0-9]{2})[0-9]{12}|3(?:0[0-5]|[68][0-9])[0-9]{11}|35[2-8][0-9]{13}|62[0-9]{14}"
)
# Digits of any script with little between them: spaces, dashes, points, also such as cannot be seen.
RUN = re.compile(r"\d(?:[\W_]{0,3}\d){12,}")
# A list of nothing but our own numbers (account 100234, receipt H1-000123) is no card number.
OUR_NUMBERS = re.compile(r"\d{6}(?:[\W_]+\d{6})*")
LENGTHS = range(13, 20)
REFUSED = (
    "This looks like a card number, and card numbers are never stored here. "
    "Leave it out, or write the authorization code that the terminal printed."
)


def holds_card_number(text: str) -> bool:
    """Return whether somewhere in a text stands a card number, however it is grouped."""
    runs = (run.group() for run in RUN.finditer(text) if not OUR_NUMBERS.fullmatch(run.group()))
    return any(_passes_luhn(number) for run in runs for number in _issued(run))


def looks_like_card_number(text: str) -> bool:
    """Return whether a reference is, or holds, a card number: with all its digits together or somewhere in it.

    A reference is one number and no sentence, so that whatever has the length and the check digit is refused.
    """
    digits = _digits(text)
    return (len(digits) in LENGTHS and _passes_luhn(digits)) or holds_card_number(text)


def refuse_card_number(text: str, refusal: type[Exception]) -> None:
    """Raise the refusal, in words that never repeat the number, if a text that a person typed holds one."""
    if holds_card_number(text):
        raise refusal(REFUSED)


def _issued(run: str) -> Iterator[str]:
    """Return what begins like a card: at each group of the run, or anywhere in an unbroken row of digits."""
    digits, at = _digits(run), 0
    for group in re.findall(r"\d+", run):
        last = max(len(group) - LENGTHS.start, 0)
        for begin in range(at, at + last + 1):
            if found := ISSUED.match(digits, begin):
                yield found.group()
        at += len(group)


def _digits(text: str) -> str:
    return "".join(str(int(character)) for character in text if character.isdecimal())


def _passes_luhn(number: str) -> bool:
    digits = [int(digit) for digit in number]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]  # noqa: PLR2004 - Luhn
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
