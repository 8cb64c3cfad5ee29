"""How the text of a cell becomes a value; anything else is refused with what was expected, never coerced."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TypeVar

from curbstop.foundation.card_numbers import REFUSED, holds_card_number
from curbstop.foundation.money import Cents, parse_dollars

_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _shown(cell: str) -> str:
    return repr(cell if len(cell) <= 40 else cell[:39] + "…")  # noqa: PLR2004  # as much as fits a line of errors


def text(*, longest: int = 200) -> Callable[[str], str]:
    """Take text in Unicode's composed form, up to a length, without control or direction-changing characters."""

    def parse(cell: str) -> str:
        composed = unicodedata.normalize("NFC", cell)
        if len(composed) > longest:
            raise ValueError(f"Expected at most {longest} characters, found {len(composed)}.")
        for sign in composed:
            # A right-to-left override or a hidden control character makes a name read as another one.
            if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Cn"}:
                raise ValueError(f"The character U+{ord(sign):04X} cannot be printed.")
        return composed

    return parse


def free_text(*, longest: int = 200) -> Callable[[str], str]:
    """Take text as people write it, and no card number in it."""
    plain = text(longest=longest)

    def parse(cell: str) -> str:
        if holds_card_number(cell):
            raise ValueError(REFUSED)
        return plain(cell)

    return parse


def whole_number(*, least: int | None = None, most: int | None = None) -> Callable[[str], int]:
    """Take a whole number without separators, within bounds."""

    def parse(cell: str) -> int:
        if not _WHOLE.fullmatch(cell):
            raise ValueError(f"Expected a whole number such as 42, not {_shown(cell)}.")
        return _bounded(int(cell), least, most)

    return parse


def decimal_number(
    *, least: Decimal | None = None, most: Decimal | None = None, places: int = 4
) -> Callable[[str], Decimal]:
    """Take a decimal number with a point and at most so many places, within bounds."""

    def parse(cell: str) -> Decimal:
        if not _DECIMAL.fullmatch(cell):
            raise ValueError(f"Expected a number such as 12.5, not {_shown(cell)}.")
        if len(cell.partition(".")[2]) > places:
            raise ValueError(f"Expected at most {places} decimal places, not {_shown(cell)}.")
        return _bounded(Decimal(cell), least, most)

    return parse


def dollar_amount() -> Callable[[str], Cents]:
    """Take an amount of money and give cents."""
    return parse_dollars


def day() -> Callable[[str], date]:
    """Take a day written as 2026-11-22, the one form that nobody reads two ways."""

    def parse(cell: str) -> date:
        if not _DAY.fullmatch(cell):
            raise ValueError(f"Expected a day such as 2026-11-22, not {_shown(cell)}.")
        try:
            return date.fromisoformat(cell)
        except ValueError:
            raise ValueError(f"There is no day {cell} in the calendar.") from None

    return parse


def choice(*choices: str) -> Callable[[str], str]:
    """Take one of the given words, written exactly so."""

    def parse(cell: str) -> str:
        if cell not in choices:
            raise ValueError(f"Expected one of {', '.join(choices)}, not {_shown(cell)}.")
        return cell

    return parse


def yes_or_no() -> Callable[[str], bool]:
    """Take yes or no."""

    def parse(cell: str) -> bool:
        if cell.lower() not in {"yes", "no"}:
            raise ValueError(f"Expected yes or no, not {_shown(cell)}.")
        return cell.lower() == "yes"

    return parse


Number = TypeVar("Number", int, Decimal)


def _bounded(value: Number, least: Number | None, most: Number | None) -> Number:
    if least is not None and value < least:
        raise ValueError(f"Expected at least {least}, not {value}.")
    if most is not None and value > most:
        raise ValueError(f"Expected at most {most}, not {value}.")
    return value
