"""A wrong read is superseded by a right one, and the usage that rested on it is settled again.

Registered use changes by a corrected read and by nothing else (INV-7). What is billed from the superseded usage
belongs to the billing room, which refuses or cancels it in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.card_numbers import refuse_card_number
from curbstop.foundation.database.transactions import require_transaction
from curbstop.metering.domain.segments import E4
from curbstop.metering.domain.true_up import respread_registers
from curbstop.metering.models import Read, ReadCorrection, ReadException
from curbstop.metering.operations.resettling import CorrectionRefused, resettle

Disposition = ReadException.Disposition
REASON_LENGTH_MIN = 3


@dataclass(frozen=True, slots=True)
class Correction:
    """The read that stands now, the usages it superseded, and those that stand in their place."""

    read: Read
    usages: tuple[int, ...]
    replacements: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """One read and what stands in its place."""

    read: Read
    register: Decimal
    kind: str
    read_on: date


def supersede_read(  # the six facts of a correction, by keyword
    *, read: Read, register: Decimal, kind: str, reason: str, by: User, at: datetime
) -> Correction:
    """Put another register in the place of a read, on the same day, and settle again what rested on it.

    Both parties of a submeter are settled again: its own usage, and that of the meter it is subtracted from.

    :raises CorrectionRefused: if the read is superseded already, the register cannot be one, no reason is given, or
        the reads around it do not agree with it
    """
    swap = Swap(read=read, register=register, kind=kind, read_on=read.read_on)
    return swap_reads([swap], disposition=Disposition.CORRECT, reason=reason, by=by, at=at)


def true_up(*, read: Read, reason: str, by: User, at: datetime) -> Correction:
    """Spread the use up to an actual read again over the estimated periods before it.

    :raises CorrectionRefused: if nothing before the read was estimated, or the meter would run backwards all the same
    """
    require_transaction()
    estimated, start_on, start = _estimated_before(read)
    if read.register < start:
        message = f"{read.register:f} is below the last read that was not estimated, {start:f}: read the meter again."
        raise CorrectionRefused(message)
    bounds = [start_on, *(each.read_on for each in estimated), read.read_on]
    days = [(later - earlier).days for earlier, later in pairwise(bounds)]
    registers = respread_registers(start_e4=int(start * E4), end_e4=int(read.register * E4), days=days)
    swaps = [
        Swap(read=each, register=Decimal(position) / E4, kind=Read.Kind.ESTIMATED, read_on=each.read_on)
        for each, position in zip(estimated, registers, strict=True)
        if each.register != Decimal(position) / E4
    ]
    if not swaps:
        raise CorrectionRefused("The estimates before this read agree with it already.")
    done = swap_reads(swaps, disposition=Disposition.TRUE_UP, reason=reason, by=by, at=at)
    close_exceptions(read, Disposition.TRUE_UP, note=reason, by=by, at=at)
    return Correction(read=read, usages=done.usages, replacements=done.replacements)


def swap_reads(swaps: Sequence[Swap], *, disposition: Disposition, reason: str, by: User, at: datetime) -> Correction:
    """Supersede reads by others in one step and settle again what rested on them; the last new read is returned."""
    require_transaction()
    refuse_card_number(reason, CorrectionRefused)
    if len(reason.strip()) < REASON_LENGTH_MIN:
        raise CorrectionRefused("Say why the read is corrected.")
    locked = {each.pk: each for each in Read.objects.select_for_update().filter(pk__in=[s.read.pk for s in swaps])}
    for swap in swaps:
        _refuse_impossible(swap, locked[swap.read.pk])
    # One statement, so that a chain of estimates is never seen half moved.
    Read.objects.filter(pk__in=locked).update(superseded_at=at)
    new = [_replace(swap, disposition=disposition, reason=reason, by=by, at=at) for swap in swaps]
    resettled = resettle([swap.read for swap in swaps], at=at)
    audit.record(
        actor=by,
        event="metering.read.superseded",
        subject=swaps[-1].read,
        at=at,
        detail={
            "reads": [swap.read.pk for swap in swaps],
            "replacements": [read.pk for read in new],
            "usages": list(resettled.superseded),
            "reason": reason,
        },
    )
    return Correction(read=new[-1], usages=resettled.superseded, replacements=resettled.added)


def close_exceptions(  # a decision and its four facts
    read: Read, disposition: Disposition, *, note: str, by: User, at: datetime, replacement: Read | None = None
) -> int:
    """Decide every open exception of a read in one way and return how many there were."""
    return ReadException.objects.filter(read=read, disposed_at__isnull=True).update(
        disposition=disposition, disposed_by=by, disposed_at=at, note=note, replacement=replacement
    )


def _replace(swap: Swap, *, disposition: Disposition, reason: str, by: User, at: datetime) -> Read:
    new = Read.objects.create(
        installation_id=swap.read.installation_id,
        read_on=swap.read_on,
        register=swap.register,
        kind=swap.kind,
        read_import_id=None,
    )
    ReadCorrection.objects.create(read=swap.read, replacement=new, reason=reason, by=by, at=at)
    close_exceptions(swap.read, disposition, note=reason, by=by, at=at, replacement=new)
    return new


def _refuse_impossible(swap: Swap, stored: Read) -> None:
    if stored.superseded_at is not None:
        raise CorrectionRefused("This read was corrected already: correct the read that stands in its place.")
    dials = stored.installation.meter.dials
    if not 0 <= swap.register < 10**dials or swap.register != round(swap.register, 4):
        raise CorrectionRefused(f"{swap.register:f} does not fit the {dials} dials of the meter.")


def _estimated_before(read: Read) -> tuple[list[Read], date, Decimal]:
    """Return the estimates in a row before a read, oldest first, and the day and register that they began from."""
    earlier = Read.objects.filter(
        installation=read.installation, read_on__lt=read.read_on, superseded_at__isnull=True
    ).order_by("-read_on")
    estimated: list[Read] = []
    for each in earlier:
        if each.kind != Read.Kind.ESTIMATED:
            return _or_refuse(estimated), each.read_on, each.register
        estimated.insert(0, each)
    place = read.installation
    return _or_refuse(estimated), place.starts_on, place.first_register


def _or_refuse(estimated: list[Read]) -> list[Read]:
    if not estimated:
        raise CorrectionRefused("No estimate lies before this read: there is nothing to spread again.")
    return estimated
