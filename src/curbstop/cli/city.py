"""`curbstop city`: check a city pack, propose it, and have a second person put it in force."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from django.utils import timezone

from curbstop.cli.answers import need_database, refuse, say_json, screen, start_django
from curbstop.cli.people import named

app = typer.Typer(no_args_is_help=True, help="Check, load and approve a city pack.")
Pack = Annotated[Path, typer.Argument(metavar="PACK", help="The folder of the city pack.")]
Person = Annotated[str, typer.Option("--as", metavar="USER", help="Who does it.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def check(pack: Pack, *, is_json: Json = False) -> None:
    """Read a pack and say what is wrong in it, by file, line and field; nothing is saved."""
    start_django()
    found = _read(pack, is_json=is_json)
    if is_json:
        say_json({"pack": found.name, "sha256": found.sha256, "mistakes": []})
        return
    screen.print(
        f"{found.name} can be loaded: {len(found.sections)} sections, {len(found.values)} values,"
        f" {len(found.tariffs)} rate schedules, {len(found.letters)} letters,"
        f" {len(found.accounts)} accounts."
    )


@app.command()
def load(pack: Pack, *, user: Person, is_json: Json = False) -> None:
    """Propose a pack: everything is checked first, and nothing is in force until it is approved."""
    need_database()
    found = _read(pack)
    from curbstop.journeys.operations.city_pack import propose_pack

    proposed = _done(lambda: propose_pack(pack=found, by=named(user), at=timezone.now()))
    if is_json:
        say_json({"pack": found.name, "changes": [one.as_row() for one in proposed.changes]})
        return
    if not proposed.changes:
        screen.print(f"{found.name} is in force as it stands; nothing changes.")
        return
    _tell(proposed.changes)
    waiting = "was proposed already and waits" if proposed.waited_already else "now waits"
    screen.print(f"{found.name} {waiting} for a second person: curbstop city approve {pack} --as USER")


@app.command()
def approve(pack: Pack, *, user: Person, is_json: Json = False) -> None:
    """Put a proposed pack in force; the approver is another person than the proposer."""
    need_database()
    found = _read(pack)
    from curbstop.journeys.operations.city_pack import approve_pack

    changes = _done(lambda: approve_pack(pack=found, by=named(user), at=timezone.now()))
    if is_json:
        say_json({"pack": found.name, "changes": [one.as_row() for one in changes]})
        return
    _tell(changes)
    screen.print(f"{found.name} is in force.")


def _read(folder: Path, *, is_json: bool = False) -> Any:
    from curbstop.foundation.imports import FileRefused
    from curbstop.journeys.imports.city_pack import read_folder, read_pack

    try:
        return read_pack(read_folder(folder))
    except FileRefused as refusal:
        if is_json:
            say_json({"pack": folder.name, "mistakes": [asdict(one) for one in refusal.errors]})
            raise typer.Exit(1) from None
        refuse(refusal)


def _done(journey: Callable[[], Any]) -> Any:
    from curbstop.foundation.imports import FileRefused
    from curbstop.ordinances.operations import PackRefused

    try:
        return journey()
    except (FileRefused, PackRefused) as refusal:
        refuse(refusal)


def _tell(changes: Iterable[Any]) -> None:
    for change in changes:
        screen.print(f"  {change}", markup=False)
