"""`curbstop demo`: make a city, play one business day in it, prove it and serve it; a second run only serves."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from curbstop.cli.answers import aside, progress, refuse, screen, start_django

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from curbstop.demo.summary import Figures

app = typer.Typer(help="Make the demo city and play one business day.")
DICE = 20
LARKSPUR_BEND_STEPS = 18
SANTA_MONICA_STEPS = 21


class CityName(StrEnum):
    """The cities that the demo can make."""

    LARKSPUR_BEND = "larkspur-bend"
    SANTA_MONICA = "santa-monica"


@app.command()
def demo(
    *,
    city: Annotated[
        CityName, typer.Option(help="Which city; santa-monica bills real readings.")
    ] = CityName.LARKSPUR_BEND,
    data: Annotated[Path | None, typer.Option(help="The data folder with the real readings.")] = None,
    serve: Annotated[bool, typer.Option(help="Serve the city afterwards.")] = True,
    port: Annotated[int, typer.Option(help="Where it is served.")] = 8000,
    workers: Annotated[int, typer.Option(help="Worker processes of a billing run; 0: one for each core.")] = 0,
) -> None:
    """Make the demo city, play one business day, print the proofs, and serve it."""
    start_django()
    _refuse_production()
    _bring_up()
    from curbstop.demo.summary import figures, is_made

    if is_made():
        screen.print("The city is there already: no business day is added. (`make clean` starts anew.)")
    else:
        _sweep_away_what_was_begun()
        if city is CityName.SANTA_MONICA:
            _make_santa_monica(data, workers=workers)
        else:
            _make_larkspur_bend(workers=workers)
    found = figures()
    _print_summary(found)
    _print_sign_ins(port if serve else None)
    if not found.holds:
        raise typer.Exit(1)
    if serve:
        from curbstop.cli.serve import serve as keep_serving

        keep_serving(port=port)


def _refuse_production() -> None:
    from django.conf import settings

    if settings.IS_PRODUCTION:
        refuse("A demo city is never made in production (CURBSTOP_ENV=production).")


def _bring_up() -> None:
    from django.conf import settings

    from curbstop.foundation.database.binaries import ServerRefused
    from curbstop.foundation.database.installation import bring_up

    try:
        with aside.status("PostgreSQL") as line:
            bring_up(settings.DATABASE_ADDRESS, tell=line.update)
    except ServerRefused as refusal:
        refuse(refusal)


def _sweep_away_what_was_begun() -> None:
    """Begin with an empty database after a demo that was interrupted: half a day proves nothing."""
    from django.conf import settings

    from curbstop.demo.summary import is_begun
    from curbstop.foundation.database.binaries import ServerRefused
    from curbstop.foundation.database.installation import drop_database

    if not is_begun():
        return
    if settings.ENVIRONMENT != "demo":
        refuse("Somebody works here already. A demo city is made in an empty installation.")
    screen.print("An earlier demo was interrupted: starting anew.")
    try:
        drop_database(settings.DATABASE_ADDRESS)
    except ServerRefused as refusal:
        refuse(refusal)
    _bring_up()


def _make_larkspur_bend(*, workers: int) -> None:
    from curbstop.demo.larkspur_bend import make_larkspur_bend

    with _told(LARKSPUR_BEND_STEPS) as told, _executor(workers) as executor:
        make_larkspur_bend(dice=random.Random(DICE), executor=executor, told=told)


def _make_santa_monica(data: Path | None, *, workers: int) -> None:
    from curbstop.demo.real_city import make_santa_monica
    from curbstop.demo.santa_monica import DataMissing

    if data is None:
        refuse("Name the folder with the real readings: make demo CITY=santa-monica DATA=DIR")
    try:
        with _told(SANTA_MONICA_STEPS) as told, _executor(workers) as executor:
            make_santa_monica(data=data, dice=random.Random(DICE), executor=executor, told=told)
    except DataMissing as missing:
        refuse(missing)


@contextmanager
def _told(steps: int) -> Iterator["Told"]:
    """Show a bar of the steps on a terminal, and each step as a line in a pipe."""
    with progress() as bars:
        yield Told(bars, steps=steps)


class Told:
    """Says which step is under way, and how many there are."""

    def __init__(self, bars: Progress, *, steps: int) -> None:
        self._bars = bars
        self._bar = bars.add_task("", total=steps)
        self._is_first = True

    def __call__(self, step: str) -> None:
        """Say that a step begins, and so that the one before is done."""
        self._bars.update(self._bar, description=step, advance=0 if self._is_first else 1)
        self._is_first = False
        if self._bars.disable:
            aside.print(f"· {step}")


@contextmanager
def _executor(workers: int) -> Iterator["Executor | None"]:
    from curbstop.billing.jobs import executor_of

    with executor_of(workers=workers or os.cpu_count() or 1) as executor:
        yield executor


def _print_summary(found: "Figures") -> None:
    screen.print(f"\n{found.city}, business day {found.business_day:%A, %B %d, %Y}", style="bold")
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column(justify="left")
    table.add_column(justify="right")
    for label, value in found.lines:
        table.add_row(label, value)
    screen.print(table)
    screen.print("\nProofs", style="bold")
    for name, promise, checked, failures in found.proofs:
        mark = "[red]FAILS[/red]" if failures else "[green]holds[/green]"
        screen.print(f"  {mark}  {name:<28} {promise} [dim]({checked:,} checked)[/dim]")
        for failure in failures[:3]:
            screen.print(f"         {failure}", markup=False)


def _print_sign_ins(port: int | None) -> None:
    from curbstop.demo.people import ADMINISTRATOR, PEOPLE, password

    names = ", ".join([name for name, *_ in PEOPLE] + [ADMINISTRATOR[0]])
    where = f"http://127.0.0.1:{port}" if port else "`make demo` serves it on http://127.0.0.1:8000"
    screen.print(f"\n[bold]{where}[/bold]\nSign in as {names}\nPassword for all: [bold]{password()}[/bold]\n")
