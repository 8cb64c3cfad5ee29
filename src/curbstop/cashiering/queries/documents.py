"""A receipt as the printer and the page show it: what it settled and with what it was paid."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from curbstop.cashiering.models import Receipt
from curbstop.customers.queries import account_numbers
from curbstop.foundation.documents import qr_svg
from curbstop.foundation.money import format_cents
from curbstop.ledger.queries import settled_by
from curbstop.ordinances.queries import CityProfileRow, city


def receipt_lines(receipt: Receipt) -> list[dict[str, Any]]:
    """Return what a receipt settled, account by account: account, label and cents."""
    settled = settled_by(receipt.entry_id)
    numbers = account_numbers({item.debtor_id for item in settled})
    lines = [
        {
            "account": numbers.get(item.debtor_id, ""),
            "label": _label(item.service_name, item.label),
            "amount_cents": item.amount_cents,
        }
        for item in settled
    ]
    return sorted(lines, key=lambda line: str(line["account"]))


def receipt_document(receipt: Receipt, *, language: str = "en") -> dict[str, Any]:
    """Return the data of `documents/receipt.typ` for one receipt."""
    place = city()
    lines = [
        {"account": line["account"], "label": line["label"], "amount": format_cents(line["amount_cents"], language)}
        for line in receipt_lines(receipt)
    ]
    tenders = list(receipt.tenders.order_by("line_number"))
    return {
        "language": language,
        "title": f"Receipt {receipt}",
        "city": place.name,
        "city_lines": [*place.address_lines, place.phone],
        "number": str(receipt),
        "till": receipt.till.name,
        "cashier": receipt.drawer.cashier.get_full_name() or receipt.drawer.cashier.username,
        "at": _printed(receipt.at, place),
        "lines": lines,
        "tenders": [
            {"kind": tender.kind, "reference": tender.reference, "amount": format_cents(tender.amount_cents, language)}
            for tender in tenders
        ],
        "total": format_cents(receipt.total_cents, language),
        "tendered": format_cents(sum(tender.tendered_cents for tender in tenders), language),
        "change": format_cents(receipt.change_cents, language),
        "void": _void(receipt, place),
        "qr_svg": qr_svg(str(receipt)),
    }


def _label(service: str, label: str) -> str:
    """Return what an item is for; a bill's own label already begins with the service."""
    return label if label.startswith(service) else f"{service}, {label}".removesuffix(", ")


def _void(receipt: Receipt, place: CityProfileRow) -> dict[str, str] | None:
    void = getattr(receipt, "void", None)
    return None if void is None else {"at": _printed(void.at, place), "reason": void.reason}


def _printed(at: datetime, place: CityProfileRow) -> str:
    """Return an instant on the city's own clock, as a customer reads it."""
    return f"{at.astimezone(ZoneInfo(place.timezone)):%b %d, %Y, %I:%M %p}"
