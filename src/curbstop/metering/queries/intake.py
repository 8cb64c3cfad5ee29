"""Reads beside what is usual for their meters: what validation and estimates are made from."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from curbstop.foundation.database.copying import read_frame
from curbstop.metering.domain.baselines import CLASS_COLUMNS, PAST_COLUMNS, Method, with_baseline
from curbstop.metering.domain.segments import UsagePolicy, register_segments
from curbstop.metering.queries.installations import Schema
from curbstop.metering.queries.points import BASELINE_DAYS, points_of

# A year and a month: the same days last year, with a read that came early or late.
PAST_DAYS = 420

PLACE_COLUMNS: Schema = {
    "installation_id": pl.Int64,
    "service_point_id": pl.Int64,
    "service_id": pl.Int64,
    "old_multiplier_e2": pl.Int64,
}
OWNER_COLUMNS: Schema = {
    "service_point_id": pl.Int64,
    "agreement_id": pl.Int64,
    "opened_on": pl.Date,
    "closed_on": pl.Date,
}


def closed_by(read_ids: Sequence[int], *, policy: UsagePolicy) -> pl.DataFrame:
    """Return the segments that reads close, one register at a time, beside who is active and what is usual.

    Columns of `register_segments`, and those that `exceptions_in` asks for.
    """
    wanted = read_frame(
        "select id as read_id, installation_id, read_on from metering_read where id = any(%s)",
        [list(read_ids)],
        {"read_id": pl.Int64, "installation_id": pl.Int64, "read_on": pl.Date},
    )
    places = places_of(wanted["installation_id"].unique())
    through: date = wanted["read_on"].max()  # type: ignore[assignment]  # a day: the column is of days
    since: date = wanted["read_on"].min()  # type: ignore[assignment]  # the same
    since -= timedelta(days=BASELINE_DAYS)
    points = points_of(places["service_point_id"].to_list(), since=since, through=through)
    segments = (
        register_segments(points, policy)
        .join(wanted.select("read_id"), on="read_id", how="semi")
        .join(_estimates_in_a_row(points), on="read_id", how="left")
    )
    return with_usual(segments, places, policy=policy)


def with_usual(
    rows: pl.DataFrame,
    places: pl.DataFrame,
    *,
    policy: UsagePolicy,
    methods: Sequence[Method] = (Method.LAST_YEAR, Method.PRIOR_THREE, Method.CLASS),
) -> pl.DataFrame:
    """Add agreement_id, service_id, is_exchange, the period before, and the baseline by the methods, in order."""
    placed = rows.join(places.drop("service_point_id"), on="installation_id", how="left").with_columns(
        (pl.col("from_read_id").is_null() & pl.col("old_multiplier_e2").is_not_null()).alias("is_exchange")
    )
    owned = _with_agreement(placed)
    past = past_use(owned["agreement_id"].drop_nulls().unique(), since=_since(owned), policy=policy)
    strangers = owned.join(past, on="agreement_id", how="anti")
    classes = class_use(since=_since(owned), policy=policy) if strangers.height else pl.DataFrame(schema=CLASS_COLUMNS)
    before = with_baseline(owned, past=past, classes=classes.clear(), methods=[Method.PRIOR]).select(
        "installation_id", "on_day", pl.col("base_e4").alias("last_used_e4"), pl.col("base_days").alias("last_days")
    )
    return with_baseline(owned, past=past, classes=classes, methods=methods).join(
        before, on=["installation_id", "on_day"], how="left"
    )


def _since(rows: pl.DataFrame) -> date:
    earliest: date | None = rows["from_on"].min()  # type: ignore[assignment]  # a day: the column is of days
    return (earliest or date.max) - timedelta(days=PAST_DAYS)


def _with_agreement(rows: pl.DataFrame) -> pl.DataFrame:
    """Add who was active on the last of the days; null where nobody was."""
    owners = read_frame(
        "select service_point_id, id as agreement_id, starts_on as opened_on, ends_on as closed_on"
        "  from customers_serviceagreement where service_point_id = any(%s)",
        [rows["service_point_id"].unique().to_list()],
        OWNER_COLUMNS,
    )
    is_active = (pl.col("opened_on") < pl.col("on_day")) & (
        pl.col("closed_on").is_null() | (pl.col("closed_on") >= pl.col("on_day"))
    )
    active = rows.select("installation_id", "on_day", "service_point_id").join(owners, on="service_point_id")
    active = active.filter(is_active).unique(["installation_id", "on_day"], keep="first")
    return rows.join(
        active.select("installation_id", "on_day", "agreement_id"), on=["installation_id", "on_day"], how="left"
    )


def places_of(installation_ids: pl.Series) -> pl.DataFrame:
    """Return where installations are, and the multiplier of the meter that hung there before (`PLACE_COLUMNS`)."""
    query = """
        select i.id as installation_id, i.service_point_id, p.service_id,
               (select (m.multiplier * 100)::bigint
                  from metering_installation j join metering_meter m on m.id = j.meter_id
                 where j.service_point_id = i.service_point_id and j.side = i.side and j.ends_on = i.starts_on
               ) as old_multiplier_e2
          from metering_installation i join customers_servicepoint p on p.id = i.service_point_id
         where i.id = any(%s)"""
    return read_frame(query, [installation_ids.to_list()], PLACE_COLUMNS)


def past_use(agreement_ids: pl.Series, *, since: date, policy: UsagePolicy) -> pl.DataFrame:
    """Return the settled use of agreements (`PAST_COLUMNS`) in the unit that the city bills."""
    query = """
        select agreement_id, starts_on, ends_on, (registered * 10000)::bigint as used_e4, ends_on - starts_on as days
          from metering_usage
         where agreement_id = any(%s) and ends_on > %s and unit = %s and superseded_at is null"""
    return read_frame(query, [agreement_ids.to_list(), since, policy.unit.value], dict(PAST_COLUMNS))


def class_use(*, since: date, policy: UsagePolicy) -> pl.DataFrame:
    """Return what all meters of a size on a service used since a day, and in how many days (`CLASS_COLUMNS`)."""
    query = """
        select p.service_id, u.meter_size, sum(u.registered * 10000)::bigint as used_e4,
               sum(u.ends_on - u.starts_on)::bigint as days
          from metering_usage u
          join customers_serviceagreement g on g.id = u.agreement_id
          join customers_servicepoint p on p.id = g.service_point_id
         where u.ends_on > %s and u.unit = %s and u.superseded_at is null
         group by p.service_id, u.meter_size"""
    return read_frame(query, [since, policy.unit.value], dict(CLASS_COLUMNS))


def _estimates_in_a_row(points: pl.DataFrame) -> pl.DataFrame:
    """Return for each read how many estimates end with it, without a read between them."""
    is_estimate = (pl.col("read_kind") == "estimated").fill_null(value=False)
    ordered = points.filter(pl.col("read_id").is_not_null()).sort("installation_id", "on_day")
    numbered = ordered.with_columns((~is_estimate).cum_sum().over("installation_id").alias("streak"))
    return numbered.select(
        "read_id",
        is_estimate.cast(pl.Int64).cum_sum().over("installation_id", "streak").alias("estimates"),
    )
