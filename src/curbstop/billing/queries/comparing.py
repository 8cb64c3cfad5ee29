"""What bills charged, as the engine priced it then, and what they carried over: why a bill changed since the last."""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import polars as pl
from django.db import connection

from curbstop.billing.domain.charges import USAGE
from curbstop.billing.domain.comparing import BILLED_SCHEMA, Change, Money, changes
from curbstop.foundation.database.copying import read_frame
from curbstop.ledger.queries.corrections import corrections_of
from curbstop.rates.domain.schedule import Schedule
from curbstop.rates.queries import compiled_schedule

_LINES: Final = """
select l.bill_id as bill, b.account_id, l.agreement_id, l.usage_id, l.service_id, l.schedule_version_id,
       l.customer_class, l.starts_on, l.ends_on, l.amount_cents as cents, l.derivation::text
  from billing_bill b join billing_billline l on l.bill_id = b.id
 where b.id = any(%s) order by b.id, l.line_number
"""
_LINE_SCHEMA: Final[dict[str, Any]] = {
    **{
        name: kind
        for name, kind in BILLED_SCHEMA.items()
        if name not in {"days", "quantity", "unit", "meter_size", "inputs"}
    },
    "derivation": pl.String,
}
_SEGMENT: Final = (
    "bill", "account_id", "agreement_id", "usage_id", "schedule_version_id", "customer_class", "starts_on", "ends_on",
)  # fmt: skip
# The bill before: the last one of the account whose days were over when this one's began.
_LAST: Final = """
select b.id, before.id
  from billing_bill b
 cross join lateral (select o.id from billing_bill o
                      where o.account_id = b.account_id and o.id <> b.id and o.cancelled_at is null
                        and o.ends_on <= b.starts_on
                      order by o.ends_on desc, o.id desc limit 1) before
 where b.id = any(%s)
"""
_MONEY: Final = """
select b.id, b.total_cents, b.prior_balance_cents - b.payments_cents, a.debtor_id, r.drafted_at,
       (select max(p.drafted_at) from billing_bill o join billing_billingrun p on p.id = o.run_id
         where o.account_id = b.account_id and o.id <> b.id and o.cancelled_at is null and o.ends_on <= b.starts_on)
  from billing_bill b join billing_billingrun r on r.id = b.run_id join customers_account a on a.id = b.account_id
 where b.id = any(%s)
"""


def changes_of(numbers: Iterable[int]) -> dict[int, Change]:
    """Return by number why each bill differs from the account's last; an account's first bill has no change."""
    last_of = dict(_rows(_LAST, list(numbers)))
    every = sorted({*last_of, *last_of.values()})
    if not every:
        return {}
    money = _money(every)
    billed = billed_segments(every)
    found = changes([(money[last], money[this]) for this, last in last_of.items()], billed, schedules_of(billed))
    return {change.number: change for change in found}


def billed_segments(numbers: Sequence[int]) -> pl.DataFrame:
    """Return what bills charged, segment by segment, with the inputs that their derivations keep (`BILLED_SCHEMA`)."""
    lines = read_frame(_LINES, [list(numbers)], _LINE_SCHEMA)
    units: dict[int, str] = {}
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for line in lines.to_dicts():
        row = rows.setdefault(
            tuple(line[name] for name in _SEGMENT),
            {name: line[name] for name in (*_SEGMENT, "service_id")}
            | {"days": (line["ends_on"] - line["starts_on"]).days, "cents": 0, "said": {}},
        )
        row["cents"] += line["cents"]
        facts = json.loads(line["derivation"])
        row["said"] |= facts.get("inputs", {}) | facts.get("keys", {})
    for version in lines["schedule_version_id"].unique():
        units[version] = compiled_schedule(version).unit
    return pl.DataFrame([_segment(row, units) for row in rows.values()], schema=BILLED_SCHEMA)


def _segment(row: dict[str, Any], units: Mapping[int, str]) -> dict[str, Any]:
    said = row.pop("said")
    used = said.pop(USAGE, None)
    said.pop("days", None)
    return row | {
        "quantity": None if used is None else _decimal(used),
        "unit": None if used is None else units[row["schedule_version_id"]],
        "meter_size": said.pop("meter_size", None),
        "inputs": json.dumps(said),
    }


def _decimal(said: str) -> Decimal:
    above, _, below = said.partition("/")
    return Decimal(above) / Decimal(below or 1)


def schedules_of(billed: pl.DataFrame) -> dict[int, Schedule]:
    """Return the versions that segments were priced by, ready to price."""
    return {version: compiled_schedule(version) for version in billed["schedule_version_id"].unique().to_list()}


def _money(numbers: Sequence[int]) -> dict[int, Money]:
    rows = _rows(_MONEY, numbers)
    corrections = corrections_of({debtor for _, _, _, debtor, _, _ in rows})
    return {
        number: Money(
            number,
            total,
            carried,
            sum(
                cents for at, cents in corrections.get(debtor, ()) if at <= drafted and (before is None or at > before)
            ),
        )
        for number, total, carried, debtor, drafted, before in rows
    }


def _rows(query: str, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [list(numbers)])
        return list(cursor.fetchall())
