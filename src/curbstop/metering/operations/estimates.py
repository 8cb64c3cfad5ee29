"""Missing reads are estimated by the city's methods in its order, labeled as estimates, and never without a limit.

An estimate is a read like any other: the next one that somebody takes goes on from it, or, if it is lower, has the
estimated periods spread again (rulebook §1.5).
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import polars as pl

from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.copying import copy_frame
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.metering.domain.estimates import with_estimate
from curbstop.metering.domain.exceptions import Code
from curbstop.metering.domain.segments import E4, four_decimals
from curbstop.metering.models import Installation, Read, ReadException
from curbstop.metering.operations.corrections import Swap, swap_reads
from curbstop.metering.operations.exceptions import REFUSALS, DispositionRefused, review_reads
from curbstop.metering.operations.reads import add_reads
from curbstop.metering.operations.resettling import CorrectionRefused
from curbstop.metering.queries import AccountRange, usage_policy_on
from curbstop.metering.queries.expected import expected_reads
from curbstop.metering.queries.intake import places_of, with_usual
from curbstop.metering.queries.policies import estimate_methods_on, read_limits_on

EVERY_ACCOUNT = AccountRange(0, 2**62)


class EstimateRefused(Exception):
    """No read was estimated; the message tells why."""


@dataclass(frozen=True, slots=True)
class Estimated:
    """How many reads were estimated, and the meters for which nothing is known to estimate from."""

    reads: int
    without_basis: tuple[str, ...]


@transaction
def estimate_missing(*, accounts: AccountRange, on: date, by: User, at: datetime) -> Estimated:
    """Estimate the read of every meter of an active service that was not read for a billing period.

    Each is noted as MISSING, with the method and what it rests on; more in a row than the city allows is EST_MAX.

    :raises EstimateRefused: if one of the meters was read a moment ago
    """
    return _estimate(expected_reads(accounts=accounts, on=on, days_min=_days_min(on)), on=on, by=by, at=at)


@transaction
def estimate_read(*, installation: Installation, on: date, by: User, at: datetime) -> Read:
    """Estimate the read of one meter.

    :raises EstimateRefused: if the service is not active, the meter was read since, or nothing is known about it
    """
    due = expected_reads(accounts=EVERY_ACCOUNT, on=on, days_min=1, installation_id=installation.pk)
    if due.is_empty():
        raise EstimateRefused(f"Meter {installation.meter} needs no read on {on}: it was read, or nobody is active.")
    done = _estimate(due, on=on, by=by, at=at)
    if not done.reads:
        raise EstimateRefused(f"Nothing is known that meter {installation.meter} could be estimated from.")
    return Read.objects.get(installation=installation, read_on=on, superseded_at=None)


@transaction(refusals=REFUSALS)
def estimate_held_read(*, exception: ReadException, note: str, by: User, at: datetime) -> Read:
    """Put an estimate in the place of a read that cannot be trusted.

    :raises DispositionRefused: if it is decided or settled already, no reason is given, or nothing is known about it
    """
    held = exception.read
    if exception.disposed_at is not None:
        raise DispositionRefused("Somebody decided about this read already.")
    due = _before(held)
    estimate = _with_registers(due, on=held.read_on) if due.height else due
    if estimate.is_empty() or estimate["register_e4"].item() is None:
        raise DispositionRefused("Nothing is known that this read could be estimated from.")
    swap = Swap(
        read=held,
        register=_decimal(estimate["register_e4"].item()),
        kind=Read.Kind.ESTIMATED,
        read_on=held.read_on,
    )
    try:
        read = swap_reads([swap], disposition=ReadException.Disposition.ESTIMATE, reason=note, by=by, at=at).read
    except CorrectionRefused as refusal:
        raise DispositionRefused(str(refusal)) from refusal
    review_reads([read.pk], on=read.read_on, at=at)
    return read


def _estimate(due: pl.DataFrame, *, on: date, by: User, at: datetime) -> Estimated:
    if due.is_empty():
        return Estimated(0, ())
    rows = _with_registers(due, on=on)
    known = rows.filter(pl.col("register_e4").is_not_null())
    reads = known.select(
        "installation_id",
        pl.lit(on).alias("read_on"),
        four_decimals("register_e4").alias("register"),
        pl.lit(Read.Kind.ESTIMATED.value).alias("kind"),
        pl.lit(None, pl.Int64).alias("read_import_id"),
    )
    with refused_by("one_read_per_day", EstimateRefused("One of these meters was read a moment ago: try again.")):
        ids = add_reads(reads)
    review_reads(ids.to_list(), on=on, at=at)
    _note_missing(known.with_columns(ids.alias("read_id")), on=on, by=by, at=at)
    audit.record(
        actor=by,
        event="metering.reads.estimated",
        subject=f"metering.read:{on.isoformat()}",
        at=at,
        detail={"reads": known.height, "without_basis": rows.height - known.height},
    )
    without = rows.filter(pl.col("register_e4").is_null())["serial"].to_list()
    return Estimated(known.height, tuple(without))


def _with_registers(due: pl.DataFrame, *, on: date) -> pl.DataFrame:
    policy = usage_policy_on(on)
    rows = due.drop("agreement_id").with_columns(pl.lit(on).alias("on_day"))
    usual = with_usual(rows, places_of(due["installation_id"]), policy=policy, methods=estimate_methods_on(on))
    return with_estimate(usual, policy.unit)


def _note_missing(rows: pl.DataFrame, *, on: date, by: User, at: datetime) -> None:
    """Note that no read came, decided at once: it was estimated, by which method and from what."""
    found = pl.struct("base_source", "base_e4", "base_days", "skip_code", pl.col("estimates") + 1).struct.json_encode()
    copy_frame(
        ReadException._meta.db_table,
        rows.select(
            "installation_id",
            "agreement_id",
            "read_id",
            pl.lit(Code.MISSING.value).alias("code"),
            pl.lit(on).alias("read_on"),
            pl.lit(value=False).alias("holds"),
            (pl.col("base_e4") / E4 / pl.col("base_days")).round(4).alias("baseline"),
            "base_source",
            found.alias("values"),
            pl.lit(at.isoformat()).alias("at"),
            pl.lit(ReadException.Disposition.ESTIMATE.value).alias("disposition"),
            pl.lit(by.pk, pl.Int64).alias("disposed_by_id"),
            pl.lit(at.isoformat()).alias("disposed_at"),
            pl.lit("No read came.").alias("note"),
        ).rename({"base_source": "baseline_source"}),
    )


def _before(held: Read) -> pl.DataFrame:
    """Return the meter of a read as it was due before that read."""
    earlier = Read.objects.filter(
        installation=held.installation, read_on__lt=held.read_on, superseded_at=None
    ).order_by("read_on")
    last = earlier.last()
    place, meter = held.installation, held.installation.meter
    return pl.DataFrame(
        {
            "installation_id": place.pk,
            "service_point_id": place.service_point_id,
            "agreement_id": None,
            "from_on": last.read_on if last else place.starts_on,
            "from_register_e4": int((last.register if last else place.first_register) * E4),
            "from_read_id": last.pk if last else None,
            "dials": meter.dials,
            "multiplier_e2": int(meter.multiplier * 100),
            "unit": meter.unit,
            "meter_size": meter.size_inches,
        },
        schema_overrides={"from_read_id": pl.Int64},
    )


def _days_min(on: date) -> int:
    return read_limits_on(on).days_min or 1


def _decimal(register_e4: int) -> Decimal:
    return Decimal(register_e4) / E4
