"""`curbstop work`: a worker that takes jobs from the queue, here or on one more machine; and the sealer."""

import signal
import threading
from typing import Annotated

import typer

from curbstop.cli.answers import aside, need_database

app = typer.Typer(help="Run a worker alone, for more machines.")
SECONDS_BETWEEN_SEALS = 10.0


@app.callback(invoke_without_command=True)
def work(
    context: typer.Context,
    *,
    concurrency: Annotated[int, typer.Option(help="Jobs at once.")] = 1,
    until_empty: Annotated[bool, typer.Option("--until-empty", help="End when no job is left.")] = False,
) -> None:
    """Take jobs from the queue until told to stop (SIGTERM or Ctrl-C)."""
    if context.invoked_subcommand is not None:
        return
    need_database()
    from django.core.management import call_command

    wait = ["--one-shot"] if until_empty else []
    call_command("procrastinate", "worker", "--concurrency", str(concurrency), "--delete-jobs", "successful", *wait)


@app.command()
def seal(
    *,
    every: Annotated[float, typer.Option(help="Seconds between two seals.")] = SECONDS_BETWEEN_SEALS,
    once: Annotated[bool, typer.Option("--once", help="Seal what is there and end.")] = False,
) -> None:
    """Seal finished ledger entries into blocks, again and again."""
    need_database()
    told_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told_to_stop.set())
    while not told_to_stop.is_set():
        _seal_now()
        if once:
            return
        told_to_stop.wait(every)


def _seal_now() -> None:
    """Seal once; a database that is away for a moment is no reason to end."""
    from django.db import DatabaseError, connection

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT ledger_seal_now()")
    except DatabaseError as error:
        aside.print(f"Could not seal: {str(error).strip()}", markup=False)
        connection.close()
