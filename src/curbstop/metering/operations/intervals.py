"""Interval data comes from a file, all or none; a day that comes again stands in the place of the one before."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from django.db import connection

from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.card_numbers import refuse_card_number
from curbstop.foundation.database.copying import copy_binary, copy_frame
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.foundation.imports import FileRefused, Located
from curbstop.foundation.imports.reading import MAX_ERRORS
from curbstop.metering.domain.interval_alerts import Alert, alerts_in
from curbstop.metering.domain.interval_files import IntervalFile
from curbstop.metering.domain.interval_rows import COLUMNS, encoded
from curbstop.metering.domain.intervals import DAY_BITS, EPOCH, MINUTE, Days, Whole, arranged, keyed, repeated
from curbstop.metering.domain.standing_days import joined, overlaid
from curbstop.metering.models import IntervalAlert, IntervalDay, IntervalImport
from curbstop.metering.operations.corrections import REASON_LENGTH_MIN
from curbstop.metering.queries.intervals import (
    city_zone,
    interval_limits_on,
    open_alert_days,
    places_of_serials,
    standing_days,
)
from curbstop.metering.queries.policies import rule_or_none

Told = Callable[[int], None]
ROWS_AT_ONCE = 20_000
HOURS_A_DAY = 24


class IntervalsRefused(FileRefused):
    """No interval of the file was stored; the errors name each line or row, field and what was expected."""


class AnswerRefused(Exception):
    """Nothing was answered; the message tells why."""


@transaction
def record_intervals(
    *,
    file: IntervalFile,
    on: date,
    by: User | None,
    at: datetime,
    is_correction: bool = False,
    told: Told = lambda _intervals: None,
) -> IntervalImport:
    """Store every interval of a file, which is loaded once by its content, and tell what the days show.

    What comes to fill a gap joins what stands of its day. A use other than the one that stands is refused, unless
    the file `is_correction`: the day then stands in the place of the one before.

    `told` is called with the intervals stored so far.

    :raises IntervalsRefused: if the file was loaded before or any of its rows cannot be stored
    """
    earlier = IntervalImport.objects.filter(sha256=file.sha256).first()
    if earlier is not None:
        raise _loaded_before(file, f"on {earlier.at:%b %d, %Y} as {earlier.file_name}")
    with refused_by("interval_file_loaded_once", _loaded_before(file, "a moment ago")):
        loaded = IntervalImport.objects.create(
            file_name=file.name, sha256=file.sha256, intervals=file.intervals, imported_by=by, at=at
        )
    work = _Intake(file, loaded, on=on, is_correction=is_correction)
    with refused_by("one_interval_day", IntervalsRefused([Located(file.name, 0, "", "Another file came just now.")])):
        for readings in file.readings():
            work.take(readings)
            told(work.intervals)
    silent = note_silent(on=on, at=at)
    audit.record(
        actor=by, event="metering.intervals.recorded", subject=loaded, at=at,
        detail={
            "file": file.name, "intervals": file.intervals, "days": work.days, "superseded": work.superseded,
            "alerts": work.alerts + silent,
        },
    )  # fmt: skip
    return loaded


class _Intake:
    """One file on its way into the tables, one part of its meters after another."""

    def __init__(self, file: IntervalFile, loaded: IntervalImport, *, on: date, is_correction: bool) -> None:
        self.file, self.loaded, self.on, self.is_correction = file, loaded, on, is_correction
        self.intervals = self.days = self.superseded = self.alerts = 0
        self.zone = city_zone()
        self.places = _places(file)
        self.ids = self.places["installation_id"].to_numpy()
        self.limits = interval_limits_on(on, self.places)
        start = self.places["starts_on"].to_physical().to_numpy().astype(np.int64)
        self.keys = keyed(self.places["place"].to_numpy().astype(np.int64), start)
        end = self.places["ends_on"].to_physical().fill_null(2**DAY_BITS - 1).to_numpy()
        self.ends = end.astype(np.int64)

    def take(self, readings: npt.NDArray[np.void]) -> None:
        """Store the readings of some meters and tell what they show.

        :raises IntervalsRefused: if a meter did not hang anywhere on a day, an instant came twice or stands otherwise
        """
        self._refuse("start", readings, repeated(readings), "The meter has another interval that starts then.")
        today = (self.on - EPOCH).days
        for days in arranged(readings, self.zone):
            self._refuse_days("start", readings, days, days.day > today, f"is later than {self.on}")
            self._store(self._placed(readings, days))
        self.intervals += readings.size

    def _placed(self, readings: npt.NDArray[np.void], days: Days) -> Days:
        """Put the installation that hung on the day in the place of the meter; on a day of two, the later one."""
        found = np.searchsorted(self.keys, keyed(days.meter, days.day), side="right") - 1
        place = self.keys[np.maximum(found, 0)] >> DAY_BITS
        lost = (found < 0) | (place != days.meter) | (days.day > self.ends[np.maximum(found, 0)])
        self._refuse_days("start", readings, days, lost, "is a day on which the meter was not installed")
        return Days(days.minutes, found, days.day, days.length, days.uses)

    def _store(self, days: Days) -> None:
        here = np.unique(days.meter)
        back = 1 + (self.limits.leak_hours or 0) // HOURS_A_DAY
        ids = self.ids[here]
        stands = standing_days(ids, first=int(days.day.min()) - back, last=int(days.day.max()))
        context = None
        for minutes, standing in stands.items():
            before = standing.days
            before = Days(minutes, here[before.meter], before.day, before.length, before.uses)
            if minutes != days.minutes:
                self._refuse_other_length(days, before)
                continue
            overlay = overlaid(days, before)
            if overlay.differs.any() and not self.is_correction:
                raise self._stands_otherwise(days.only(overlay.differs))
            self._supersede(standing.ids[overlay.replaced])
            days, context = overlay.days, before.only(~overlay.replaced)
        self._write(days)
        self._tell(days, joined(days, context) if context is not None else days)

    def _write(self, days: Days) -> None:
        for first in range(0, days.day.size, ROWS_AT_ONCE):
            rows = np.zeros(days.day.size, dtype=np.bool_)
            rows[first : first + ROWS_AT_ONCE] = True
            copy_binary(IntervalDay._meta.db_table, COLUMNS, encoded(days.only(rows), self.ids, self.loaded.pk))
        self.days += days.day.size

    def _supersede(self, ids: Whole) -> None:
        if ids.size:
            replaced = IntervalDay.objects.filter(pk__in=ids.tolist(), superseded_at=None)
            self.superseded += replaced.update(superseded_at=self.loaded.at)

    def _tell(self, days: Days, whole: Days) -> None:
        """Note what the new days show, beside those before them, unless it waits for an answer already."""
        found = alerts_in(whole, self.limits)
        if not days.day.size or found.is_empty():
            return
        span = pl.DataFrame({"meter": days.meter, "day": days.day}).group_by("meter").agg(
            pl.col("day").min().cast(pl.Int32).cast(pl.Date).alias("first"),
            pl.col("day").max().cast(pl.Int32).cast(pl.Date).alias("last"),
        )  # fmt: skip
        ids = pl.DataFrame({"meter": np.arange(self.ids.size), "installation_id": self.ids})
        new = (
            found.join(span, on="meter")
            .filter((pl.col("starts_on") <= pl.col("last")) & (pl.col("ends_on") > pl.col("first")))
            .join(ids, on="meter")
        )
        told = new.join(open_alert_days(self.ids[np.unique(days.meter)]), on=["installation_id", "code"]).filter(
            (pl.col("from_on") <= pl.col("ends_on")) & (pl.col("to_on") >= pl.col("starts_on"))
        )
        fresh = new.join(told, on=["installation_id", "code", "starts_on"], how="anti").sort("meter", "starts_on")
        noted = fresh.select("installation_id", "code", "starts_on", "ends_on", "values")
        self.alerts += copy_frame(
            IntervalAlert._meta.db_table, noted.with_columns(pl.lit(self.loaded.at.isoformat()).alias("at"))
        )

    def _refuse(self, field: str, readings: npt.NDArray[np.void], wrong: npt.NDArray[np.bool_], why: str) -> None:
        if wrong.any():
            lines = readings["line"][wrong][:MAX_ERRORS].tolist()
            raise IntervalsRefused([Located(self.file.name, line, field, why) for line in lines])

    def _refuse_days(
        self, field: str, readings: npt.NDArray[np.void], days: Days, wrong: npt.NDArray[np.bool_], why: str
    ) -> None:
        if wrong.any():
            raise IntervalsRefused(list(self._of_days(field, readings, days.only(wrong), why)))

    def _of_days(self, field: str, readings: npt.NDArray[np.void], days: Days, why: str) -> Iterator[Located]:
        serials = dict(self.file.meters.select("place", "serial").iter_rows())
        for meter, day in list(zip(days.meter.tolist(), days.day.tolist(), strict=True))[:MAX_ERRORS]:
            of_meter = readings[readings["meter"] == meter]
            on = EPOCH + timedelta(days=day)
            begins = datetime(on.year, on.month, on.day, tzinfo=self.zone).timestamp() // MINUTE
            line = int(of_meter["line"][of_meter["minute"] >= begins][0])
            yield Located(self.file.name, line, field, f"Meter {serials[meter]}: {on} {why}.")

    def _refuse_other_length(self, days: Days, before: Days) -> None:
        overlay = overlaid(days, before)
        if overlay.matched.any():
            meter, day = int(before.meter[overlay.matched][0]), int(before.day[overlay.matched][0])
            why = (
                f"Meter {self.places['serial'][meter]}: {EPOCH + timedelta(days=day)} stands with intervals of "
                f"{before.minutes} minutes; these have {days.minutes}."
            )
            raise IntervalsRefused([Located(self.file.name, 0, "start", why)])

    def _stands_otherwise(self, days: Days) -> IntervalsRefused:
        return IntervalsRefused(
            [
                Located(
                    self.file.name, 0, "use",
                    f"Meter {self.places['serial'][meter]} has other uses for {EPOCH + timedelta(days=day)} already; "
                    "load the file as a correction to let it stand in their place.",
                )
                for meter, day in list(zip(days.meter.tolist(), days.day.tolist(), strict=True))[:MAX_ERRORS]
            ]
        )  # fmt: skip


def _loaded_before(file: IntervalFile, when: str) -> IntervalsRefused:
    return IntervalsRefused([Located(file.name, 0, "", f"This file was loaded {when}.")])


def _places(file: IntervalFile) -> pl.DataFrame:
    """Return where the file's meters hang, in their order and that of days.

    :raises IntervalsRefused: if a meter is not ours, or comes in another unit than its own
    """
    ours = places_of_serials(file.meters["serial"].to_list())
    known = ours.unique("serial").select("serial", "meter_unit")
    rows = file.meters.join(known, on="serial", how="left").sort("line")
    wrong = rows.filter(pl.col("meter_unit").is_null() | (pl.col("meter_unit") != pl.col("unit")))
    errors = [Located(file.name, row["line"], *_unknown(row)) for row in wrong.head(MAX_ERRORS).iter_rows(named=True)]
    if errors:
        raise IntervalsRefused(errors)
    return file.meters.select("serial", "place").join(ours, on="serial").sort("place", "starts_on")


def _unknown(row: dict[str, Any]) -> tuple[str, str]:
    if row["meter_unit"] is None:
        return "meter", f"No meter has the serial {row['serial']}."
    return "unit", f"Meter {row['serial']} counts {row['meter_unit']}, not {row['unit']}."


def note_silent(*, on: date, at: datetime) -> int:
    """Note the endpoints that hang but have sent nothing for as many days as the city allows, each once."""
    rule = rule_or_none("metering.interval_silent_days", on)
    if rule is None:
        return 0
    query = """
        insert into metering_intervalalert (installation_id, code, starts_on, ends_on, "values", at)
        select i.id, %(code)s, d.day + 1, %(on)s, jsonb_build_object('days', %(on)s::date - d.day - 1), %(at)s
          from metering_installation i
         cross join lateral (select max(day) as day from metering_intervalday x
                              where x.installation_id = i.id and x.superseded_at is null) d
         where d.day < %(on)s::date - %(days)s and (i.ends_on is null or i.ends_on > %(on)s)
           and not exists (select from metering_intervalalert a
                            where a.installation_id = i.id and a.code = %(code)s and a.answered_at is null)"""
    with connection.cursor() as cursor:
        cursor.execute(query, {"code": Alert.SILENT.value, "on": on, "at": at, "days": rule.number})
        return int(cursor.rowcount)


@transaction
def answer_alert(*, alert: IntervalAlert, note: str, by: User, at: datetime) -> None:
    """Say what became of an alert: who was told, what was found; the same is told again only if it goes on.

    :raises AnswerRefused: if no reason is given or somebody answered it already
    """
    refuse_card_number(note, AnswerRefused)
    if len(note.strip()) < REASON_LENGTH_MIN:
        raise AnswerRefused("Say in a few words what was found.")
    answered = IntervalAlert.objects.filter(pk=alert.pk, answered_at=None)
    if not answered.update(answered_by=by, answered_at=at, note=note.strip()):
        raise AnswerRefused("Somebody answered this alert already.")
    audit.record(
        actor=by, event="metering.alert.answered", subject=alert, at=at, detail={"code": alert.code, "note": note}
    )
