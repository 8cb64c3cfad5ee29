"""`curbstop ledger`: open and close periods and business days, seal the journal and verify its seals."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer
from django.utils import timezone

from curbstop.cli.answers import aside, need_database, refuse, say_json, screen
from curbstop.cli.people import acting

app = typer.Typer(no_args_is_help=True, help="Open and close periods and business days; seal and verify the journal.")
Day = Annotated[datetime, typer.Argument(metavar="DAY", formats=["%Y-%m-%d"], help="A day, as 2026-07-01.")]
Person = Annotated[str, typer.Option("--as", metavar="USER", help="Who does it.")]
Confirmed = Annotated[bool, typer.Option("--confirm", help="Open it although the calendar expects another day.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def open_period(starts_on: Day, ends_on: Day, *, user: Person) -> None:
    """Open a fiscal period from the first day up to, not including, the second."""
    need_database()
    from curbstop.ledger import operations, permissions

    by = acting(user, permissions.OPEN_PERIOD)
    first, end = starts_on.date(), ends_on.date()
    _done(lambda: operations.open_period(starts_on=first, ends_on=end, by=by, at=timezone.now()))
    screen.print(f"The fiscal period from {first} is open; {end} is the first day after it.")


@app.command()
def close_period(starts_on: Day, *, user: Person) -> None:
    """Close the fiscal period that starts on a day, for good."""
    need_database()
    from curbstop.ledger import operations, permissions

    by, first = acting(user, permissions.CLOSE_PERIOD), starts_on.date()
    _done(lambda: operations.close_period(starts_on=first, by=by, at=timezone.now()))
    screen.print(f"The fiscal period from {first} is closed.")


@app.command()
def open_day(day: Day, *, user: Person, is_confirmed: Confirmed = False) -> None:
    """Open a business day: from now on it is the office's day."""
    need_database()
    from curbstop.ledger import operations, permissions
    from curbstop.treasury.queries import question_before_opening

    by, opened = acting(user, permissions.OPEN_BUSINESS_DAY), day.date()
    question = question_before_opening(opened)
    if question and not is_confirmed:
        refuse(f"{question} Then give --confirm.")
    _done(lambda: operations.open_business_day(day=opened, by=by, at=timezone.now()))
    screen.print(f"The business day {opened} is open.")


@app.command()
def close_day(day: Day, *, user: Person) -> None:
    """Close the open business day."""
    need_database()
    from curbstop.ledger import operations, permissions
    from curbstop.treasury.queries import left_undone

    by, closed = acting(user, permissions.OPEN_BUSINESS_DAY), day.date()
    for sentence in left_undone():
        aside.print(sentence, style="yellow", markup=False)
    _done(lambda: operations.close_business_day(day=closed, by=by, at=timezone.now()))
    screen.print(f"The business day {closed} is closed.")


@app.command()
def seal() -> None:
    """Seal what was posted since the last seal; `curbstop serve` does it once a minute."""
    need_database()
    from curbstop.ledger import operations, queries

    made = operations.seal_now()
    screen.print(f"{made} new seals. Newest hash, to be kept on paper: {queries.head_hash() or 'none yet'}")


@app.command()
def verify(*, is_json: Json = False) -> None:
    """Hash every sealed block again; exit code 1 if one does not fit."""
    need_database()
    from curbstop.ledger import queries

    problems = queries.seal_problems()
    if is_json:
        said = [{"seal": number, "problem": problem} for number, problem in problems]
        say_json({"holds": not problems, "head_hash": queries.head_hash(), "problems": said})
    else:
        for number, problem in problems:
            screen.print(f"Seal {number}: {problem}", style="bold red")
        screen.print(f"Newest hash: {queries.head_hash() or 'none yet'}")
    if problems:
        raise typer.Exit(1)


def _done(operation: Callable[[], object]) -> None:
    """Do it, or say in one sentence why not."""
    from curbstop.ledger.operations import DayRefused, PeriodRefused

    try:
        operation()
    except (DayRefused, PeriodRefused) as refusal:
        refuse(refusal)
