"""Settled usage, as the rooms above read it."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from curbstop.customers.queries import agreements_frame
from curbstop.foundation.database.copying import read_frame
from curbstop.metering.queries.installations import Schema

FOUR_DECIMALS = pl.Decimal(18, 4)
USAGE_COLUMNS: Schema = {
    "usage_id": pl.Int64,
    "agreement_id": pl.Int64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "days": pl.Int64,
    "registered": FOUR_DECIMALS,
    "billed": FOUR_DECIMALS,
    "returned": FOUR_DECIMALS,
    "carried": FOUR_DECIMALS,
    "unit": pl.String,
    "meter_size": pl.String,
    "kind": pl.String,
    "from_register": FOUR_DECIMALS,
    "to_register": FOUR_DECIMALS,
    "read_kind": pl.String,
    "meter_serial": pl.String,
}
# What of the billed use returns to the sewer: nothing of a meter that is taken off another's return, and
# of a master all but what its submeters kept back.
USAGE_QUERY = """
    select u.id as usage_id, u.agreement_id, u.starts_on, u.ends_on, u.ends_on - u.starts_on as days,
           u.registered, u.billed,
           case when exists (
             select from customers_serviceagreement g
               join metering_submeterlink k on k.submeter_id = g.service_point_id
              where g.id = u.agreement_id and k.purpose <> 'billed'
                and k.starts_on < u.ends_on and (k.ends_on is null or k.ends_on > u.starts_on)
           ) then 0 else greatest(u.billed - u.unreturned, 0) end as returned,
           u.carried, u.unit, u.meter_size, u.kind,
           case when u.to_read_id is not null then coalesce(f.register, i.first_register) end as from_register,
           t.register as to_register, t.kind as read_kind, m.serial as meter_serial
      from metering_usage u
      left join metering_read f on f.id = u.from_read_id
      left join metering_read t on t.id = u.to_read_id
      left join metering_installation i on i.id = t.installation_id
      left join metering_meter m on m.id = i.meter_id
"""


VOLUME_COLUMNS: Schema = {
    "usage_id": pl.Int64,
    "agreement_id": pl.Int64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "billed": FOUR_DECIMALS,
    "unit": pl.String,
    "meter_size": pl.String,
}


def volumes_frame(agreement_ids: Sequence[int], *, from_on: date, to_on: date) -> pl.DataFrame:
    """Return the billed volumes of agreements that end after one day and by another (`VOLUME_COLUMNS`), no reads."""
    return read_frame(
        "select id as usage_id, agreement_id, starts_on, ends_on, billed, unit, meter_size from metering_usage"
        " where agreement_id = any(%s) and ends_on > %s and ends_on <= %s and superseded_at is null",
        [list(agreement_ids), from_on, to_on],
        VOLUME_COLUMNS,
    )


def unbilled_usage_frame(*, first_account_id: int, last_account_id: int, through: date) -> pl.DataFrame:
    """Return usage of the accounts in an id range that ended by a day, for the billing room to bill once.

    Columns: account_id and those of `USAGE_COLUMNS`. Which of these days are billed already is known to the
    billing room alone; what the former system billed (`history`) is never in it.
    """
    agreements = agreements_frame(first_account_id=first_account_id, last_account_id=last_account_id)
    usage = read_frame(
        f"{USAGE_QUERY} where u.agreement_id = any(%s) and u.ends_on <= %s and u.kind <> 'history'"
        " and u.superseded_at is null",
        [agreements["agreement_id"].to_list(), through],
        USAGE_COLUMNS,
    )
    owners = agreements.select("account_id", "agreement_id")
    return owners.join(usage, on="agreement_id").sort("account_id", "agreement_id", "starts_on")


def usage_history(agreement_ids: Sequence[int], *, since: date | None = None) -> pl.DataFrame:
    """Return all usage of the agreements from a day on (`USAGE_COLUMNS`), for charts and averages."""
    return read_frame(
        f"{USAGE_QUERY} where u.agreement_id = any(%s) and u.ends_on > %s and u.superseded_at is null"
        " order by u.agreement_id, u.starts_on",
        [list(agreement_ids), since or date.min],
        USAGE_COLUMNS,
    )
