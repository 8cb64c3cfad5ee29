"""The journal that the general ledger imports: one line a day, account, kind and source of entry; debits equal credits.

The file speaks dollars with two decimals because every general-ledger import does; the sums are
made in cents before they are written.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from curbstop.foundation.money import dollars


@dataclass(frozen=True, slots=True)
class JournalLine:
    """What moved on one account on one day by one kind of entry, in cents."""

    on: date
    fund: str
    department: str
    account: str
    name: str
    service: str
    kind: str
    source: str
    debit_cents: int
    credit_cents: int


class JournalUnbalanced(Exception):
    """The lines do not balance: nothing may be exported."""


COLUMNS = ("date", "fund", "department", "account", "name", "service", "kind", "source", "debit", "credit", "journal")


def journal_rows(lines: Iterable[JournalLine], *, journal: str) -> list[dict[str, str | date | Decimal]]:
    """Return the rows of the journal file by the names of `COLUMNS`, each with the journal's number or "COPY of" it.

    :raises JournalUnbalanced: if debits and credits of a day differ
    """
    rows: list[dict[str, str | date | Decimal]] = []
    by_day: dict[date, int] = {}
    for line in lines:
        by_day[line.on] = by_day.get(line.on, 0) + line.debit_cents - line.credit_cents
        row: tuple[str | date | Decimal, ...] = (
            *(line.on, line.fund, line.department, line.account, line.name, line.service, line.kind, line.source),
            *(dollars(line.debit_cents), dollars(line.credit_cents), journal),
        )
        rows.append(dict(zip(COLUMNS, row, strict=True)))
    wrong = [f"{day:%Y-%m-%d} by {dollars(cents)}" for day, cents in by_day.items() if cents]
    if wrong:
        raise JournalUnbalanced(f"The journal does not balance on {', '.join(wrong)}.")
    return rows
