"""A bill as it is printed: frozen values in, plain words and numbers for the template out.

`statement.typ` only lays out what `statement_data` returns; it computes and translates nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from curbstop.billing.domain.comparing import Change
from curbstop.billing.domain.explaining import changed, how, long_date, number, unit_words, with_step
from curbstop.billing.domain.wording import CHANGES, FALLBACK_LANGUAGE, MONTHS, WORDS
from curbstop.foundation.money import format_cents

CHART_PERIODS = 13  # This period, and the twelve before it: the same month last year is shown.
YEAR_AGO_TOLERANCE = timedelta(days=20)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who sends the bill and where the payment goes."""

    city: str
    department: str
    address_lines: tuple[str, ...]
    phone: str
    payee: str
    remittance_lines: tuple[str, ...]
    remittance_note: str = ""
    # The names of other agencies whose services stand on the bill, by service code.
    agencies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MeterReading:
    """Two reads of one meter, or an imported volume when there are none."""

    service_name: str
    usage: Decimal
    unit: str
    serial: str = ""
    size: str = ""
    previous_on: date | None = None
    previous_register: Decimal | None = None
    previous_kind: str = ""
    current_on: date | None = None
    current_register: Decimal | None = None
    current_kind: str = ""


@dataclass(frozen=True, slots=True)
class PeriodUse:
    """The use of one billing period, for the chart."""

    ends_on: date
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """One printed charge; `unit` is a unit of measure, `each`, or `percent` of dollars."""

    label: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount_cents: int
    citation: str = ""
    derivation: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServiceCharges:
    """The charges of one service, in the order they are printed."""

    name: str
    lines: tuple[ChargeLine, ...]
    # Whose charges they are where they are not the city's own.
    agency: str = ""

    @property
    def total_cents(self) -> int:
        """Return the sum of the printed lines."""
        return sum(line.amount_cents for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Everything one bill says. `ends_on` is the read day, the first not in the period."""

    letterhead: Letterhead
    language: str
    bill_number: int
    account_number: str
    customer_name: str
    mailing_lines: tuple[str, ...]
    service_address: str
    bill_on: date
    due_on: date
    starts_on: date
    ends_on: date
    services: tuple[ServiceCharges, ...]
    prior_balance_cents: int
    payments_cents: int
    readings: tuple[MeterReading, ...] = ()
    usage: tuple[PeriodUse, ...] = ()
    usage_unit: str = "ccf"
    messages: tuple[str, ...] = ()
    scan_line: str = ""
    qr_svg: str = ""
    change: Change | None = None
    # The bill that this one corrects, and what it came to.
    replaces: tuple[int, int] | None = None
    # What a budget plan asks for; the balance stays what was really billed.
    budget_cents: int | None = None

    @property
    def current_cents(self) -> int:
        """Return this period's charges: the sum of the services' lines."""
        return sum(service.total_cents for service in self.services)

    @property
    def due_cents(self) -> int:
        """Return what is owed: last bill, less payments, plus this period; negative is a credit."""
        return self.prior_balance_cents - self.payments_cents + self.current_cents

    @property
    def asked_cents(self) -> int:
        """Return what the customer is asked to pay by the due date: the budget amount on a plan, else what is owed."""
        return self.due_cents if self.budget_cents is None else self.budget_cents


def statements_data(statements: Sequence[Statement]) -> dict[str, Any]:
    """Return the template's data for a document of one page or more a statement."""
    assert statements, "a document has at least one statement"
    pages = [statement_data(statement) for statement in statements]
    return {
        "language": pages[0]["language"],
        "title": pages[0]["title"] if len(pages) == 1 else pages[0]["words"]["title"],
        "pages": pages,
    }


def statement_data(statement: Statement) -> dict[str, Any]:
    """Return one statement as the strings and bar heights that the template prints."""
    language = statement.language if statement.language in WORDS else FALLBACK_LANGUAGE
    words = WORDS[language]
    head = statement.letterhead
    due = statement.asked_cents
    days = (statement.ends_on - statement.starts_on).days
    return {
        "language": language,
        "words": {
            **words,
            "pay_to": head.remittance_note or words["pay_to"].format(payee=head.payee),
            "questions": words["questions"].format(phone=head.phone),
            "languages": words["languages"].format(phone=head.phone),
            "days": words["days"].format(days=days),
        },
        "title": words["document"].format(bill=statement.bill_number),
        "city": head.city,
        "department": head.department,
        "city_lines": list(head.address_lines),
        "remittance_lines": [head.payee, *head.remittance_lines],
        "bill": str(statement.bill_number),
        "account": statement.account_number,
        "customer": statement.customer_name,
        "mailing_lines": [statement.customer_name, *statement.mailing_lines],
        "service_address": statement.service_address,
        "bill_on": long_date(statement.bill_on, language),
        "due_on": long_date(statement.due_on, language),
        "period": _period(statement.starts_on, statement.ends_on, language),
        "due": format_cents(abs(due)),
        "is_credit": due < 0,
        "true_balance": "" if statement.budget_cents is None else money(statement.due_cents),
        "services": [_service(service, words, language) for service in statement.services],
        "agencies": _agencies(statement, words),
        "prior": money(statement.prior_balance_cents),
        "payments": money(-statement.payments_cents),
        "current": money(statement.current_cents),
        "readings": [_reading(reading, words, language) for reading in statement.readings],
        "chart": _chart(statement, words, language, days),
        "change": None if statement.change is None else _change(statement.change, language),
        "corrected": _corrected(statement, language),
        "messages": [message.replace("§ ", "§\u00a0") for message in statement.messages],
        "scan_line": statement.scan_line,
        "qr_svg": statement.qr_svg,
    }


def _change(change: Change, language: str) -> dict[str, str]:
    told = changed(change, language)
    # A word joiner keeps the sign on the line of its dollars.
    return {"title": told.title, "text": told.short.replace("−$", "−\u2060$")}


def _corrected(statement: Statement, language: str) -> str:
    """Return the sentence of a corrected bill: which one it replaces."""
    if statement.replaces is None:
        return ""
    number_replaced, cents = statement.replaces
    return CHANGES[language]["corrected"].format(number=number_replaced, dollars=format_cents(cents))


def money(cents: int) -> str:
    """Return dollars with a true minus sign before the dollar sign when negative."""
    return f"−{format_cents(-cents)}" if cents < 0 else format_cents(cents)


def short_date(day: date, language: str) -> str:
    """Return a day with the first three letters of its month: `Nov 22, 2026`."""
    month = MONTHS[language][day.month - 1][:3]
    if language == "es":
        return f"{day.day} {month} {day.year}"
    return f"{month} {day.day}, {day.year}"


def _period(starts_on: date, ends_on: date, language: str) -> str:
    return f"{short_date(starts_on, language)} – {short_date(ends_on, language)}"


def _agencies(statement: Statement, words: Any) -> list[dict[str, str]]:
    """Return what each other agency charges on this bill: the city collects it for them (rulebook §1.7)."""
    totals: dict[str, int] = {}
    for service in statement.services:
        if service.agency:
            totals[service.agency] = totals.get(service.agency, 0) + service.total_cents
    return [{"label": words["of_agency"].format(agency=name), "amount": money(cents)} for name, cents in totals.items()]


def _service(service: ServiceCharges, words: Any, language: str) -> dict[str, Any]:
    citations = {line.citation for line in service.lines}
    # What all lines of a service cite stands once, beside its name: that leaves each line its row.
    shared = citations.pop() if len(citations) == 1 else None
    return {
        "name": f"{service.name} · {service.agency}" if service.agency else service.name,
        "citation": shared or "",
        "subtotal_label": words["subtotal"].format(service=service.name),
        "subtotal": money(service.total_cents),
        "lines": [
            {
                "label": with_step(line.label, line.derivation, language),
                "how": how(line.quantity, line.unit, line.unit_price, line.derivation, language=language),
                "amount": money(line.amount_cents),
                "citation": line.citation if shared is None else "",
            }
            for line in service.lines
        ],
    }


def _reading(reading: MeterReading, words: Any, language: str) -> dict[str, Any]:
    title = words["volume"]
    if reading.serial:
        title = words["meter"].format(serial=reading.serial, size=reading.size).rstrip(", ")
    pairs = (
        (reading.previous_on, reading.previous_register, reading.previous_kind),
        (reading.current_on, reading.current_register, reading.current_kind),
    )
    return {
        "service": reading.service_name,
        "title": title,
        "reads": [
            {
                "on": short_date(day, language),
                "register": number(register),
                "kind": words.get(f"read_{kind}", kind),
            }
            for day, register, kind in pairs
            if day is not None and register is not None
        ],
        "used": f"{number(reading.usage)} {unit_words(reading.unit, language)}",
    }


def _chart(statement: Statement, words: Any, language: str, days: int) -> dict[str, Any] | None:
    bars = statement.usage[-CHART_PERIODS:]
    if not bars:
        return None
    unit = unit_words(statement.usage_unit, language)
    highest = max((bar.quantity for bar in bars), default=Decimal(0)) or Decimal(1)
    now = bars[-1].quantity
    sentence = words["usage_now"].format(now=number(now), unit=unit)
    year_ago = _year_ago(bars)
    if year_ago is not None:
        then = number(bars[year_ago].quantity)
        sentence = words["usage_compared"].format(now=number(now), unit=unit, then=then)
    if days > 0:
        daily = number((now / days).quantize(Decimal("0.01")))
        sentence += " " + words["per_day"].format(daily=daily, unit=unit)
    told = ", ".join(f"{short_date(bar.ends_on, language)} {number(bar.quantity)}" for bar in bars)
    return {
        "title": words["usage"].format(unit=unit),
        "alt": words["usage_alt"].format(unit=unit, bars=told),
        "sentence": sentence,
        "then": year_ago,
        "bars": [
            {
                "share": float(max(bar.quantity, Decimal(0)) / highest),
                "quantity": number(bar.quantity),
                "month": MONTHS[language][bar.ends_on.month - 1][:3],
                "year": f"{bar.ends_on:%y}",
            }
            for bar in bars
        ],
    }


def _year_ago(bars: Sequence[PeriodUse]) -> int | None:
    """Return the index of the period that ended closest to a year before the last one, if any."""
    target = bars[-1].ends_on - timedelta(days=365)
    index = min(range(len(bars)), key=lambda each: abs(bars[each].ends_on - target))
    close = abs(bars[index].ends_on - target) <= YEAR_AGO_TOLERANCE
    return index if close and index < len(bars) - 1 else None
