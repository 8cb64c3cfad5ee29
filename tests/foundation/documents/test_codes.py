"""A stub's scan line is read back whole, or refused."""

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from curbstop.foundation.documents import (
    ScanLine,
    ScanLineRefused,
    check_digit,
    qr_svg,
    read_scan_line,
    scan_line,
)

LINE = scan_line(bill_number=1004217, account_number="100234", amount_cents=9732)


class TestScanLine:
    def test_holds_bill_account_amount_and_check_digit(self) -> None:
        assert LINE == "0001004217 000000100234 0000009732 7"

    def test_asks_nothing_for_a_credit(self) -> None:
        line = scan_line(bill_number=1, account_number="7", amount_cents=-500)

        assert read_scan_line(line).amount_cents == 0

    @given(
        bill=st.integers(0, 10**10 - 1),
        account=st.integers(1, 10**12 - 1),
        cents=st.integers(0, 10**10 - 1),
    )
    def test_is_read_back_as_it_was_printed(self, bill: int, account: int, cents: int) -> None:
        line = scan_line(bill_number=bill, account_number=str(account), amount_cents=cents)

        assert read_scan_line(line) == ScanLine(bill, str(account), cents)

    @given(place=st.integers(0, 32), step=st.integers(1, 9))
    def test_is_refused_with_any_one_digit_wrong(self, place: int, step: int) -> None:
        digits = list(LINE.replace(" ", ""))
        digits[place] = str((int(digits[place]) + step) % 10)

        with pytest.raises(ScanLineRefused, match="check digit"):
            read_scan_line("".join(digits))

    @pytest.mark.parametrize("text", ["", "1234", LINE + "1", "x" * 33, "\u0661" * 33])
    def test_is_refused_when_it_is_something_else(self, text: str) -> None:
        with pytest.raises(ScanLineRefused, match="33 digits"):
            read_scan_line(text)

    def test_uses_the_luhn_digit_of_the_standard(self) -> None:
        assert check_digit("7992739871") == "3"


class TestQrSvg:
    def test_is_a_drawing_without_code(self) -> None:
        svg = qr_svg(LINE)

        assert "<svg" in svg
        assert "<script" not in svg
        assert "<image" not in svg

    def test_encodes_the_text(self) -> None:
        code = zxingcpp.create_barcode(LINE, zxingcpp.BarcodeFormat.QRCode, ec_level="M")

        assert zxingcpp.read_barcode(zxingcpp.write_barcode_to_image(code, scale=4)).text == LINE  # type: ignore[union-attr]
