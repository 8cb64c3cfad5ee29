"""Meters taken out and hung: the old register ends one segment and the new one begins the next, on one bill.

A meter of CCF goes out at 4,530 and one of 10 gallons comes in at 0; the period has a segment of each, with its own
unit and multiplier (rulebook §1.5, WX-1.5b). A compound meter is two registers that hang side by side.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.timezone import localtime

from curbstop.customers.models import ServicePoint
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import transaction
from curbstop.metering.domain.exchanges import Register, refused_sides
from curbstop.metering.models import Installation, Meter, Read, Usage
from curbstop.metering.operations.exceptions import review_reads


class ExchangeRefused(Exception):
    """No meter was taken out or hung; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hung:
    """A meter that is hung: its facts, the register it is set with, and the side of a compound meter."""

    serial: str
    size_inches: str
    dials: int
    unit: str
    register: Decimal
    multiplier: Decimal = Decimal(1)
    side: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was taken out with its last reads, and what hangs now."""

    out_reads: tuple[int, ...]
    hung: tuple[Installation, ...]


def _refusing(sentence: str) -> Callable[[], Exception]:
    return lambda: ExchangeRefused(sentence)


REFUSALS = {
    "one_place_per_meter": _refusing("One of these meters hangs at another place on that day."),
    "one_meter_per_service_point": _refusing("A meter hangs there already on that day: say what it shows."),
    "single_or_compound_meter": _refusing("A single meter and a side of a compound one cannot hang together."),
    "installation_ends_after_it_starts": _refusing("The meter was hung on that day or later."),
    "installation_covers_its_reads": _refusing("The meter was read after that day: choose a later one."),
    "meter_dials_plausible": _refusing("A meter has three to ten dials."),
    "meter_unit_is_a_volume": _refusing("A meter counts in a unit of volume."),
    "meter_multiplier_plausible": _refusing("The multiplier is above 0 and at most 10,000."),
}


@transaction(refusals=REFUSALS)
def exchange_meter(
    *, service_point: ServicePoint, out: Mapping[str, Decimal], hung: Sequence[Hung], on: date, by: User, at: datetime
) -> Exchange:
    """Take meters out at the registers they show and hang others; `out` is by side, "" for a meter alone.

    Without `out` a first meter is hung; without `hung` a meter is taken away. The last read is reviewed as any other.

    :raises ExchangeRefused: if the day is to come, a register is missing or does not fit, the days are settled
        already, a meter hangs elsewhere, or one side of a compound meter would hang alone
    """
    _refuse_day(service_point, on, at)
    standing = {each.side: each for each in _standing(service_point)}
    if problem := refused_sides(standing=set(standing), out=set(out), hung=[each.side for each in hung]):
        raise ExchangeRefused(problem)
    reads = [_take_out(standing[side], register, on=on) for side, register in out.items()]
    installed = tuple(_hang(service_point, each, on=on) for each in hung)
    review_reads([read.pk for read in reads], on=on, at=at)
    audit.record(
        actor=by,
        event="metering.meter.exchanged",
        subject=f"customers.servicepoint:{service_point.pk}",
        at=at,
        detail={
            "on": on.isoformat(),
            "out": {standing[side].meter.serial: f"{register:f}" for side, register in out.items()},
            "in": {each.serial: f"{each.register:f}" for each in hung},
        },
    )
    return Exchange(tuple(read.pk for read in reads), installed)


def _refuse_day(service_point: ServicePoint, on: date, at: datetime) -> None:
    if on > localtime(at).date():
        raise ExchangeRefused(f"{on} is to come: a meter is exchanged once its register was read.")
    settled = Usage.objects.filter(agreement__service_point=service_point, superseded_at=None, ends_on__gt=on)
    if last := settled.order_by("-ends_on").first():
        raise ExchangeRefused(f"The use is settled up to {last.ends_on}: choose that day or a later one.")


def _standing(service_point: ServicePoint) -> list[Installation]:
    hanging = Installation.objects.select_for_update(of=["self"]).select_related("meter")
    return list(hanging.filter(service_point=service_point, ends_on=None))


def _take_out(installation: Installation, register: Decimal, *, on: date) -> Read:
    """End an installation with its last read; one of the same day must show the same register."""
    _refuse_register(installation.meter, register)
    read = Read.objects.filter(installation=installation, read_on=on, superseded_at=None).first()
    if read is not None and read.register != register:
        raise ExchangeRefused(f"Meter {installation.meter} was read at {read.register:f} that day: correct that read.")
    Installation.objects.filter(pk=installation.pk).update(ends_on=on)
    return read or Read.objects.create(
        installation=installation, read_on=on, register=register, kind=Read.Kind.ACTUAL, read_import_id=None
    )


def _hang(service_point: ServicePoint, hung: Hung, *, on: date) -> Installation:
    facts = {
        "size_inches": hung.size_inches, "dials": hung.dials, "unit": hung.unit, "multiplier": hung.multiplier,
    }  # fmt: skip
    meter, _ = Meter.objects.get_or_create(serial=hung.serial, defaults=facts)
    if other := [name for name, value in facts.items() if getattr(meter, name) != value]:
        raise ExchangeRefused(f"Meter {meter} is known with another {other[0].replace('_', ' ')}.")
    _refuse_register(meter, hung.register)
    return Installation.objects.create(
        meter=meter, service_point=service_point, starts_on=on, first_register=hung.register, side=hung.side
    )


def _refuse_register(meter: Meter, register: Decimal) -> None:
    if not Register(meter.dials).shows(register):
        raise ExchangeRefused(f"{register:f} does not fit the {meter.dials} dials of meter {meter}.")
