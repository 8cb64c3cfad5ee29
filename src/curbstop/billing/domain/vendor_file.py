"""The file for a company that prints the bills: one line a bill, tab by tab in a fixed order, and a control report.

The vendor counts the lines, adds the amounts and compares with the report before the first sheet is printed. The same
mailing always gives the same bytes; a file from piece 5,001 on restarts a printer that stopped there.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from curbstop.billing.domain.statement import Statement, statement_data
from curbstop.foundation.exports import text_cell

ADDRESS_LINES: Final = 5
COLUMNS: Final = (
    "position", "tray_kind", "tray", "bill", "account", "language", "name",
    *(f"address_{line}" for line in range(1, ADDRESS_LINES + 1)),
    "service_address", "bill_on", "due_on", "starts_on", "ends_on", "prior_balance_cents", "payments_cents",
    "current_cents", "due_cents", "scan_line", "charges", "messages", "inserts",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MailPiece:
    """A statement in its place of the mailing, with the inserts that go into its envelope."""

    position: int
    tray_kind: str
    tray: str
    statement: Statement
    inserts: tuple[str, ...] = ()


@dataclass(slots=True)
class Control:
    """What the vendor compares: pieces, sums in cents, and the first and the last bill."""

    pieces: int = 0
    current_cents: int = 0
    due_cents: int = 0
    bills_added_up: int = 0
    first_position: int | None = None
    last_position: int | None = None

    def count(self, piece: MailPiece) -> None:
        """Add a piece."""
        self.pieces += 1
        self.current_cents += piece.statement.current_cents
        self.due_cents += piece.statement.due_cents
        # The sum of the bill numbers tells a line that was replaced by another of the same amount.
        self.bills_added_up += piece.statement.bill_number
        self.first_position = piece.position if self.first_position is None else self.first_position
        self.last_position = piece.position


def heading() -> str:
    """Return the first line of the file."""
    return _line(COLUMNS)


def vendor_lines(pieces: Iterable[MailPiece], control: Control) -> Iterator[str]:
    """Yield one line a piece and count it in the control report."""
    for piece in pieces:
        control.count(piece)
        yield _line(_cells(piece))


def _cells(piece: MailPiece) -> Sequence[object]:
    statement = piece.statement
    address = [*statement.mailing_lines, *[""] * ADDRESS_LINES][:ADDRESS_LINES]
    printed = statement_data(statement)
    charges = [
        "|".join((service["name"], line["label"], line["how"], line["amount"]))
        for service in printed["services"]
        for line in service["lines"]
    ]
    return (
        piece.position, piece.tray_kind, piece.tray, statement.bill_number, statement.account_number,
        statement.language, statement.customer_name, *address, statement.service_address,
        statement.bill_on, statement.due_on, statement.starts_on, statement.ends_on,
        statement.prior_balance_cents, statement.payments_cents, statement.current_cents, statement.due_cents,
        statement.scan_line, "~".join(charges), "~".join(statement.messages), "~".join(piece.inserts),
    )  # fmt: skip


def _line(cells: Iterable[object]) -> str:
    buffer = io.StringIO()
    plain = (text_cell(" ".join(each.split())) if isinstance(each, str) else each for each in cells)
    csv.writer(buffer, lineterminator="\r\n").writerow(plain)
    return buffer.getvalue()


def control_report(
    control: Control, *, run: int, trays: Sequence[tuple[str, str, int]], left_out: Sequence[int]
) -> str:
    """Return the control report of a file as text, for the vendor and for the office."""
    rows = [
        ("run", run),
        ("pieces", control.pieces),
        ("first position", control.first_position or 0),
        ("last position", control.last_position or 0),
        ("current charges, cents", control.current_cents),
        ("amount due, cents", control.due_cents),
        ("bill numbers added up", control.bills_added_up),
        ("cancelled since planned, not printed", ", ".join(map(str, left_out)) or "none"),
        *((f"tray {kind} {tray}".rstrip(), count) for kind, tray, count in trays),
    ]
    return "".join(f"{name}: {value}\r\n" for name, value in rows)
