"""Registers that somebody reads are held against the intervals before them.

A new endpoint on the same meter is no exchange of the meter: its intervals go on from the register that was read last.
If it counts otherwise than the register, the next read that somebody takes says so (rulebook §1.5).
"""

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl

from curbstop.foundation.database.copying import copy_frame
from curbstop.foundation.database.transactions import require_transaction
from curbstop.metering.domain.exceptions import Code
from curbstop.metering.models import ReadException
from curbstop.metering.queries.policies import read_limits_on, rule_or_none
from curbstop.metering.queries.rolling import compared_with_intervals


def note_offsets(read_ids: Sequence[int], *, on: date, at: datetime) -> int:
    """Note the reads whose register went on otherwise than the intervals say, beyond the city's tolerance."""
    require_transaction()
    rule = rule_or_none("metering.interval_tolerance_percent", on)
    if rule is None or not read_ids:
        return 0
    off = (pl.col("interval_e4") - pl.col("registered_e4")).abs()
    apart = compared_with_intervals(read_ids).filter(
        off * 100 > pl.max_horizontal("interval_e4", "registered_e4") * float(rule.decimal)
    )
    return copy_frame(
        ReadException._meta.db_table,
        apart.select(
            "installation_id",
            "agreement_id",
            "read_id",
            "read_on",
            pl.lit(Code.OFFSET.value).alias("code"),
            pl.lit(Code.OFFSET.value in read_limits_on(on).holding).alias("holds"),
            pl.lit("").alias("baseline_source"),
            pl.struct(pl.col("from_on").cast(pl.String), "registered_e4", "interval_e4")
            .struct.json_encode()
            .alias("values"),
            pl.lit(at.isoformat()).alias("at"),
        ),
    )
