"""The printed summary of a master account: one line an account, and what they add up to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from curbstop.billing.domain.explaining import long_date
from curbstop.billing.domain.statement import Letterhead, money
from curbstop.billing.domain.wording import FALLBACK_LANGUAGE

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "title": "Summary of bills",
        "number": "Summary",
        "on": "As of",
        "account": "Account",
        "address": "Service address",
        "bill": "Bill",
        "due_on": "Due",
        "current": "This bill",
        "balance": "Owed now",
        "total": "{count} accounts together",
        "note": "Each account keeps its own bill and its own due date. You may pay them together with one check: "
        "write the summary number on it.",
        "questions": "Questions about this summary? Call {phone}.",
    },
    "es": {
        "title": "Resumen de facturas",
        "number": "Resumen",
        "on": "Al",
        "account": "Cuenta",
        "address": "Dirección del servicio",
        "bill": "Factura",
        "due_on": "Vence",
        "current": "Esta factura",
        "balance": "Saldo actual",
        "total": "{count} cuentas en conjunto",
        "note": "Cada cuenta conserva su propia factura y su propia fecha de vencimiento. Puede pagarlas juntas con un "
        "solo cheque: escriba en él el número del resumen.",
        "questions": "¿Preguntas sobre este resumen? Llame al {phone}.",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRow:
    """One account on a summary; the bill is missing for an account that was never billed."""

    account_number: str
    service_address: str
    bill_number: int | None
    bill_on: date | None
    due_on: date | None
    current_cents: int
    balance_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All accounts of a master by number, on one day."""

    number: str
    customer_name: str
    language: str
    mailing_lines: tuple[str, ...]
    on: date
    rows: Sequence[SummaryRow]
    letterhead: Letterhead

    @property
    def current_cents(self) -> int:
        """Return the sum of the latest bills."""
        return sum(row.current_cents for row in self.rows)

    @property
    def owed_cents(self) -> int:
        """Return the sum of what the accounts owe; the credit of one account pays nothing of another."""
        return sum(max(row.balance_cents, 0) for row in self.rows)


def summary_data(summary: Summary) -> dict[str, Any]:
    """Return the strings that the template prints."""
    language = summary.language if summary.language in WORDS else FALLBACK_LANGUAGE
    words, head = WORDS[language], summary.letterhead
    return {
        "language": language,
        "title": f"{words['title']} {summary.number}",
        "words": {
            **words,
            "total": words["total"].format(count=len(summary.rows)),
            "questions": words["questions"].format(phone=head.phone),
        },
        "city": head.city,
        "department": head.department,
        "city_lines": list(head.address_lines),
        "number": summary.number,
        "on": long_date(summary.on, language),
        "mailing_lines": [summary.customer_name, *summary.mailing_lines],
        "rows": [
            {
                "account": row.account_number,
                "address": row.service_address,
                "bill": "–" if row.bill_number is None else str(row.bill_number),
                "due_on": "–" if row.due_on is None else long_date(row.due_on, language),
                "current": money(row.current_cents),
                "balance": money(row.balance_cents),
            }
            for row in summary.rows
        ],
        "current": money(summary.current_cents),
        "owed": money(summary.owed_cents),
    }
