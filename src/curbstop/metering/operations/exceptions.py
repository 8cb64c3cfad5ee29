"""Reads are reviewed when they come, and a person decides about each that was noticed, one at a time."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import polars as pl

from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.card_numbers import refuse_card_number
from curbstop.foundation.database.copying import copy_frame
from curbstop.foundation.database.transactions import refused_by, require_transaction, transaction
from curbstop.metering.domain.exceptions import Code
from curbstop.metering.domain.validation import exceptions_in
from curbstop.metering.models import Read, ReadException
from curbstop.metering.operations.corrections import (
    REASON_LENGTH_MIN,
    Correction,
    Swap,
    close_exceptions,
    swap_reads,
    true_up,
)
from curbstop.metering.operations.offsets import note_offsets
from curbstop.metering.operations.resettling import CorrectionRefused
from curbstop.metering.queries import usage_policy_on
from curbstop.metering.queries.intake import closed_by
from curbstop.metering.queries.policies import read_limits_on

Disposition = ReadException.Disposition


class DispositionRefused(Exception):
    """Nothing was decided; the message tells why."""


def _billed() -> DispositionRefused:
    return DispositionRefused("Bills rest on this read: a second person has to cancel them with its correction.")


# The room that bills keeps its usage, at the end of the transaction.
REFUSALS = {"billed_usage_stands": _billed}


def review_reads(read_ids: Sequence[int], *, on: date, at: datetime) -> int:
    """Note what a person should look at about reads that were just stored, and return how many things that are."""
    require_transaction()
    if not read_ids:
        return 0
    rows = closed_by(read_ids, policy=usage_policy_on(on))
    noted = exceptions_in(rows, read_limits_on(on))
    written = copy_frame(ReadException._meta.db_table, noted.with_columns(pl.lit(at.isoformat()).alias("at")))
    return written + note_offsets(read_ids, on=on, at=at)


@transaction
def accept_read(*, exception: ReadException, note: str, by: User, at: datetime) -> None:
    """Let a read stand as it is, with everything that was noticed about it.

    A lower read is accepted as a rollover, which only a person may say.

    :raises DispositionRefused: if it is decided already, no reason is given, or an estimate is too high for the read
    """
    _refuse_without(note, exception)
    if ReadException.objects.filter(read=exception.read, code=Code.OVER_ESTIMATE, disposed_at=None).exists():
        raise DispositionRefused("The estimate before this read was too high: spread the use again (true-up).")
    if not close_exceptions(exception.read, Disposition.ACCEPT, note=note, by=by, at=at):
        raise _decided_already()
    audit.record(
        actor=by, event="metering.read.accepted", subject=exception.read, at=at,
        detail={"code": exception.code, "note": note},
    )  # fmt: skip


@transaction(refusals=REFUSALS)
def spread_again(*, exception: ReadException, note: str, by: User, at: datetime) -> Correction:
    """Spread the use up to a read over the estimated periods before it, which are not billed yet.

    :raises DispositionRefused: if it is decided already, no reason is given, nothing before it was estimated, or bills
        rest on the estimates
    """
    _refuse_without(note, exception)
    try:
        return true_up(read=exception.read, reason=note, by=by, at=at)
    except CorrectionRefused as refusal:
        raise DispositionRefused(str(refusal)) from refusal


@transaction(refusals=REFUSALS)
def correct_held_read(*, exception: ReadException, register: Decimal, note: str, by: User, at: datetime) -> Read:
    """Put the right register in the place of a read that is not billed, such as one with two digits changed.

    :raises DispositionRefused: if it is decided or settled already, no reason is given, or the register cannot be one
    """
    read = exception.read
    return _swapped(
        exception, Swap(read=read, register=register, kind=read.kind, read_on=read.read_on),
        Disposition.CORRECT, note=note, by=by, at=at,
    )  # fmt: skip


@transaction(refusals=REFUSALS)
def reread(  # what was read, when, and the four facts of a decision
    *, exception: ReadException, register: Decimal, read_on: date, note: str, by: User, at: datetime
) -> Read:
    """Let a second reading of the same meter stand in the place of a read, on its own day.

    :raises DispositionRefused: if it is decided or settled already, the day is before the read's or is taken, or no
        reason is given
    """
    if read_on < exception.read_on:
        raise DispositionRefused(f"The second reading is from {read_on}, before the first one.")
    taken = Read.objects.filter(
        installation=exception.installation, read_on__gt=exception.read_on, read_on__lte=read_on, superseded_at=None
    )
    if taken.exists():
        raise DispositionRefused("The meter was read since: look at that read.")
    swap = Swap(read=exception.read, register=register, kind=Read.Kind.ACTUAL, read_on=read_on)
    read = _swapped(exception, swap, Disposition.REREAD, note=note, by=by, at=at)
    # The second reading is compared with the usual like the first; what it shows again is decided again.
    review_reads([read.pk], on=read_on, at=at)
    return read


def _swapped(  # one read, one decision
    exception: ReadException, swap: Swap, disposition: Disposition, *, note: str, by: User, at: datetime
) -> Read:
    _refuse_without(note, exception)
    if swap.read.superseded_at is not None:
        raise DispositionRefused("Another read stands in the place of this one already.")
    try:
        with refused_by("one_read_per_day", DispositionRefused("The meter was read on that day already.")):
            return swap_reads([swap], disposition=disposition, reason=note, by=by, at=at).read
    except CorrectionRefused as refusal:
        raise DispositionRefused(str(refusal)) from refusal


def _refuse_without(note: str, exception: ReadException) -> None:
    refuse_card_number(note, DispositionRefused)
    if len(note.strip()) < REASON_LENGTH_MIN:
        raise DispositionRefused("Say in a few words why.")
    if ReadException.objects.filter(pk=exception.pk, disposed_at__isnull=False).exists():
        raise _decided_already()


def _decided_already() -> DispositionRefused:
    return DispositionRefused("Somebody decided about this read already.")
