"""What a machine reads on a payment stub: the scan line and the QR code that repeats it.

The line is `BBBBBBBBBB AAAAAAAAAAAA CCCCCCCCCC K`: bill number, digits of the account number,
amount due in cents, and the Luhn check digit over the 32 digits before it.
"""

from dataclasses import dataclass

import zxingcpp

BILL_DIGITS = 10
ACCOUNT_DIGITS = 12
CENTS_DIGITS = 10
LENGTH = BILL_DIGITS + ACCOUNT_DIGITS + CENTS_DIGITS + 1
LUHN_DOUBLE_LIMIT = 9


class ScanLineRefused(Exception):
    """The scanned text is not a payment stub's; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class ScanLine:
    """What a stub says: the bill, the account's digits and the amount due in cents."""

    bill_number: int
    account_digits: str
    amount_cents: int


def scan_line(*, bill_number: int, account_number: str, amount_cents: int) -> str:
    """Return the printed scan line; a credit balance asks for nothing, so it scans as zero."""
    digits = "".join(char for char in account_number if char.isascii() and char.isdigit())
    bill = f"{bill_number:0{BILL_DIGITS}d}"
    cents = f"{max(amount_cents, 0):0{CENTS_DIGITS}d}"
    assert len(bill) == BILL_DIGITS, "bill numbers have at most ten digits"
    assert len(cents) == CENTS_DIGITS, "a bill is below one hundred million dollars"
    account = digits[-ACCOUNT_DIGITS:].zfill(ACCOUNT_DIGITS)
    return f"{bill} {account} {cents} {check_digit(bill + account + cents)}"


def read_scan_line(text: str) -> ScanLine:
    """Return what a scanned line says.

    :raises ScanLineRefused: if it has the wrong length, other characters or a wrong check digit
    """
    digits = "".join(text.split())
    if len(digits) != LENGTH or not (digits.isascii() and digits.isdigit()):
        raise ScanLineRefused(f"A payment stub's line has {LENGTH} digits; scan it again.")
    if check_digit(digits[:-1]) != digits[-1]:
        raise ScanLineRefused("The check digit does not match; scan the stub again.")
    account_end = BILL_DIGITS + ACCOUNT_DIGITS
    return ScanLine(
        bill_number=int(digits[:BILL_DIGITS]),
        account_digits=digits[BILL_DIGITS:account_end].lstrip("0"),
        amount_cents=int(digits[account_end:-1]),
    )


def check_digit(digits: str) -> str:
    """Return the Luhn check digit (ISO/IEC 7812-1, annex B) of a string of digits."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 == 0 else 1)
        total += value - LUHN_DOUBLE_LIMIT if value > LUHN_DOUBLE_LIMIT else value
    return str(-total % 10)


def qr_svg(text: str) -> str:
    """Return a QR code of the text as an SVG image with its quiet zone, error correction M."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    return str(zxingcpp.write_barcode_to_svg(code, scale=4, add_quiet_zones=True))
