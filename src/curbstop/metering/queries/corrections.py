"""What rests on a read: the usages a correction has to settle again, of both parties where a submeter is read."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from curbstop.foundation.database.copying import read_frame
from curbstop.metering.queries.installations import Schema
from curbstop.metering.queries.points import SETTLED_COLUMNS

STANDING_COLUMNS: Schema = {
    "usage_id": pl.Int64,
    "agreement_id": pl.Int64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "carried_e4": pl.Int64,
    "kind": pl.String,
}
AGREEMENT_COLUMNS: Schema = {
    "agreement_id": pl.Int64,
    "account_id": pl.Int64,
    "service_point_id": pl.Int64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
}
STANDING = """
    select u.id as usage_id, u.agreement_id, u.starts_on, u.ends_on, (u.carried * 10000)::bigint as carried_e4, u.kind
      from metering_usage u"""


def usages_touched_by(read_ids: Sequence[int]) -> pl.DataFrame:
    """Return the standing usages that change with these reads (`STANDING_COLUMNS`).

    A read bounds two periods of its own service point. It also ends one segment and begins another of a submeter,
    which the master's periods subtract in which these segments end.
    """
    query = f"""
        with changed as (
          select i.service_point_id, r.read_on,
                 (select min(n.read_on) from metering_read n
                   where n.installation_id = r.installation_id and n.read_on > r.read_on
                     and n.superseded_at is null) as next_on
            from metering_read r join metering_installation i on i.id = r.installation_id
           where r.id = any(%(reads)s))
        {STANDING}
          join customers_serviceagreement g on g.id = u.agreement_id
         where u.superseded_at is null and (
               exists (select from changed c where c.service_point_id = g.service_point_id
                          and c.read_on between u.starts_on and u.ends_on)
            or exists (select from changed c join metering_submeterlink k on k.submeter_id = c.service_point_id
                        where k.master_id = g.service_point_id
                          and (c.read_on > u.starts_on and c.read_on <= u.ends_on
                               or c.next_on > u.starts_on and c.next_on <= u.ends_on)))
           and g.service_point_id in (
               select service_point_id from changed
               union select k.master_id from metering_submeterlink k
                       join changed c on c.service_point_id = k.submeter_id)
         order by u.agreement_id, u.starts_on"""  # noqa: S608 - our own text alone
    return read_frame(query, {"reads": list(read_ids)}, STANDING_COLUMNS)


def standing_usages(agreement_id: int, *, since: date) -> pl.DataFrame:
    """Return the usages of an agreement that stand and begin on a day or later, oldest first."""
    query = (
        f"{STANDING} where u.agreement_id = %s and u.superseded_at is null and u.starts_on >= %s order by u.starts_on"
    )
    return read_frame(query, [agreement_id, since], STANDING_COLUMNS)


def carried_before(agreement_id: int, on: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return an agreement as a frame, and where its usage stood on a day with the fraction carried into it."""
    agreement = read_frame(
        "select id as agreement_id, account_id, service_point_id, starts_on, ends_on"
        "  from customers_serviceagreement where id = %s",
        [agreement_id],
        AGREEMENT_COLUMNS,
    )
    before = read_frame(
        "select agreement_id, ends_on as settled_on, (carried * 10000)::bigint as carried_e4 from metering_usage"
        " where agreement_id = %s and superseded_at is null and ends_on = %s",
        [agreement_id, on],
        SETTLED_COLUMNS,
    )
    if before.is_empty() and agreement["starts_on"].item() < on:
        began = pl.DataFrame({"agreement_id": agreement_id, "settled_on": on, "carried_e4": None})
        before = began.cast(pl.Schema(SETTLED_COLUMNS))
    return agreement, before
