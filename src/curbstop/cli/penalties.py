"""`curbstop penalties`: what late bills cost, proposed by one person, approved by another, posted once."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any

import typer

from curbstop.cli.answers import need_database, refuse, say_json, screen
from curbstop.cli.people import Person, acting


class Kind(StrEnum):
    """What is charged."""

    PENALTY = "penalty"
    INTEREST = "interest"


app = typer.Typer(no_args_is_help=True, help="Propose, approve and post what late bills cost.")
What = Annotated[Kind, typer.Option("--kind", help="Penalties, or interest on what is unpaid.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def propose(person: Person, *, kind: What = Kind.PENALTY, is_json: Json = False) -> None:
    """List what every late bill is charged, and why some are not; nothing is posted."""
    need_database()
    from django.utils import timezone

    from curbstop.collections import operations
    from curbstop.collections.permissions import PROPOSE_CHARGES

    by = acting(person, PROPOSE_CHARGES)
    with _refusals():
        run = operations.propose_charges(kind=kind.value, by=by, at=timezone.now())
    _show(run, is_json=is_json)


@app.command()
def approve(person: Person, *, kind: What = Kind.PENALTY, is_json: Json = False) -> None:
    """Approve the run that somebody else proposed."""
    need_database()
    from django.utils import timezone

    from curbstop.collections import operations
    from curbstop.collections.permissions import APPROVE_CHARGES

    by = acting(person, APPROVE_CHARGES)
    run = _open_run(kind)
    with _refusals():
        run = operations.approve_charges(run=run, by=by, at=timezone.now())
    _show(run, is_json=is_json)


@app.command()
def post(person: Person, *, kind: What = Kind.PENALTY, is_json: Json = False) -> None:
    """Post the approved run; run it again after an interruption."""
    need_database()
    from django.utils import timezone

    from curbstop.collections import operations
    from curbstop.collections.permissions import APPROVE_CHARGES

    by = acting(person, APPROVE_CHARGES)
    run = _open_run(kind)
    with _refusals():
        operations.post_charges(run=run, by=by, at=timezone.now())
    _show(run, is_json=is_json)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what an operation refuses into exit code 1 and a sentence."""
    from curbstop.collections.operations import RunRefused

    try:
        yield
    except RunRefused as refusal:
        refuse(refusal)


def _open_run(kind: Kind) -> Any:
    from curbstop.collections.queries import open_run

    run = open_run(kind.value)
    if run is None:
        refuse(f"No run of {kind.value} is open: propose one first.")
    return run


def _show(run: Any, *, is_json: bool) -> None:
    from curbstop.collections.queries import run_summary
    from curbstop.foundation.money import format_cents

    summary = run_summary(run.pk)
    if is_json:
        say_json(
            {
                "run": summary.id,
                "kind": summary.kind,
                "on": str(summary.on),
                "state": summary.state,
                "bills": summary.bills,
                "total_cents": summary.total_cents,
                "posted": summary.posted,
                "posted_cents": summary.posted_cents,
                "excluded": dict(summary.excluded),
            }
        )
        return
    screen.print(
        f"Run {summary.id}, {summary.kind} on {summary.on}: {summary.state}."
        f" {summary.bills:,} to charge, {format_cents(summary.total_cents)};"
        f" {summary.posted:,} posted, {format_cents(summary.posted_cents)}."
    )
    for reason, count in summary.excluded:
        screen.print(f"  not charged, {reason}: {count:,}")
