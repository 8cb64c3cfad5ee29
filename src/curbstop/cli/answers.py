"""How a command speaks: lines for people, JSON for programs, and exit code 1 when the answer is no."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

screen = Console(highlight=False, soft_wrap=True)
aside = Console(stderr=True, highlight=False, soft_wrap=True)


def say_json(answer: Any) -> None:
    """Print one JSON value to standard output."""
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2, default=str))


def refuse(message: object) -> NoReturn:
    """Say why not on standard error and end with exit code 1."""
    aside.print(str(message), style="bold red", markup=False)
    raise typer.Exit(1)


def wrong_usage(message: object) -> NoReturn:
    """Say how it is called on standard error and end with exit code 2."""
    aside.print(str(message), style="bold red", markup=False)
    raise typer.Exit(2)


@contextmanager
def progress(*, is_quiet: bool = False) -> Iterator[Progress]:
    """Show progress bars on a terminal, and nothing in a pipe."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    is_shown = sys.stderr.isatty() and not is_quiet
    with Progress(*columns, console=aside, disable=not is_shown) as bars:
        yield bars


def start_django() -> None:
    """Load the rooms; only commands that need the database pay for it."""
    import django

    django.setup()


def need_database() -> None:
    """Load the rooms and refuse, with what to do about it, where no database answers."""
    start_django()
    from django.db import OperationalError, connection

    try:
        connection.ensure_connection()
    except OperationalError as error:
        refuse(f"No database answers. Run `curbstop db up` first. ({str(error).strip()})")
