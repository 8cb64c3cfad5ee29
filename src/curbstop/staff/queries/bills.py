"""How a line of a bill came about, in words, from the derivation that the rate engine wrote down."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from curbstop.billing.queries import BillLineRow, BillRow, bill_lines_of, bills_of
from curbstop.foundation.web.tags import price, quantity

UNIT_WORDS = {"ccf": "CCF", "kgal": "kgal", "day": "days", "each": "", "cubic_feet": "cu ft"}


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """One printed line: its quantity times its price, and the rest of its derivation as a sentence."""

    line: BillLineRow
    how: str
    explanation: str


@dataclass(frozen=True, slots=True)
class ExplainedBill:
    """A bill and the lines it was made of."""

    bill: BillRow
    lines: tuple[ExplainedLine, ...]


def explained_bills(account_id: int, limit: int) -> tuple[ExplainedBill, ...]:
    """Return the account's latest bills with how each line came about, newest first."""
    bills = bills_of(account_id, limit)
    lines = bill_lines_of(bill.number for bill in bills)
    return tuple(ExplainedBill(bill, tuple(map(_explained, lines[bill.number]))) for bill in bills)


def unit_words(unit: str) -> str:
    """Return a unit as clerks write it."""
    return UNIT_WORDS.get(unit, unit.replace("_", " "))


def explanation_of(derivation: Mapping[str, Any]) -> str:
    """Return what the quantity and price of a line do not say: its tier, cap, proration and schedule."""
    return "; ".join(_clauses(derivation))


def _clauses(derivation: Mapping[str, Any]) -> Iterable[str]:
    if tier := derivation.get("tier"):
        above, up_to = derivation.get("above", "0"), derivation.get("up_to")
        yield f"tier {tier}, above {above}" + (f" up to {up_to}" if up_to else "")
    if cap := derivation.get("cap"):
        yield f"at most {cap} are charged"
    if standard := derivation.get("prorated_from_days"):
        yield f"prorated to {derivation.get('days', '?')} days from {standard}"
    if of := derivation.get("of"):
        yield f"computed on {', '.join(of)}"
    if schedule := derivation.get("schedule"):
        version = derivation.get("version", "")
        yield f"schedule {schedule} {version}".rstrip()
    if derivation.get("rounding") == "half_up_cent":
        yield "rounded half-up to the cent"


def _explained(line: BillLineRow) -> ExplainedLine:
    return ExplainedLine(line, _how(line), explanation_of(line.derivation))


def _how(line: BillLineRow) -> str:
    if line.unit == "percent":
        return f"${line.quantity:,.2f} × {quantity(line.unit_price * 100)}%"
    counted = f"{quantity(line.quantity)} {unit_words(line.unit)}".rstrip()
    return f"{counted} × ${price(line.unit_price)}"
