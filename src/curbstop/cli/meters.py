"""`curbstop meters`: meters are exchanged, and put behind one another, from a day on."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer

from curbstop.cli.answers import need_database, refuse, screen, wrong_usage
from curbstop.cli.people import Person, acting

app = typer.Typer(no_args_is_help=True, help="Exchange meters, and put one behind another.")
Point = Annotated[str, typer.Argument(metavar="POINT", help="Number of the service point.")]
Submeter = Annotated[str, typer.Argument(metavar="SUBMETER", help="Number of the service point behind it.")]
Day = Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The day from which it holds.")]
Out = Annotated[list[str], typer.Option("--out", help="What the old register shows: 4530, or high=12 of a side.")]
In = Annotated[
    list[str],
    typer.Option("--in", metavar="METER", help="serial,size,dials,unit,multiplier,register[,high or low]."),
]
Purpose = Annotated[str, typer.Option(help="billed, returned or both: what of the main's use it reduces.")]
FACTS_MIN, FACTS_MAX = 6, 7


@app.command()
def exchange(
    point: Point,
    person: Person,
    on: Day,
    out: Out = [],  # noqa: B006  # typer reads the list and never changes it
    hung: In = [],  # noqa: B006  # the same
) -> None:
    """Take meters out at the register they show, and hang others in their place."""
    need_database()
    from curbstop.metering.operations import ExchangeRefused, exchange_meter

    facts = {"out": dict(_side(each) for each in out), "hung": [_hung(each) for each in hung]}
    done = _do(exchange_meter, ExchangeRefused, person, service_point=_point(point), on=on.date(), **facts)
    names = ", ".join(each.meter.serial for each in done.hung) or "no meter"
    screen.print(f"From {on.date()} on {names} hangs at {point}.")


@app.command()
def link(point: Point, submeter: Submeter, person: Person, on: Day, purpose: Purpose = "billed") -> None:
    """Take what the meter at SUBMETER counts off what POINT is billed for."""
    need_database()
    from curbstop.metering.operations import LinkRefused, link_submeter

    points = {"master": _point(point), "submeter": _point(submeter)}
    _do(link_submeter, LinkRefused, person, **points, purpose=purpose, starts_on=on.date())
    screen.print(f"From {on.date()} on {submeter} is behind {point}.")


@app.command()
def unlink(submeter: Submeter, person: Person, on: Day) -> None:
    """Let a meter be behind another one no longer."""
    need_database()
    from curbstop.metering.operations import LinkRefused, unlink_submeter
    from curbstop.metering.queries.meters import link_in_force

    found = link_in_force(_point(submeter))
    if found is None:
        refuse(f"{submeter} is behind no other meter.")
    _do(unlink_submeter, LinkRefused, person, link=found, on=on.date())
    screen.print(f"From {on.date()} on {submeter} is behind {found.master.number} no longer.")


def _do(operation: Callable[..., Any], refusal: type[Exception], person: str, **facts: Any) -> Any:
    from django.utils import timezone

    from curbstop.metering.permissions import CHANGE_METERS

    try:
        return operation(**facts, by=acting(person, CHANGE_METERS), at=timezone.now())
    except refusal as refused:
        refuse(refused)


def _point(number: str) -> Any:
    from curbstop.customers.queries.serving import service_points

    found = service_points().filter(number=number).first()
    if found is None:
        wrong_usage(f"There is no service point {number}.")
    return found


def _side(text: str) -> tuple[str, Decimal]:
    side, _, register = text.rpartition("=")
    return side, _number(register)


def _hung(text: str) -> Any:
    from curbstop.metering.operations import Hung

    facts = [each.strip() for each in text.split(",")]
    if not FACTS_MIN <= len(facts) <= FACTS_MAX or not facts[2].isdigit():
        wrong_usage(f"{text} is no meter: give serial,size,dials,unit,multiplier,register and the side of a compound.")
    serial, size, dials, unit, multiplier, register, side = [*facts, ""][:FACTS_MAX]
    return Hung(
        serial=serial, size_inches=size, dials=int(dials), unit=unit, multiplier=_number(multiplier),
        register=_number(register), side=side,
    )  # fmt: skip


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        wrong_usage(f"{text} is not a number.")
