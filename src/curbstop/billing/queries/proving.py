"""The released bills as the independent checker reads them, some thousands at a time."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from curbstop.billing.domain.proving import CHECKED_SCHEMA
from curbstop.billing.models import Bill
from curbstop.foundation.database.copying import read_frame

CHUNK: Final = 5_000
_LINES: Final = """
select l.bill_id as bill, b.starts_on as bill_starts_on, b.ends_on as bill_ends_on, b.days as bill_days,
       b.total_cents, l.agreement_id, l.usage_id, l.schedule_version_id, l.line_number, l.starts_on, l.ends_on,
       l.component, l.quantity, l.unit, l.unit_price, l.amount_cents, l.section, l.derivation::text
  from billing_bill b join billing_billline l on l.bill_id = b.id
 where b.id > %s and b.id <= %s order by b.id, l.line_number
"""


def lines_of_bill(number: int) -> pl.DataFrame:
    """Return the lines of one bill with its facts (`CHECKED_SCHEMA`)."""
    return read_frame(_LINES, [number - 1, number], CHECKED_SCHEMA)


def lines_to_check() -> Iterator[pl.DataFrame]:
    """Yield the lines of all released bills, cancelled ones too, with their bills' facts (`CHECKED_SCHEMA`)."""
    last = Bill.objects.order_by("-number").values_list("number", flat=True).first() or 0
    for number in range(0, last, CHUNK):
        yield read_frame(_LINES, [number, number + CHUNK], CHECKED_SCHEMA)
