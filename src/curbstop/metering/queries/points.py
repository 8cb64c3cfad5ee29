"""The register points that periods are made of, and the periods that they make."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from curbstop.customers.queries import agreements_frame
from curbstop.foundation.database.copying import read_frame
from curbstop.metering.domain.segments import UsagePolicy
from curbstop.metering.domain.submeters import LINK_COLUMNS
from curbstop.metering.domain.usage import usage_periods
from curbstop.metering.queries.installations import AccountRange, Schema

# Far enough back for the three reads, two months apart, that a rollover is compared with.
BASELINE_DAYS = 200

POINT_COLUMNS: Schema = {
    "installation_id": pl.Int64,
    "service_point_id": pl.Int64,
    "on_day": pl.Date,
    "register_e4": pl.Int64,
    "read_id": pl.Int64,
    "read_kind": pl.String,
    "dials": pl.Int64,
    "multiplier_e2": pl.Int64,
    "unit": pl.String,
    "meter_size": pl.String,
    "removed_on": pl.Date,
    "side": pl.String,
    "rolled": pl.Boolean,
    "hold": pl.String,
}
SETTLED_COLUMNS: Schema = {
    "agreement_id": pl.Int64,
    "settled_on": pl.Date,
    "carried_e4": pl.Int64,
}


def pending_periods(*, accounts: AccountRange, through: date, policy: UsagePolicy) -> pl.DataFrame:
    """Return the periods between reads up to a day that are not settled (columns of `usage_periods`).

    A row with a `problem` is held: `negative_read`, `missing_read`, `no_start_read`, `missing_submeter`,
    `submeter_exceeds`, or the code of an exception that a person has to decide first.
    """
    agreements = agreements_frame(first_account_id=accounts.first, last_account_id=accounts.last)
    settled = read_frame(
        """
        select distinct on (agreement_id) agreement_id, ends_on as settled_on,
               (carried * 10000)::bigint as carried_e4
          from metering_usage where agreement_id = any(%s) and superseded_at is null
         order by agreement_id, ends_on desc""",
        [agreements["agreement_id"].to_list()],
        SETTLED_COLUMNS,
    )
    unfinished = agreements.join(settled, on="agreement_id", how="left").filter(
        (pl.col("settled_on") < pl.col("ends_on")).fill_null(value=True)
    )
    return _periods(unfinished, settled=settled, through=through, policy=policy)


def resettled_periods(
    *, agreements: pl.DataFrame, settled: pl.DataFrame, through: date, policy: UsagePolicy
) -> pl.DataFrame:
    """Return the periods of agreements from where their usage stands (`settled`) to a day, as reads now say."""
    unfinished = agreements.join(settled, on="agreement_id", how="left")
    return _periods(unfinished, settled=settled, through=through, policy=policy)


def _periods(unfinished: pl.DataFrame, *, settled: pl.DataFrame, through: date, policy: UsagePolicy) -> pl.DataFrame:
    own = unfinished["service_point_id"].unique().to_list()
    links = submeter_links(own)
    earliest = unfinished.select(pl.col("settled_on").fill_null(pl.col("starts_on")).min()).item()
    since = (earliest or through) - timedelta(days=BASELINE_DAYS)
    return usage_periods(
        points=points_of([*own, *links["submeter_point_id"]], since=since, through=through),
        agreements=unfinished,
        settled=settled,
        policy=policy,
        submeters=links,
    )


def points_of(service_point_ids: Sequence[int], *, since: date, through: date) -> pl.DataFrame:
    """Return what periods begin and end with (`POINT_COLUMNS`): reads, and the register a meter was set with."""
    query = """
        with hung as (
          select i.id as installation_id, i.service_point_id, i.starts_on, i.first_register,
                 m.dials, (m.multiplier * 100)::bigint as multiplier_e2, m.unit,
                 m.size_inches as meter_size, i.ends_on as removed_on, i.side
            from metering_installation i join metering_meter m on m.id = i.meter_id
           where i.service_point_id = any(%(points)s))
        select h.installation_id, h.service_point_id, h.starts_on as on_day,
               (h.first_register * 10000)::bigint as register_e4, null::bigint as read_id, null as read_kind,
               h.dials, h.multiplier_e2, h.unit, h.meter_size, h.removed_on, h.side,
               false as rolled, null as hold
          from hung h where h.starts_on between %(since)s and %(through)s
        union all
        select h.installation_id, h.service_point_id, r.read_on,
               (r.register * 10000)::bigint, r.id, r.kind, h.dials, h.multiplier_e2, h.unit, h.meter_size,
               h.removed_on, h.side, coalesce(e.rolled, false), e.hold
          from hung h join metering_read r on r.installation_id = h.installation_id
          left join lateral (
            select bool_or(x.code = 'NEG' and x.disposition = 'accept') as rolled,
                   min(x.code) filter (where x.holds and x.disposed_at is null) as hold
              from metering_readexception x where x.read_id = r.id) e on true
         where r.read_on between %(since)s and %(through)s and r.superseded_at is null"""
    points = sorted(set(service_point_ids))
    return read_frame(query, {"points": points, "since": since, "through": through}, POINT_COLUMNS)


def submeter_links(service_point_ids: Sequence[int]) -> pl.DataFrame:
    """Return the submeters behind these service points (`LINK_COLUMNS`)."""
    query = """
        select master_id as service_point_id, submeter_id as submeter_point_id, purpose, starts_on, ends_on
          from metering_submeterlink where master_id = any(%s) order by master_id, submeter_id, starts_on"""
    return read_frame(query, [list(service_point_ids)], dict(LINK_COLUMNS))
