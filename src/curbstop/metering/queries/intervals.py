"""Where the meters of an interval file hang, what stands of their days already, and the city's limits for both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from django.db.models import Count, QuerySet

from curbstop.foundation.access.models import User
from curbstop.foundation.database.copying import read_frame
from curbstop.foundation.quantities import Unit, ratio
from curbstop.metering.domain.interval_alerts import UNLIMITED, Limits
from curbstop.metering.domain.intervals import EPOCH, HOUR, HOURS_MAX, MISSING, Days, Whole
from curbstop.metering.models import IntervalAlert
from curbstop.metering.permissions import SEE_READS
from curbstop.metering.queries.installations import Schema
from curbstop.metering.queries.policies import rule_or_none
from curbstop.ordinances.queries import city

PLACE_COLUMNS: Schema = {
    "serial": pl.String,
    "installation_id": pl.Int64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "meter_unit": pl.String,
    "meter_size": pl.String,
    "multiplier_e2": pl.Int64,
}
DAY_COLUMNS: Schema = {
    "id": pl.Int64,
    "installation_id": pl.Int64,
    "day": pl.Date,
    "minutes": pl.Int64,
    "uses": pl.String,
}
OPEN_COLUMNS: Schema = {"installation_id": pl.Int64, "code": pl.String, "from_on": pl.Date, "to_on": pl.Date}


@dataclass(frozen=True, slots=True)
class Standing:
    """The rows that stand for days already, and their ids in the same order."""

    days: Days
    ids: Whole


def city_zone() -> ZoneInfo:
    """Return the zone of the city's clocks.

    :raises NoSuchRule: if no city pack is in force
    """
    return ZoneInfo(city().timezone)


def places_of_serials(serials: Sequence[str]) -> pl.DataFrame:
    """Return where the meters with these serials hang or hung (`PLACE_COLUMNS`)."""
    query = """
        select m.serial, i.id as installation_id, i.starts_on, i.ends_on, m.unit as meter_unit,
               m.size_inches as meter_size, (m.multiplier * 100)::bigint as multiplier_e2
          from metering_meter m join metering_installation i on i.meter_id = m.id
         where m.serial = any(%s)"""
    return read_frame(query, [list(serials)], PLACE_COLUMNS)


def standing_days(installation_ids: Whole, *, first: int, last: int) -> dict[int, Standing]:
    """Return what stands of days (counted from 1970) by the length of their intervals.

    `meter` is the place of an installation among the ids, which must be in the order in which they are wanted.
    """
    query = """
        select id, installation_id, day, minutes, array_to_string(uses, ',', '') as uses
          from metering_intervalday
         where installation_id = any(%s) and day between %s and %s and superseded_at is null"""
    days = [EPOCH + timedelta(days=each) for each in (first, last)]
    places = pl.DataFrame({"installation_id": installation_ids}).with_row_index("place")
    rows = read_frame(query, [installation_ids.tolist(), *days], DAY_COLUMNS)
    rows = rows.join(places, on="installation_id").sort("place", "day")
    return {
        minutes: _standing(part, minutes) for (minutes,), part in rows.group_by("minutes")
    }  # fmt: skip


def _standing(rows: pl.DataFrame, minutes: int) -> Standing:
    texts = rows["uses"].str.split(",")
    lengths = texts.list.len().to_numpy().astype(np.int64)
    cells = texts.explode().cast(pl.Int32, strict=False).fill_null(MISSING).to_numpy()
    uses = np.full((rows.height, HOURS_MAX * HOUR // minutes), MISSING, dtype=np.int32)
    uses[np.arange(uses.shape[1]) < lengths[:, None]] = cells
    day = rows["day"].to_physical().to_numpy().astype(np.int64)
    days = Days(minutes, rows["place"].to_numpy().astype(np.int64), day, lengths, uses)
    return Standing(days, rows["id"].to_numpy())


def interval_limits_on(on: date, places: pl.DataFrame) -> Limits:
    """Return the city's limits as they stood on a day for installations (`PLACE_COLUMNS`), in their own units."""
    hours = rule_or_none("metering.interval_leak_hours", on)
    sizes = rule_or_none("metering.interval_capacity", on)
    capacity = {str(size): Decimal(str(most)) for size, most in (sizes.value if sizes else {}).items()}
    return Limits(
        leak_hours=hours.number if hours else None,
        flow=_units(places, _ccf("metering.interval_leak_flow_min", on)),
        back=np.maximum(_units(places, _ccf("metering.interval_reverse_min", on)), 1),
        capacity=np.array(
            [
                _in_units(capacity[size], unit, multiplier) if size in capacity else UNLIMITED
                for size, unit, multiplier in places.select("meter_size", "meter_unit", "multiplier_e2").iter_rows()
            ],
            dtype=np.int64,
        ),
    )


def _ccf(code: str, on: date) -> Decimal:
    rule = rule_or_none(code, on)
    return rule.decimal if rule else Decimal(0)


def _units(places: pl.DataFrame, ccf: Decimal) -> Whole:
    rows = places.select("meter_unit", "multiplier_e2").iter_rows()
    return np.array([_in_units(ccf, unit, multiplier) for unit, multiplier in rows], dtype=np.int64)


def _in_units(ccf: Decimal, unit: str, multiplier_e2: int) -> int:
    """Return CCF as ten-thousandths of a register's unit, which its multiplier makes larger."""
    return int(ccf * 1_000_000 / multiplier_e2 * ratio(Unit.CCF, Unit(unit)).numerator) // (
        ratio(Unit.CCF, Unit(unit)).denominator
    )


def open_alert_days(installation_ids: Whole) -> pl.DataFrame:
    """Return what was told about installations and not answered yet (`OPEN_COLUMNS`)."""
    query = """
        select installation_id, code, starts_on as from_on, ends_on as to_on
          from metering_intervalalert where installation_id = any(%s) and answered_at is null"""
    return read_frame(query, [installation_ids.tolist()], OPEN_COLUMNS)


def alerts_visible_to(user: User) -> QuerySet[IntervalAlert]:
    """Return every alert that the user may see, with what a list shows of it."""
    return all_alerts() if user.may(SEE_READS) else all_alerts().none()


def all_alerts() -> QuerySet[IntervalAlert]:
    """Return every alert with what a list shows of it, for commands."""
    return IntervalAlert.objects.select_related(
        "installation__meter", "installation__service_point__premises", "answered_by"
    )


def unanswered(alerts: QuerySet[IntervalAlert], *, code: str = "") -> QuerySet[IntervalAlert]:
    """Return what nobody has answered yet, the oldest first."""
    waiting = alerts.filter(answered_at=None)
    return (waiting.filter(code=code) if code else waiting).order_by("starts_on", "pk")


def open_alerts(user: User, *, code: str = "") -> QuerySet[IntervalAlert]:
    """Return what the user may see that nobody has answered yet."""
    return unanswered(alerts_visible_to(user), code=code)


def open_alerts_by_code(user: User) -> list[dict[str, object]]:
    """Return how many alerts of each code wait."""
    counted = open_alerts(user).order_by().values("code").annotate(count=Count("pk")).order_by("code")
    return [dict(each) for each in counted]
