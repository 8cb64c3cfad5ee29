"""Read a file of payments into lines or located errors; whether the accounts are ours is asked later.

    account,amount,reference
    100234,86.40,LB-0001

The bank's reference names the payment; the same reference twice in a file is refused.
"""

from hashlib import sha256
from pathlib import Path

from curbstop.cashiering.domain.payment_files import PaymentFile, PaymentLine
from curbstop.foundation.card_numbers import looks_like_card_number
from curbstop.foundation.imports import Column, FileRefused, Located, dollar_amount, read_rows, text
from curbstop.ledger.domain.entries import ENTRIES_MAX

COLUMNS = (
    Column("account", text(longest=20)),
    Column("amount", dollar_amount()),
    Column("reference", text(longest=40)),
)


def read_payment_file(source: Path | bytes, *, name: str = "") -> PaymentFile:
    """Return the lines of a payment file.

    :raises FileRefused: with each line, field and what was expected
    """
    content = source.read_bytes() if isinstance(source, Path) else source
    result = read_rows(content, COLUMNS, name=name or (source.name if isinstance(source, Path) else "payments"))
    lines = tuple(PaymentLine(row.line, row["account"], row["amount"], row["reference"]) for row in result.accepted())
    errors = [
        *_too_many(result.file, lines),
        *_not_positive(result.file, lines),
        *_repeated(result.file, lines),
        *_cards(result.file, lines),
    ]
    if errors or not lines:
        raise FileRefused(errors or [Located(result.file, 1, "", "The file has no payments.")])
    return PaymentFile(name=result.file, sha256=sha256(content).hexdigest(), lines=lines)


def _too_many(file: str, lines: tuple[PaymentLine, ...]) -> list[Located]:
    """Refuse more lines than one transaction posts: a file is loaded whole or not at all."""
    return [
        Located(file, line.line, "", f"Expected at most {ENTRIES_MAX:,} payments. Split the file.")
        for line in lines[ENTRIES_MAX : ENTRIES_MAX + 1]
    ]


def _not_positive(file: str, lines: tuple[PaymentLine, ...]) -> list[Located]:
    return [
        Located(file, line.line, "amount", "Expected an amount above zero.") for line in lines if line.amount_cents <= 0
    ]


def _cards(file: str, lines: tuple[PaymentLine, ...]) -> list[Located]:
    return [
        Located(file, line.line, "reference", "Expected the bank's reference; this looks like a card number.")
        for line in lines
        if looks_like_card_number(line.reference)
    ]


def _repeated(file: str, lines: tuple[PaymentLine, ...]) -> list[Located]:
    first: dict[str, int] = {}
    errors = []
    for line in lines:
        before = first.setdefault(line.reference, line.line)
        if before != line.line:
            errors.append(Located(file, line.line, "reference", f"{line.reference} stands on line {before} already."))
    return errors
