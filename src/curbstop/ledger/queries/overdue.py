"""What is past its due date, as columns: items with their balances, and how balances and holds moved by the day."""

from collections.abc import Iterable
from datetime import date

import polars as pl

from curbstop.foundation.database.copying import read_frame

OVERDUE = """
select i.id as open_item_id, i.debtor_id, i.service_id, i.due_on, i.source, i.charge, i.amount_cents,
       i.amount_cents - coalesce(a.cents, 0)::bigint as balance_cents, i.priority::bigint as priority
  from ledger_openitem i
  left join lateral (
    select sum(case when reverses_id is null then amount_cents else -amount_cents end) as cents
      from ledger_allocation where open_item_id = i.id) a on true
 where i.due_on < %(before)s and i.charge = any (%(charges)s::text[]) and i.source like %(sources)s::text || '%%'
   and (%(only)s::text[] is null or i.source = any (%(only)s::text[]))
   and (%(settled)s::boolean or i.amount_cents > coalesce(a.cents, 0))
 order by i.source, i.priority, i.id
"""
OVERDUE_COLUMNS: dict[str, pl.DataType] = {
    "open_item_id": pl.Int64(),
    "debtor_id": pl.Int64(),
    "service_id": pl.Int64(),
    "due_on": pl.Date(),
    "source": pl.String(),
    "charge": pl.String(),
    "amount_cents": pl.Int64(),
    "balance_cents": pl.Int64(),
    "priority": pl.Int64(),
}
MOVES = """
select l.open_item_id, e.business_date as day,
       sum(case when l.reverses_id is null then -l.amount_cents else l.amount_cents end)::bigint as cents
  from ledger_allocation l join ledger_entry e on e.id = l.entry_id
 where l.open_item_id = any (%(items)s::bigint[]) group by 1, 2 order by 1, 2
"""
MOVE_COLUMNS: dict[str, pl.DataType] = {"open_item_id": pl.Int64(), "day": pl.Date(), "cents": pl.Int64()}
HELD_DAYS = """
select open_item_id, amount_cents, (placed_at at time zone %(zone)s)::date as placed_on,
       (released_at at time zone %(zone)s)::date as released_on
  from ledger_itemhold where open_item_id = any (%(items)s::bigint[]) order by id
"""
HELD_COLUMNS: dict[str, pl.DataType] = {
    "open_item_id": pl.Int64(),
    "amount_cents": pl.Int64(),
    "placed_on": pl.Date(),
    "released_on": pl.Date(),
}


def overdue_items_frame(
    *,
    before: date,
    sources: str,
    charges: Iterable[str] = ("principal",),
    only: Iterable[str] | None = None,
    settled: bool = False,
) -> pl.DataFrame:
    """Return ``OVERDUE_COLUMNS`` of items due before a day whose source begins so, by source and priority.

    `only` keeps the items of these sources; with `settled`, items that owe nothing any more are in it too.
    """
    params = {
        "before": before,
        "sources": sources,
        "charges": list(charges),
        "only": None if only is None else list(only),
        "settled": settled,
    }
    return read_frame(OVERDUE, params, schema=OVERDUE_COLUMNS)


def item_moves_frame(item_ids: Iterable[int]) -> pl.DataFrame:
    """Return open_item_id, day, cents: by how much payments and reversals moved a balance on each business date."""
    return read_frame(MOVES, {"items": list(item_ids)}, schema=MOVE_COLUMNS)


def held_days_frame(item_ids: Iterable[int], *, zone: str) -> pl.DataFrame:
    """Return open_item_id, amount_cents (null holds the whole item), placed_on and released_on of every hold ever."""
    return read_frame(HELD_DAYS, {"items": list(item_ids), "zone": zone}, schema=HELD_COLUMNS)
