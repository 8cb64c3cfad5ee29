"""Reads that should have come: meters of active services that nobody has read for a billing period."""

from datetime import date

import polars as pl

from curbstop.foundation.database.copying import read_frame
from curbstop.metering.queries.installations import AccountRange, Schema

DUE_COLUMNS: Schema = {
    "installation_id": pl.Int64,
    "service_point_id": pl.Int64,
    "agreement_id": pl.Int64,
    "account_id": pl.Int64,
    "serial": pl.String,
    "from_on": pl.Date,
    "from_register_e4": pl.Int64,
    "from_read_id": pl.Int64,
    "estimates": pl.Int64,
    "dials": pl.Int64,
    "multiplier_e2": pl.Int64,
    "unit": pl.String,
    "meter_size": pl.String,
    "skip_code": pl.String,
}


def expected_reads(
    *, accounts: AccountRange, on: date, days_min: int, installation_id: int | None = None
) -> pl.DataFrame:
    """Return the meters that were last read `days_min` days before a day or earlier (`DUE_COLUMNS`).

    `estimates` are the estimates in a row that end with the last read; `skip_code` says that somebody was there.
    """
    query = """
        select i.id as installation_id, i.service_point_id, g.id as agreement_id, g.account_id, m.serial,
               coalesce(r.read_on, i.starts_on) as from_on,
               (coalesce(r.register, i.first_register) * 10000)::bigint as from_register_e4, r.id as from_read_id,
               (select count(*) from metering_read e
                 where e.installation_id = i.id and e.kind = 'estimated' and e.superseded_at is null
                   and e.read_on > coalesce((select max(x.read_on) from metering_read x
                                              where x.installation_id = i.id and x.kind <> 'estimated'
                                                and x.superseded_at is null), i.starts_on - 1)) as estimates,
               m.dials, (m.multiplier * 100)::bigint as multiplier_e2, m.unit, m.size_inches as meter_size,
               (select s.code from metering_skippedread s
                 where s.installation_id = i.id and s.read_on > coalesce(r.read_on, i.starts_on) and s.read_on <= %(on)s
                 order by s.read_on desc limit 1) as skip_code
          from customers_serviceagreement g
          join metering_installation i on i.service_point_id = g.service_point_id
          join metering_meter m on m.id = i.meter_id
          left join lateral (
            select id, read_on, register from metering_read
             where installation_id = i.id and superseded_at is null order by read_on desc limit 1) r on true
         where g.account_id between %(first)s and %(last)s
           and (%(installation)s::bigint is null or i.id = %(installation)s)
           and g.starts_on < %(on)s and (g.ends_on is null or g.ends_on >= %(on)s)
           and i.starts_on < %(on)s and (i.ends_on is null or i.ends_on >= %(on)s)
           and coalesce(r.read_on, i.starts_on) <= %(on)s::date - %(days)s
         order by i.id"""
    values = {
        "first": accounts.first, "last": accounts.last, "on": on, "days": days_min, "installation": installation_id,
    }  # fmt: skip
    return read_frame(query, values, DUE_COLUMNS)
