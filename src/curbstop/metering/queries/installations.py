"""Where meters hang, and when each place was read last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from curbstop.foundation.database.copying import read_frame

Schema = dict[str, pl.DataType | type[pl.DataType]]

INSTALLATION_COLUMNS: Schema = {
    "serial": pl.String,
    "installation_id": pl.Int64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "dials": pl.Int64,
    "meter_unit": pl.String,
    "last_read_on": pl.Date,
}


@dataclass(frozen=True, slots=True)
class AccountRange:
    """Accounts by id, both ends included: how a run is cut into partitions."""

    first: int
    last: int


def has_reads(accounts: AccountRange, *, through: date) -> bool:
    """Tell whether any meter of the accounts was read by a day; else there is nothing to settle."""
    query = """
        select exists (
          select from customers_serviceagreement g
            join metering_installation i on i.service_point_id = g.service_point_id
            join metering_read r on r.installation_id = i.id
           where g.account_id between %s and %s and r.read_on <= %s) as found"""
    return bool(read_frame(query, [accounts.first, accounts.last, through])["found"].item())


def installations_of_serials(serials: Sequence[str]) -> pl.DataFrame:
    """Return where the meters with these serials hang or hung, and the last day each place was read."""
    query = """
        select m.serial, i.id as installation_id, i.starts_on, i.ends_on, m.dials, m.unit as meter_unit,
               (select max(r.read_on) from metering_read r
                 where r.installation_id = i.id and r.superseded_at is null) as last_read_on
          from metering_meter m
          join metering_installation i on i.meter_id = m.id
         where m.serial = any(%s)"""
    return read_frame(query, [list(serials)], INSTALLATION_COLUMNS)


def known_serials(serials: Sequence[str]) -> set[str]:
    """Return which of the serials belong to a meter of ours."""
    query = "select serial from metering_meter where serial = any(%s)"
    return set(read_frame(query, [list(serials)], {"serial": pl.String})["serial"])


def service_points_by_serial(beginning: str, limit: int = 20) -> list[int]:
    """Return the service points where meters hang whose serial begins so, for a search at the counter."""
    query = """
        select i.service_point_id from metering_meter m
          join metering_installation i on i.meter_id = m.id
         where m.serial like %s and i.ends_on is null
         order by m.serial limit %s"""
    escaped = beginning.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    schema: Schema = {"service_point_id": pl.Int64}
    return read_frame(query, [f"{escaped}%", limit], schema)["service_point_id"].to_list()
