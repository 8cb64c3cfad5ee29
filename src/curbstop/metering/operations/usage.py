"""Usage is settled from reads, or imported where a city hands over volumes instead of registers."""

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.copying import append_frame
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.metering.domain.segments import E4, UsagePolicy
from curbstop.metering.models import Usage
from curbstop.metering.queries import AccountRange, pending_periods

USAGE_COLUMNS = (
    "agreement_id", "starts_on", "ends_on", "registered", "billed", "carried", "unit", "meter_size",
    "kind", "from_read_id", "to_read_id",
)  # fmt: skip


class UsageRefused(Exception):
    """No usage was stored; the message tells why."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """How many periods were settled, and those that were held (columns of `usage_periods`) with a problem."""

    settled: int
    held: pl.DataFrame


def add_usage(rows: pl.DataFrame) -> pl.Series:
    """Add usage (`USAGE_COLUMNS`) and return the ids in order.

    :raises UsageRefused: if an agreement would have two usages on one day
    """
    twice = UsageRefused("An agreement has usage for one of these days already.")
    with refused_by("no_overlapping_usage", twice):
        return append_frame(Usage._meta.db_table, rows.select(USAGE_COLUMNS))


@transaction
def settle_usage(
    *,
    accounts: AccountRange,
    through: date,
    policy: UsagePolicy,
    by: User | None,
    at: datetime,
    kind: Usage.Kind = Usage.Kind.READ,
) -> Settlement:
    """Turn the reads up to and including a day into usage; what cannot be trusted is held, never billed.

    `kind` is HISTORY for periods that the city's former system has billed.

    :raises UsageRefused: if another settlement of the same accounts ran at the same time
    """
    periods = pending_periods(accounts=accounts, through=through, policy=policy)
    held = periods.filter(pl.col("problem").is_not_null())
    sound = periods.filter(pl.col("problem").is_null())
    usage = sound.with_columns(
        _four_decimals("registered"),
        _four_decimals("billed"),
        _four_decimals("carried"),
        pl.lit(policy.unit.value).alias("unit"),
        pl.lit(kind.value).alias("kind"),
    )
    add_usage(usage)
    audit.record(
        actor=by,
        event="metering.usage.settled",
        subject=f"metering.usage:{through.isoformat()}",
        at=at,
        detail={
            "first_account": accounts.first,
            "last_account": accounts.last,
            "settled": sound.height,
            "held": held.height,
        },
    )
    return Settlement(settled=sound.height, held=held)


def _four_decimals(name: str) -> pl.Expr:
    """Return a column of ten-thousandths as exact text, which COPY reads as numeric."""
    scaled = pl.col(f"{name}_e4")
    fraction = (scaled % E4).cast(pl.String).str.zfill(4)
    return pl.concat_str((scaled // E4).cast(pl.String), pl.lit("."), fraction).cast(pl.Decimal(18, 4)).alias(name)


@transaction
def import_volumes(*, rows: pl.DataFrame, source: str, by: User | None, at: datetime) -> int:
    """Store volumes that came without registers, billed as they are, and return how many.

    `rows` has agreement_id, starts_on, ends_on, volume, unit and meter_size.

    :raises UsageRefused: if an agreement would have two usages on one day, or a volume is negative
    """
    volumes = rows.with_columns(
        pl.col("volume").cast(pl.Decimal(18, 4)).alias("registered"),
        pl.col("volume").cast(pl.Decimal(18, 4)).alias("billed"),
        pl.lit("0").cast(pl.Decimal(18, 4)).alias("carried"),
        pl.lit(Usage.Kind.VOLUME.value).alias("kind"),
        pl.lit(None, dtype=pl.Int64).alias("from_read_id"),
        pl.lit(None, dtype=pl.Int64).alias("to_read_id"),
    )
    with refused_by("usage_not_negative", UsageRefused("A volume is negative.")):
        add_usage(volumes)
    audit.record(
        actor=by,
        event="metering.volumes.imported",
        subject=source,
        at=at,
        detail={"rows": volumes.height},
    )
    return volumes.height
