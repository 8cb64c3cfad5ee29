"""Receipts and deposit slips: accessible, in the customer's language, and saying what they were given."""

import io
from pathlib import Path

import pypdf
import pytest

from curbstop.foundation.documents import qr_svg, render_pdf
from tests.foundation.documents.judging import barriers_in

ROOMS = Path(__file__).parents[3] / "src/curbstop"
RECEIPT = ROOMS / "cashiering/documents/receipt.typ"
SLIP = ROOMS / "treasury/documents/deposit_slip.typ"


def receipt(language="en", void=None, label="Water, bill 1004217"):
    return {
        "language": language,
        "title": "Receipt H1-000042",
        "city": "City of Cedar Bend",
        "city_lines": ["1 Main Street", "555-0100"],
        "number": "H1-000042",
        "till": "Window 1",
        "cashier": "Carla",
        "at": "Jul 1, 2026, 10:41 AM",
        "lines": [{"account": "100234", "label": label, "amount": "$97.32"}],
        "tenders": [
            {"kind": "check", "reference": "2041", "amount": "$50.00"},
            {"kind": "cash", "reference": "", "amount": "$47.32"},
        ],
        "total": "$97.32",
        "tendered": "$100.00",
        "change": "$2.68",
        "void": void,
        "qr_svg": qr_svg("H1-000042"),
    }


def slip(checks=1):
    return {
        "language": "en",
        "title": "Bank deposit 12",
        "city": "City of Cedar Bend",
        "city_lines": ["1 Main Street"],
        "number": "12",
        "business_day": "July 1, 2026",
        "bag_number": "B-88123",
        "bank": "",
        "prepared_by": "Lee Park",
        "prepared_at": "Jul 1, 2026, 5:10 PM",
        "verified_by": "",
        "drawers": [{"till": "Window 1", "cashier": "Carla", "cash": "$47.32", "checks": "$50.00", "total": "$97.32"}],
        "denominations": [{"face": "$20.00", "pieces": "2", "amount": "$40.00"}],
        "checks": [{"reference": "2041", "receipt": "H1-000042", "amount": "$50.00"}] * checks,
        "cash_total": "$47.32",
        "check_total": "$50.00",
        "total": "$97.32",
    }


def text_of(pdf):
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())


class TestReceipt:
    @pytest.mark.parametrize("void", [None, {"at": "Jul 1, 2026", "reason": "Wrong account"}])
    @pytest.mark.parametrize("language", ["en", "es"])
    def test_is_accessible_by_the_rules_of_pdf_ua(self, language, void):
        assert barriers_in(render_pdf(RECEIPT, receipt(language, void))) == []

    def test_says_what_was_paid_and_given_back(self):
        text = text_of(render_pdf(RECEIPT, receipt()))

        for fact in ("H1-000042", "Total paid $97.32", "Check 2041 $50.00", "Cash $47.32", "Change $2.68"):
            assert fact in text

    def test_speaks_spanish(self):
        text = text_of(render_pdf(RECEIPT, receipt("es")))

        for fact in ("Recibo", "Total pagado $97.32", "Efectivo", "Cambio $2.68"):
            assert fact in text

    def test_says_that_it_is_void_and_why(self):
        text = text_of(render_pdf(RECEIPT, receipt(void={"at": "Jul 1, 2026", "reason": "Wrong account"})))

        assert "VOID" in text
        assert "Wrong account" in text

    def test_prints_hostile_text_letter_by_letter(self):
        label = '#read("/etc/passwd") $x$'

        assert label in text_of(render_pdf(RECEIPT, receipt(label=label)))


class TestDepositSlip:
    def test_is_accessible_by_the_rules_of_pdf_ua(self):
        assert barriers_in(render_pdf(SLIP, slip())) == []

    def test_says_what_is_in_the_bag(self):
        text = text_of(render_pdf(SLIP, slip()))

        for fact in ("Bank deposit 12", "B-88123", "All drawers $47.32 $50.00 $97.32", "Lee Park"):
            assert fact in text

    def test_goes_on_over_as_many_pages_as_checks_need(self):
        pdf = render_pdf(SLIP, slip(checks=120))

        assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) > 1
        assert barriers_in(pdf) == []
