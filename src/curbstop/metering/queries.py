"""What other rooms and pages may know about meters, reads and usage."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from curbstop.customers.queries import agreements_frame
from curbstop.foundation.database.copying import read_frame
from curbstop.foundation.quantities import Unit
from curbstop.metering.domain.segments import UsagePolicy
from curbstop.metering.domain.usage import usage_periods
from curbstop.ordinances.queries import value_on

FOUR_DECIMALS = pl.Decimal(18, 4)
# Far enough back for the three reads, two months apart, that a rollover is compared with.
BASELINE_DAYS = 200

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
POINT_COLUMNS: Schema = {
    "installation_id": pl.Int64,
    "service_point_id": pl.Int64,
    "on_day": pl.Date,
    "register_e4": pl.Int64,
    "read_id": pl.Int64,
    "dials": pl.Int64,
    "multiplier_e2": pl.Int64,
    "unit": pl.String,
    "meter_size": pl.String,
    "removed_on": pl.Date,
}
SETTLED_COLUMNS: Schema = {
    "agreement_id": pl.Int64,
    "settled_on": pl.Date,
    "carried_e4": pl.Int64,
}
USAGE_COLUMNS: Schema = {
    "usage_id": pl.Int64,
    "agreement_id": pl.Int64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "days": pl.Int64,
    "registered": FOUR_DECIMALS,
    "billed": FOUR_DECIMALS,
    "carried": FOUR_DECIMALS,
    "unit": pl.String,
    "meter_size": pl.String,
    "kind": pl.String,
    "from_register": FOUR_DECIMALS,
    "to_register": FOUR_DECIMALS,
    "read_kind": pl.String,
    "meter_serial": pl.String,
}
USAGE_QUERY = """
    select u.id as usage_id, u.agreement_id, u.starts_on, u.ends_on, u.ends_on - u.starts_on as days,
           u.registered, u.billed, u.carried, u.unit, u.meter_size, u.kind,
           case when u.to_read_id is not null then coalesce(f.register, i.first_register) end as from_register,
           t.register as to_register, t.kind as read_kind, m.serial as meter_serial
      from metering_usage u
      left join metering_read f on f.id = u.from_read_id
      left join metering_read t on t.id = u.to_read_id
      left join metering_installation i on i.id = t.installation_id
      left join metering_meter m on m.id = i.meter_id
"""


@dataclass(frozen=True, slots=True)
class AccountRange:
    """Accounts by id, both ends included: how a run is cut into partitions."""

    first: int
    last: int


def usage_policy_on(on: date) -> UsagePolicy:
    """Return the city's rules of measuring as they stood on a day.

    :raises NoSuchRule: if the city pack says nothing about one of them
    """
    return UsagePolicy(
        unit=Unit(value_on("metering.usage_unit", on).value),
        whole_units=value_on("metering.usage_rounding", on).value == "whole_units_carried",
        rollover_percent_min=value_on("metering.rollover_share_min", on).decimal,
        rollover_usage_factor_max=value_on("metering.rollover_usage_factor_max", on).decimal,
    )


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
               (select max(r.read_on) from metering_read r where r.installation_id = i.id) as last_read_on
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


def pending_periods(*, accounts: AccountRange, through: date, policy: UsagePolicy) -> pl.DataFrame:
    """Return the periods between reads up to a day that are not settled (columns of `usage_periods`).

    A row with a `problem` is held: `negative_read`, `missing_read` or `no_start_read`.
    """
    agreements = agreements_frame(first_account_id=accounts.first, last_account_id=accounts.last)
    settled = read_frame(
        """
        select distinct on (agreement_id) agreement_id, ends_on as settled_on,
               (carried * 10000)::bigint as carried_e4
          from metering_usage where agreement_id = any(%s)
         order by agreement_id, ends_on desc""",
        [agreements["agreement_id"].to_list()],
        SETTLED_COLUMNS,
    )
    unfinished = agreements.join(settled, on="agreement_id", how="left").filter(
        (pl.col("settled_on") < pl.col("ends_on")).fill_null(value=True)
    )
    return usage_periods(
        points=_points(unfinished, through),
        agreements=unfinished,
        settled=settled,
        policy=policy,
    )


def _points(unfinished: pl.DataFrame, through: date) -> pl.DataFrame:
    """Return each register a usage may begin or end with: reads, and the register a meter was set with."""
    earliest = unfinished.select(pl.col("settled_on").fill_null(pl.col("starts_on")).min()).item()
    since = (earliest or through) - timedelta(days=BASELINE_DAYS)
    query = """
        with hung as (
          select i.id as installation_id, i.service_point_id, i.starts_on, i.first_register,
                 m.dials, (m.multiplier * 100)::bigint as multiplier_e2, m.unit,
                 m.size_inches as meter_size, i.ends_on as removed_on
            from metering_installation i join metering_meter m on m.id = i.meter_id
           where i.service_point_id = any(%(points)s))
        select h.installation_id, h.service_point_id, h.starts_on as on_day,
               (h.first_register * 10000)::bigint as register_e4, null::bigint as read_id,
               h.dials, h.multiplier_e2, h.unit, h.meter_size, h.removed_on
          from hung h where h.starts_on between %(since)s and %(through)s
        union all
        select h.installation_id, h.service_point_id, r.read_on,
               (r.register * 10000)::bigint, r.id, h.dials, h.multiplier_e2, h.unit, h.meter_size,
               h.removed_on
          from hung h join metering_read r on r.installation_id = h.installation_id
         where r.read_on between %(since)s and %(through)s"""
    points = unfinished["service_point_id"].unique().to_list()
    return read_frame(query, {"points": points, "since": since, "through": through}, POINT_COLUMNS)


def unbilled_usage_frame(*, first_account_id: int, last_account_id: int, through: date) -> pl.DataFrame:
    """Return usage of the accounts in an id range that ended by a day, for the billing room to bill once.

    Columns: account_id and those of `USAGE_COLUMNS`. Which of these days are billed already is known to the
    billing room alone; what the former system billed (`history`) is never in it.
    """
    agreements = agreements_frame(first_account_id=first_account_id, last_account_id=last_account_id)
    usage = read_frame(
        f"{USAGE_QUERY} where u.agreement_id = any(%s) and u.ends_on <= %s and u.kind <> 'history'",
        [agreements["agreement_id"].to_list(), through],
        USAGE_COLUMNS,
    )
    owners = agreements.select("account_id", "agreement_id")
    return owners.join(usage, on="agreement_id").sort("account_id", "agreement_id", "starts_on")


def usage_history(agreement_ids: Sequence[int], *, since: date | None = None) -> pl.DataFrame:
    """Return all usage of the agreements from a day on (`USAGE_COLUMNS`), for charts and averages."""
    return read_frame(
        f"{USAGE_QUERY} where u.agreement_id = any(%s) and u.ends_on > %s order by u.agreement_id, u.starts_on",
        [list(agreement_ids), since or date.min],
        USAGE_COLUMNS,
    )
