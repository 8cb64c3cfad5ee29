"""Midnight reads from intervals: the register of the last read and what the days since then counted."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from curbstop.foundation.database.copying import read_frame
from curbstop.metering.queries.installations import AccountRange, Schema

ROLLED_COLUMNS: Schema = {
    "installation_id": pl.Int64,
    "serial": pl.String,
    "read_on": pl.Date,
    "register_e4": pl.Int64,
}
COMPARED_COLUMNS: Schema = {
    "read_id": pl.Int64,
    "installation_id": pl.Int64,
    "agreement_id": pl.Int64,
    "read_on": pl.Date,
    "from_on": pl.Date,
    "registered_e4": pl.Int64,
    "interval_e4": pl.Int64,
}

# The meters of active services that send intervals, have no read near the day, and their last read that is no estimate.
DUE = """
    due as (
      select i.id, m.serial, i.starts_on, least(i.ends_on, g.ends_on) as ends_on,
             r.read_on is null as is_new, coalesce(r.read_on, i.starts_on) as from_on,
             (coalesce(r.register, i.first_register) * 10000)::bigint as from_e4,
             (power(10::numeric, m.dials) * 10000)::bigint as full_e4
        from customers_serviceagreement g
        join metering_installation i on i.service_point_id = g.service_point_id
        join metering_meter m on m.id = i.meter_id
        left join lateral (
          select read_on, register from metering_read
           where installation_id = i.id and superseded_at is null and kind <> 'estimated' and read_on <= %(on)s
           order by read_on desc limit 1) r on true
       where g.account_id between %(first)s and %(last)s
         and g.starts_on < %(on)s and (g.ends_on is null or g.ends_on >= %(on)s)
         and i.starts_on < %(on)s and (i.ends_on is null or i.ends_on >= %(on)s)
         and exists (select from metering_intervalday d where d.installation_id = i.id and d.superseded_at is null)
         and not exists (select from metering_read x
                          where x.installation_id = i.id and x.superseded_at is null
                            and x.read_on >= %(on)s::date - %(window)s))
"""


def midnight_reads(*, accounts: AccountRange, on: date, window: int) -> pl.DataFrame:
    """Return for each meter that is due the midnight nearest a day, within so many days, and its register.

    A midnight counts only if no interval since the last read is missing; the row of a meter without one has nulls.
    Before a meter was set there are no intervals, so those missing on its first day are none of its.
    """
    query = f"""
        with {DUE},
        counted as (
          select u.id, d.day + 1 as read_on,
                 sum(d.used_e4) over w as used_e4,
                 sum(case when u.is_new and d.day = u.from_on then 0 else d.missing end) over w as missing,
                 count(*) over w as days, u.from_on
            from due u join metering_intervalday d on d.installation_id = u.id and d.superseded_at is null
                        and d.day >= u.from_on and d.day < %(on)s::date + %(window)s
          window w as (partition by u.id order by d.day)),
        nearest as (
          select distinct on (c.id) c.id, c.read_on, c.used_e4
            from counted c join due u on u.id = c.id
           where c.read_on >= %(on)s::date - %(window)s and c.missing = 0 and c.days = c.read_on - c.from_on
             and (u.ends_on is null or c.read_on <= u.ends_on)
           order by c.id, abs(c.read_on - %(on)s::date), c.read_on)
        select u.id as installation_id, u.serial, n.read_on,
               (((u.from_e4 + n.used_e4) %% u.full_e4 + u.full_e4) %% u.full_e4)::bigint as register_e4
          from due u left join nearest n on n.id = u.id order by u.id"""  # noqa: S608 - a part of our own
    values = {"first": accounts.first, "last": accounts.last, "on": on, "window": window}
    return read_frame(query, values, ROLLED_COLUMNS)


def compared_with_intervals(read_ids: Sequence[int]) -> pl.DataFrame:
    """Return reads that somebody took, beside what the intervals since the read before them counted.

    Only where both ends were read and every interval between them came (`COMPARED_COLUMNS`).
    """
    query = """
        with pairs as (
          select r.id as read_id, r.installation_id, r.read_on, p.read_on as from_on, p.is_new,
                 ((r.register - p.register
                   + case when r.register < p.register then power(10::numeric, m.dials) else 0 end)
                  * 10000)::bigint as registered_e4
            from metering_read r
            join metering_installation i on i.id = r.installation_id
            join metering_meter m on m.id = i.meter_id
            join lateral (
              select read_on, register, false as is_new from metering_read
               where installation_id = r.installation_id and superseded_at is null and kind <> 'estimated'
                 and read_on < r.read_on
              union all
              select i.starts_on, i.first_register, true where i.starts_on < r.read_on
               order by is_new, read_on desc limit 1) p on true
           where r.id = any(%(ids)s) and r.kind in ('actual', 'customer'))
        select p.read_id, p.installation_id,
               (select g.id from customers_serviceagreement g join metering_installation i on i.id = p.installation_id
                 where g.service_point_id = i.service_point_id and g.starts_on < p.read_on
                   and (g.ends_on is null or g.ends_on >= p.read_on) limit 1) as agreement_id,
               p.read_on, p.from_on, p.registered_e4, c.interval_e4
          from pairs p cross join lateral (
            select sum(used_e4)::bigint as interval_e4, count(*) as days,
                   sum(case when p.is_new and day = p.from_on then 0 else missing end) as missing
              from metering_intervalday d
             where d.installation_id = p.installation_id and d.superseded_at is null
               and d.day >= p.from_on and d.day < p.read_on) c
         where c.days = p.read_on - p.from_on and c.missing = 0"""
    return read_frame(query, {"ids": list(read_ids)}, COMPARED_COLUMNS)
