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
HUNG_COLUMNS: Schema = {
    "installation_id": pl.Int64,
    "service_point_id": pl.Int64,
    "starts_on": pl.Date,
    "first_e4": pl.Int64,
    "dials": pl.Int64,
    "multiplier_e2": pl.Int64,
    "unit": pl.String,
    "meter_size": pl.String,
    "removed_on": pl.Date,
    "side": pl.String,
}
READ_COLUMNS: Schema = {
    "installation_id": pl.Int64,
    "on_day": pl.Date,
    "register_e4": pl.Int64,
    "read_id": pl.Int64,
    "read_kind": pl.String,
}
NOTED_COLUMNS: Schema = {"read_id": pl.Int64, "rolled": pl.Boolean, "hold": pl.String}
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
    hung = read_frame(
        """
        select i.id as installation_id, i.service_point_id, i.starts_on, (i.first_register * 10000)::bigint as first_e4,
               m.dials, (m.multiplier * 100)::bigint as multiplier_e2, m.unit, m.size_inches as meter_size,
               i.ends_on as removed_on, i.side
          from metering_installation i join metering_meter m on m.id = i.meter_id
         where i.service_point_id = any(%s)""",
        [sorted(set(service_point_ids))],
        HUNG_COLUMNS,
    ).with_columns(pl.col("side").fill_null(""))
    # Joined here and not in one query: that one's plan depends on how long ago the tables were counted.
    ids = hung["installation_id"].to_list()
    reads = read_frame(
        """
        select installation_id, read_on as on_day, (register * 10000)::bigint as register_e4, id as read_id,
               kind as read_kind
          from metering_read
         where installation_id = any(%s) and read_on between %s and %s and superseded_at is null""",
        [ids, since, through],
        READ_COLUMNS,
    )
    noted = read_frame(
        """
        select read_id, bool_or(code = 'NEG' and disposition = 'accept') as rolled,
               min(code) filter (where holds and disposed_at is null) as hold
          from metering_readexception
         where installation_id = any(%s) and read_on between %s and %s group by read_id""",
        [ids, since, through],
        NOTED_COLUMNS,
    )
    places = hung.drop("starts_on", "first_e4")
    read = reads.join(noted, on="read_id", how="left").join(places, on="installation_id")
    was_set = hung.filter(pl.col("starts_on").is_between(since, through)).select(
        pl.exclude("starts_on", "first_e4"),
        pl.col("starts_on").alias("on_day"),
        pl.col("first_e4").alias("register_e4"),
    )
    points = pl.concat([was_set, read], how="diagonal").with_columns(pl.col("rolled").fill_null(value=False))
    return points.select(*POINT_COLUMNS).cast(pl.Schema(POINT_COLUMNS))


def submeter_links(service_point_ids: Sequence[int]) -> pl.DataFrame:
    """Return the submeters behind these service points (`LINK_COLUMNS`)."""
    query = """
        select master_id as service_point_id, submeter_id as submeter_point_id, purpose, starts_on, ends_on
          from metering_submeterlink where master_id = any(%s) order by master_id, submeter_id, starts_on"""
    return read_frame(query, [list(service_point_ids)], dict(LINK_COLUMNS))
