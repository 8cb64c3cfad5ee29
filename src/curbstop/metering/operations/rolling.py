"""Intervals become reads: the register at the midnight nearest the scheduled day (rulebook §1.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from django.db import connection

from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.metering.domain.exceptions import Code
from curbstop.metering.domain.segments import four_decimals
from curbstop.metering.models import Read
from curbstop.metering.operations.exceptions import review_reads
from curbstop.metering.operations.reads import add_reads
from curbstop.metering.queries import AccountRange
from curbstop.metering.queries.policies import read_limits_on, rule_or_none
from curbstop.metering.queries.rolling import midnight_reads

# What the alerts of a period say beside the read that ends it.
TOLD_CODES = (Code.LEAK, Code.REVERSE, Code.SPIKE, Code.GAP)


class RollRefused(Exception):
    """No read was made of intervals; the message tells why."""


@dataclass(frozen=True, slots=True)
class Rolled:
    """How many reads came of intervals, and the meters that send them but have none near the day."""

    reads: int
    missing: tuple[str, ...]


@transaction
def roll_reads(*, accounts: AccountRange, on: date, by: User | None, at: datetime) -> Rolled:
    """Store the midnight register nearest the scheduled day of every meter that sends intervals.

    A meter that somebody read near that day is left at that read; one with an interval missing since its last read
    stays without, for somebody to read or estimate.

    :raises RollRefused: if the city does not say how near a midnight must be, or one was read a moment ago
    """
    rule = rule_or_none("metering.interval_read_window", on)
    if rule is None:
        raise RollRefused("The city pack does not say how near a midnight must be (metering.interval_read_window).")
    rows = midnight_reads(accounts=accounts, on=on, window=rule.number)
    found = rows.filter(pl.col("read_on").is_not_null())
    missing = tuple(rows.filter(pl.col("read_on").is_null())["serial"].to_list())
    reads = found.select(
        "installation_id",
        "read_on",
        four_decimals("register_e4").alias("register"),
        pl.lit(Read.Kind.AMI.value).alias("kind"),
        pl.lit(None, pl.Int64).alias("read_import_id"),
    )
    with refused_by("one_read_per_day", RollRefused("One of these meters was read a moment ago: try again.")):
        ids = add_reads(reads)
    noted = review_reads(ids.to_list(), on=on, at=at) + _note_alerts(ids.to_list(), on=on, at=at)
    audit.record(
        actor=by, event="metering.intervals.rolled", subject=f"metering.read:{on.isoformat()}", at=at,
        detail={"reads": found.height, "missing": len(missing), "exceptions": noted},
    )  # fmt: skip
    return Rolled(found.height, missing)


def _note_alerts(read_ids: Sequence[int], *, on: date, at: datetime) -> int:
    """Note beside each read what the intervals of its period gave notice of: when it began, and how often."""
    query = """
        insert into metering_readexception
               (code, installation_id, agreement_id, read_id, read_on, at, holds, baseline_source, "values")
        select a.code, r.installation_id, g.id, r.id, r.read_on, %(at)s, a.code = any(%(holding)s), '',
               jsonb_build_object('starts_on', min(a.starts_on), 'times', count(distinct a.id))
          from metering_read r
          join metering_installation i on i.id = r.installation_id
          left join customers_serviceagreement g on g.service_point_id = i.service_point_id
                 and g.starts_on < r.read_on and (g.ends_on is null or g.ends_on >= r.read_on)
         cross join lateral (
           select coalesce(max(p.read_on), i.starts_on) as from_on from metering_read p
            where p.installation_id = r.installation_id and p.superseded_at is null and p.read_on < r.read_on) p
          join metering_intervalalert a on a.installation_id = r.installation_id
               and a.starts_on < r.read_on and a.ends_on > p.from_on
         where r.id = any(%(ids)s) and a.code = any(%(codes)s)
         group by a.code, r.id, g.id"""
    values: dict[str, Any] = {
        "ids": list(read_ids), "at": at, "codes": [code.value for code in TOLD_CODES],
        "holding": sorted(read_limits_on(on).holding),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return int(cursor.rowcount)
