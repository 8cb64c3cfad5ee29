"""Which cents of the open items are held, and why."""

from collections.abc import Iterable

import polars as pl
from django.db import connection
from django.db.models import QuerySet

from curbstop.foundation.database.copying import read_frame
from curbstop.ledger.models import ItemHold

# Two holds may be about the same cents; to count both is in the debtor's favor, and never more than what is owed.
HELD = """
select h.open_item_id, least(b.cents, coalesce(h.cents, b.cents))::bigint
  from (select open_item_id, case when bool_or(amount_cents is null) then null else sum(amount_cents) end as cents
          from ledger_itemhold where released_at is null and open_item_id = any (%s) group by open_item_id) h
  join ledger_openitem i on i.id = h.open_item_id
  cross join lateral (
    select i.amount_cents - coalesce(sum(case when a.reverses_id is null then a.amount_cents else -a.amount_cents end),
      0) as cents from ledger_allocation a where a.open_item_id = i.id) b
"""
LIVE = """
select open_item_id, kind, amount_cents, reason from ledger_itemhold
 where released_at is null and open_item_id = any (%(items)s::bigint[]) order by open_item_id, kind
"""
HOLD_COLUMNS: dict[str, pl.DataType] = {
    "open_item_id": pl.Int64(),
    "kind": pl.String(),
    "amount_cents": pl.Int64(),
    "reason": pl.String(),
}


def held_on(item_ids: Iterable[int]) -> dict[int, int]:
    """Return open item → cents held, never more than it still owes; items without a live hold are not in it."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [list(item_ids)])
        return dict(cursor.fetchall())


def holds_frame(item_ids: Iterable[int]) -> pl.DataFrame:
    """Return the live holds on these items: open_item_id, kind, amount_cents (null holds the whole item), reason."""
    return read_frame(LIVE, {"items": list(item_ids)}, schema=HOLD_COLUMNS)


def live_holds_of(debtor_id: int) -> QuerySet[ItemHold]:
    """Return the holds on a debtor's items that nobody released, oldest first."""
    holds = ItemHold.objects.filter(open_item__debtor_id=debtor_id, released_at=None)
    return holds.select_related("open_item__service", "placed_by").order_by("placed_at", "pk")
