"""A round of reading closed by counts: sent out = read + estimated + skipped with a code + missing (rulebook §1.6).

Nothing drops out between the list that went out and the file that came back: what is missing is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from curbstop.foundation.database.copying import read_frame
from curbstop.metering.queries.installations import Schema

ROUND_COLUMNS: Schema = {
    "installation_id": pl.Int64,
    "agreement_id": pl.Int64,
    "serial": pl.String,
    "outcome": pl.String,
    "code": pl.String,
}
READ, ESTIMATED, SKIPPED, MISSING = "read", "estimated", "skipped", "missing"


@dataclass(frozen=True, slots=True)
class Round:
    """What became of each meter that was to be read; `skips` are by code, `missing` are serials."""

    sent: int
    read: int
    estimated: int
    skips: tuple[tuple[str, int], ...]
    missing: tuple[str, ...]

    @property
    def skipped(self) -> int:
        """Return how many were visited and could not be read."""
        return sum(count for _, count in self.skips)

    def __str__(self) -> str:
        """Return the counts as a sentence that closes."""
        parts = [f"{self.read:,} read", f"{self.estimated:,} estimated"]
        parts += [f"{count:,} skipped ({code.replace('_', ' ')})" for code, count in self.skips]
        return f"{self.sent:,} meters sent out = {' + '.join(parts)} + {len(self.missing):,} missing."


def round_frame(account_ids: Sequence[int], *, through: date, days_min: int) -> pl.DataFrame:
    """Return each meter of active services that was due by a day and what became of it (`ROUND_COLUMNS`).

    A meter is due when it hung `days_min` days before; what came since then is the round's.
    """
    query = """
        select i.id as installation_id, g.id as agreement_id, m.serial,
               coalesce(case when r.kind = 'estimated' then 'estimated' when r.kind is not null then 'read'
                             when s.code is not null then 'skipped' end, 'missing') as outcome,
               case when r.kind is null then s.code end as code
          from customers_serviceagreement g
          join metering_installation i on i.service_point_id = g.service_point_id
          join metering_meter m on m.id = i.meter_id
          left join lateral (
            select kind from metering_read where installation_id = i.id and superseded_at is null
               and read_on > %(since)s and read_on <= %(through)s order by read_on desc limit 1) r on true
          left join lateral (
            select code from metering_skippedread where installation_id = i.id
               and read_on > %(since)s and read_on <= %(through)s order by read_on desc limit 1) s on true
         where g.account_id = any(%(accounts)s)
           and g.starts_on < %(through)s and (g.ends_on is null or g.ends_on >= %(through)s)
           and i.starts_on <= %(since)s and (i.ends_on is null or i.ends_on >= %(through)s)
         order by m.serial"""
    values = {"accounts": list(account_ids), "through": through, "since": through - timedelta(days=days_min)}
    return read_frame(query, values, ROUND_COLUMNS)


def round_of(meters: pl.DataFrame) -> Round:
    """Count what became of the meters of a round."""
    outcomes = dict(meters.group_by("outcome").len().iter_rows())
    skips = meters.filter(pl.col("outcome") == SKIPPED).group_by("code").len().sort("code")
    return Round(
        sent=meters.height,
        read=outcomes.get(READ, 0),
        estimated=outcomes.get(ESTIMATED, 0),
        skips=tuple(skips.iter_rows()),
        missing=tuple(meters.filter(pl.col("outcome") == MISSING)["serial"]),
    )
