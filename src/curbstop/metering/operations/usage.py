"""Usage is settled from reads, or imported where a city hands over volumes instead of registers."""

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.copying import append_frame
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.metering.domain.segments import UsagePolicy, four_decimals
from curbstop.metering.models import Usage
from curbstop.metering.queries import AccountRange, pending_periods

USAGE_COLUMNS = (
    "agreement_id", "starts_on", "ends_on", "registered", "billed", "carried", "deducted", "unreturned", "unit",
    "meter_size", "kind", "from_read_id", "to_read_id",
)  # fmt: skip


class UsageRefused(Exception):
    """No usage was stored; the message tells why."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """How many periods were settled, and those that were held (columns of `usage_periods`) with a problem."""

    settled: int
    held: pl.DataFrame


def add_usage(rows: pl.DataFrame) -> pl.Series:
    """Add usage (`USAGE_COLUMNS`, without those of submeters where there are none) and return the ids in order.

    :raises UsageRefused: if an agreement would have two usages on one day
    """
    twice = UsageRefused("An agreement has usage for one of these days already.")
    with refused_by("no_overlapping_usage", twice):
        return append_frame(Usage._meta.db_table, rows.select(name for name in USAGE_COLUMNS if name in rows.columns))


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
    add_periods(sound, policy=policy, kind=kind)
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


def add_periods(periods: pl.DataFrame, *, policy: UsagePolicy, kind: Usage.Kind = Usage.Kind.READ) -> pl.Series:
    """Add settled periods (`usage_periods`, without a problem) as usage and return the ids in order."""
    amounts = [
        four_decimals(f"{name}_e4").alias(name)
        for name in ("registered", "billed", "carried", "deducted", "unreturned")
    ]
    labels = [pl.lit(policy.unit.value).alias("unit"), pl.lit(kind.value).alias("kind")]
    return add_usage(periods.with_columns(*amounts, *labels))


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
