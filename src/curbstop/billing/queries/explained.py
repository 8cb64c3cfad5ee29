"""One released bill explained for a program: each line, why the bill changed, and whether it recomputes."""

from typing import Any

import polars as pl

from curbstop.billing.domain.checking import Checker
from curbstop.billing.domain.explaining import changed, explained
from curbstop.billing.domain.proving import CHECKED_SCHEMA, faults_in
from curbstop.billing.models import Bill
from curbstop.billing.queries.bills import BillLineRow, bill_lines_of
from curbstop.billing.queries.comparing import changes_of
from curbstop.billing.queries.proving import lines_of_bill
from curbstop.billing.queries.statements import labels_of
from curbstop.rates.queries import version_names

LANGUAGES = ("en", "es")


def explained_bill(number: int) -> dict[str, Any] | None:
    """Return a bill as JSON has it, in English and Spanish; nothing where there is none."""
    bill = Bill.objects.filter(number=number).select_related("account").first()
    if bill is None:
        return None
    lines = bill_lines_of([number])[number]
    return {
        "number": number,
        "account": bill.account.number,
        "starts_on": bill.starts_on,
        "ends_on": bill.ends_on,
        "days": bill.days,
        "total_cents": bill.total_cents,
        "due_cents": bill.prior_balance_cents - bill.payments_cents + bill.total_cents,
        "cancelled": bill.cancelled_at is not None,
        "lines": _lines(lines),
        "change": _change(number),
        "faults": _faults(lines_of_bill(number)),
    }


def _lines(lines: list[BillLineRow]) -> list[dict[str, Any]]:
    versions = [line.schedule_version_id for line in lines]
    told = {language: explained(lines, language, labels_of(versions, language)) for language in LANGUAGES}
    return [
        {
            "line_number": line.line_number,
            "service": line.service,
            "component": line.component,
            "section": line.section,
            "quantity": line.quantity,
            "unit": line.unit,
            "unit_price": line.unit_price,
            "amount_cents": line.amount_cents,
            "derivation": line.derivation,
        }
        | {
            language: {"label": words[place].label, "how": words[place].how, "why": words[place].why}
            for language, words in told.items()
        }
        for place, line in enumerate(lines)
    ]


def _change(number: int) -> dict[str, Any] | None:
    change = changes_of([number]).get(number)
    if change is None:
        return None
    return {
        "last_number": change.last_number,
        "was_cents": change.was_cents,
        "now_cents": change.now_cents,
        "parts": [
            {"cause": part.cause.value, "cents": part.cents, "was": part.was, "now": part.now, "unit": part.unit}
            for part in change.parts
        ],
    } | {language: changed(change, language).short for language in LANGUAGES}


def _faults(lines: pl.DataFrame) -> list[str]:
    found = faults_in(lines.select(list(CHECKED_SCHEMA)), version_names(), Checker())
    return [f"Line {fault.line_number}: {fault.words}." for _, fault in found]
