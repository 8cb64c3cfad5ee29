"""Offices and tills come from the city pack; a till is never deleted because its receipts stay."""

from collections.abc import Sequence
from dataclasses import dataclass

from curbstop.cashiering.models import Office, Till
from curbstop.foundation.database.transactions import require_transaction


@dataclass(frozen=True, slots=True)
class TillRow:
    """One till as the city pack declares it."""

    office_code: str
    office_name: str
    till_code: str
    till_name: str


def declare_offices(rows: Sequence[TillRow]) -> None:
    """Make or rename offices and tills; it wants a transaction around it."""
    require_transaction()
    for row in rows:
        office, _ = Office.objects.update_or_create(code=row.office_code, defaults={"name": row.office_name})
        Till.objects.update_or_create(code=row.till_code, defaults={"name": row.till_name, "office": office})
