"""A printed bill says exactly what its statement holds, in both languages, on one page."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pypdf
import pytest

from curbstop.billing.domain.statement import (
    ChargeLine,
    Letterhead,
    MeterReading,
    PeriodUse,
    ServiceCharges,
    Statement,
    statement_data,
    statements_data,
)
from curbstop.billing.domain.wording import MONTHS, WORDS
from curbstop.foundation.documents import qr_svg, render_pdf, scan_line
from tests.foundation.documents.judging import barriers_in

TEMPLATE = Path(__file__).parents[2] / "src/curbstop/billing/documents/statement.typ"

WATER = ServiceCharges(
    "Water",
    (
        ChargeLine("Water service charge", Decimal(61), "day", Decimal("0.35766667"), 2182),
        ChargeLine("Water, first 10 CCF", Decimal(10), "ccf", Decimal("4.37"), 4370, "Code § 78-42"),
    ),
)
SEWER = ServiceCharges("Sewer", (ChargeLine("Sewer by volume", Decimal("12.125"), "ccf", Decimal("2.65"), 3213),))
BASE = Statement(
    letterhead=Letterhead(
        city="City of Alder Falls",
        department="Utility Billing",
        address_lines=("410 Mill Street", "Alder Falls, VA 23999"),
        phone="(757) 555-0142",
        payee="City of Alder Falls",
        remittance_lines=("PO Box 1187", "Alder Falls, VA 23999-1187"),
    ),
    language="en",
    bill_number=1004217,
    account_number="100234",
    customer_name="Rosa M. Delgado",
    mailing_lines=("1824 Canal Street Apt 4B", "Alder Falls, VA 23999"),
    service_address="1824 Canal Street, Apt 4B",
    bill_on=date(2026, 11, 20),
    due_on=date(2026, 12, 11),
    starts_on=date(2026, 9, 16),
    ends_on=date(2026, 11, 16),
    services=(WATER, SEWER),
    prior_balance_cents=5412,
    payments_cents=5400,
    readings=(
        MeterReading(
            "Water",
            Decimal("12.125"),
            "ccf",
            "W-204418",
            '5/8"',
            date(2026, 9, 16),
            Decimal(1452),
            "actual",
            date(2026, 11, 16),
            Decimal("1464.125"),
            "estimated",
        ),
    ),
    usage=tuple(
        PeriodUse(date(2024 + (10 + 2 * index) // 12, (10 + 2 * index) % 12 + 1, 16), Decimal(use))
        for index, use in enumerate((11, 9, 8, 9, 13, 17, 14, 10, 8, 9, 12, 15, 12))
    ),
    messages=("Rates change on January 1.",),
    scan_line=scan_line(bill_number=1004217, account_number="100234", amount_cents=9777),
    qr_svg=qr_svg("1004217"),
)


def pages_of(*statements: Statement) -> list[str]:
    pdf = render_pdf(TEMPLATE, statements_data(statements))
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


class TestStatement:
    @pytest.mark.parametrize("language", ["en", "es"])
    def test_is_accessible_by_the_rules_of_pdf_ua(self, language: str) -> None:
        pdf = render_pdf(TEMPLATE, statements_data([replace(BASE, language=language)]))

        assert barriers_in(pdf) == []

    def test_adds_up_as_it_is_printed(self) -> None:
        assert BASE.current_cents == 2182 + 4370 + 3213
        assert BASE.due_cents == 5412 - 5400 + BASE.current_cents

    def test_prints_every_fact(self) -> None:
        (page,) = pages_of(BASE)

        for fact in (
            "City of Alder Falls",
            "Rosa M. Delgado",
            "100234",
            "1004217",
            "1824 Canal Street, Apt 4B",
            "61 days",
            "61 days × $0.35766667",
            "10 CCF × $4.37",
            "Code § 78-42",
            "12.125 CCF × $2.65",
            "Water subtotal $65.52",
            "Sewer subtotal $32.13",
            "Balance on your last bill $54.12",
            "Payments received, thank you −$54.00",
            "Amount due $97.77",
            "December 11, 2026",
            "Sep 16, 2026 actual 1,452",
            "Nov 16, 2026 estimated 1,464.125",
            "This period you used 12 CCF; in the same period last year, 14.",
            "Rates change on January 1.",
            "¿Prefiere su factura en español?",
            BASE.scan_line,
        ):
            assert fact in page

    def test_speaks_spanish(self) -> None:
        (page,) = pages_of(replace(BASE, language="es"))

        for fact in ("Total a pagar", "11 de diciembre de 2026", "Número de cuenta", "estimada", "61 días"):
            assert fact in page

    def test_falls_back_to_english(self) -> None:
        assert statement_data(replace(BASE, language="vi"))["language"] == "en"

    @pytest.mark.parametrize("language", ["en", "es"])
    def test_keeps_twelve_lines_and_long_names_on_one_page(self, language: str) -> None:
        crowded = replace(
            BASE,
            language=language,
            customer_name="The Honorable Maximiliana Fernández-Villalobos de la Cruz y Montenegro, Trustee",
            mailing_lines=("c/o Greater Neighborhood Property Management Company LLC", *BASE.mailing_lines),
            service_address="1824 Canal Street, Apt 4B, Building C, Old Cotton Mill Residences at the Falls",
            services=tuple(
                ServiceCharges(name, (WATER.lines[0], WATER.lines[1], SEWER.lines[0]))
                for name in ("Water", "Sewer", "Stormwater", "Refuse")
            ),
            readings=BASE.readings * 2,
        )

        assert len(pages_of(crowded)) == 1

    @pytest.mark.parametrize("meters", [1, 2])
    def test_keeps_a_long_spanish_bill_with_every_citation_on_one_page(self, meters: int) -> None:
        def line(label: str, unit: str, section: str, **derivation: str) -> ChargeLine:
            return ChargeLine(label, Decimal("10.1667"), unit, Decimal("9.32"), 9475, section, derivation)

        water = (
            line("Servicio de agua", "day", "LBC 13.08.010"),
            line("Consumo de agua", "ccf", "LBC 13.08.010", above="0", up_to="10.1667"),
            line("Consumo de agua", "ccf", "LBC 13.08.010", above="10.1667", up_to="16000"),
        )
        sewer = (
            line("Servicio de alcantarillado", "day", "LBC 13.12.010"),
            line("Uso de alcantarillado", "ccf", "LBC 13.12.010"),
        )
        spanish = replace(
            BASE,
            language="es",
            services=(
                ServiceCharges("Agua", water * meters),
                ServiceCharges("Alcantarillado", sewer * meters),
                ServiceCharges("Aguas pluviales", (line("Aguas pluviales", "eru_day", "LBC 13.16.010"),)),
                ServiceCharges("Basura", (line("Recolección de basura", "cart_day", "LBC 8.04.010"),)),
                ServiceCharges("Impuesto de servicios", (line("Impuesto de servicios", "percent", "LBC 3.12.010"),)),
            ),
            readings=BASE.readings * meters,
        )

        (page,) = pages_of(spanish)

        assert "Agua LBC 13.08.010" in page
        assert "Consumo de agua, primeros 10.17" in page
        assert "Consumo de agua, más de 10.17" in page

    def test_prints_a_tax_as_a_share_of_dollars(self) -> None:
        tax = ServiceCharges(
            "Utility tax", (ChargeLine("Utility tax", Decimal("66.15"), "percent", Decimal("0.2"), 1323),)
        )

        (page,) = pages_of(replace(BASE, services=(tax,)))

        assert "20 % of $66.15 $13.23" in page

    def test_prints_a_credit_as_one(self) -> None:
        (page,) = pages_of(replace(BASE, prior_balance_cents=-20_000, payments_cents=0))

        assert "Credit balance $102.35" in page
        assert "Nothing is due." in page
        assert "Amount due $0.00" in page

    def test_prints_customer_text_letter_by_letter(self) -> None:
        (page,) = pages_of(replace(BASE, customer_name='#read("/etc/passwd")', service_address="$x$ *b* <a> @b"))

        assert '#read("/etc/passwd")' in page
        assert "$x$ *b* <a> @b" in page

    def test_stands_without_reads_use_or_messages(self) -> None:
        (page,) = pages_of(replace(BASE, readings=(), usage=(), messages=(), scan_line="", qr_svg=""))

        assert "Amount due $97.77" in page

    def test_shows_a_period_without_use(self) -> None:
        none = tuple(PeriodUse(period.ends_on, Decimal(0)) for period in BASE.usage)

        assert len(pages_of(replace(BASE, usage=none))) == 1

    def test_prints_many_in_one_document(self) -> None:
        assert len(pages_of(BASE, replace(BASE, language="es"), BASE)) == 3


class TestWords:
    def test_have_the_same_keys_in_every_language(self) -> None:
        assert {frozenset(words) for words in WORDS.values()} == {frozenset(WORDS["en"])}
        assert set(MONTHS) == set(WORDS)
