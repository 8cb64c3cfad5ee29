"""`curbstop reads`: what waits for a decision, decisions one at a time, and estimates for what nobody read."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer

from curbstop.cli.answers import need_database, refuse, say_json, screen, wrong_usage
from curbstop.cli.people import acting

app = typer.Typer(no_args_is_help=True, help="Review reads and estimate what nobody read.")
Person = Annotated[str, typer.Option("--as", metavar="USER", help="Who does it.")]
Day = Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The day of the read.")]
Why = Annotated[str, typer.Option("--why", help="A word that an auditor will understand.")]
Register = Annotated[str, typer.Option("--register", help="What the register shows.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The number of the exception, as `exceptions` lists it.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def exceptions(*, code: Annotated[str, typer.Option(help="Only this code.")] = "", is_json: Json = False) -> None:
    """List the reads that wait for a decision, what is held first."""
    need_database()
    from curbstop.metering.domain.exceptions import found_words
    from curbstop.metering.queries.exceptions import all_exceptions, undecided

    rows = [
        {
            "number": each.pk,
            "code": each.code,
            "meter": each.installation.meter.serial,
            "read_on": each.read_on,
            "held": each.holds,
            "found": found_words(each.code, each.values, baseline=each.baseline, source=each.baseline_source),
        }
        for each in undecided(all_exceptions(), code=code)
    ]
    if is_json:
        say_json({"exceptions": rows})
        return
    for row in rows:
        state = "held" if row["held"] else "used"
        screen.print(
            f"{row['number']:>8}  {row['code']:<9} {row['meter']:<14} {row['read_on']}  {state}  {row['found']}"
        )
    screen.print(f"{len(rows):,} wait for a decision.")


@app.command()
def estimate(person: Person, on: Day, *, is_json: Json = False) -> None:
    """Estimate the read of every active meter that nobody read for a billing period."""
    need_database()
    from django.utils import timezone

    from curbstop.metering.operations import EstimateRefused, estimate_missing
    from curbstop.metering.operations.estimates import EVERY_ACCOUNT
    from curbstop.metering.permissions import REVIEW_READS
    from curbstop.ordinances.queries import NoSuchRule

    by = acting(person, REVIEW_READS)
    try:
        done = estimate_missing(accounts=EVERY_ACCOUNT, on=on.date(), by=by, at=timezone.now())
    except (EstimateRefused, NoSuchRule) as refusal:
        refuse(refusal)
    if is_json:
        say_json({"estimated": done.reads, "without_basis": list(done.without_basis)})
        return
    screen.print(f"{done.reads:,} reads are estimated.")
    if done.without_basis:
        screen.print(f"Nothing is known to estimate from: {', '.join(done.without_basis)}.")


@app.command()
def accept(number: Number, person: Person, why: Why) -> None:
    """Let a read stand as it is."""
    need_database()
    from curbstop.metering.operations import accept_read

    _decide(number, person, why, accept_read)


@app.command()
def correct(number: Number, person: Person, why: Why, register: Register) -> None:
    """Put the right register in the place of a read that is not billed."""
    need_database()
    from curbstop.metering.operations import correct_held_read

    _decide(number, person, why, correct_held_read, register=_register(register))


@app.command()
def reread(number: Number, person: Person, why: Why, register: Register, on: Day) -> None:
    """Let a second reading of the meter stand in the place of a read."""
    need_database()
    from curbstop.metering.operations import reread as operation

    _decide(number, person, why, operation, register=_register(register), read_on=on.date())


@app.command("estimate-held")
def estimate_held(number: Number, person: Person, why: Why) -> None:
    """Put an estimate in the place of a read that cannot be trusted."""
    need_database()
    from curbstop.metering.operations import estimate_held_read

    _decide(number, person, why, estimate_held_read)


@app.command("true-up")
def true_up(number: Number, person: Person, why: Why) -> None:
    """Spread the use up to a read again over the estimated periods before it."""
    need_database()
    from curbstop.metering.operations import spread_again

    _decide(number, person, why, spread_again)


def _decide(number: int, person: str, why: str, operation: Callable[..., Any], **facts: Any) -> None:
    from django.utils import timezone

    from curbstop.metering.operations import DispositionRefused
    from curbstop.metering.permissions import REVIEW_READS
    from curbstop.metering.queries.exceptions import all_exceptions

    found = all_exceptions().filter(pk=number).first()
    if found is None:
        refuse(f"There is no exception {number}.")
    try:
        operation(exception=found, note=why, by=acting(person, REVIEW_READS), at=timezone.now(), **facts)
    except DispositionRefused as refusal:
        refuse(refusal)
    screen.print(f"Decided about the read of meter {found.installation.meter}.")


def _register(text: str) -> Decimal:
    try:
        register = Decimal(text)
    except InvalidOperation:
        wrong_usage(f"{text} is not a register.")
    return register


@app.command()
def roll(on: Day, *, person: Person = "", is_json: Json = False) -> None:
    """Make reads of intervals: for each meter that sends them, the midnight register nearest the scheduled day."""
    need_database()
    from django.utils import timezone

    from curbstop.metering.operations import RollRefused, roll_reads
    from curbstop.metering.operations.estimates import EVERY_ACCOUNT
    from curbstop.metering.permissions import RECORD_READS

    by = acting(person, RECORD_READS) if person else None
    try:
        done = roll_reads(accounts=EVERY_ACCOUNT, on=on.date(), by=by, at=timezone.now())
    except RollRefused as refusal:
        refuse(refusal)
    if is_json:
        say_json({"reads": done.reads, "missing": done.missing})
    else:
        screen.print(f"{done.reads:,} midnight reads are stored; {len(done.missing):,} meters stay without.")


@app.command()
def alerts(*, code: Annotated[str, typer.Option(help="Only this code.")] = "", is_json: Json = False) -> None:
    """List what intervals gave notice of and nobody answered: leaks, reverse flow, spikes, gaps, silent endpoints."""
    need_database()
    from curbstop.metering.domain.interval_alerts import alert_words
    from curbstop.metering.queries.intervals import all_alerts, unanswered

    rows = [
        {
            "number": each.pk,
            "code": each.code,
            "meter": each.installation.meter.serial,
            "starts_on": each.starts_on,
            "ends_on": each.ends_on,
            "found": alert_words(each.code, each.values),
        }
        for each in unanswered(all_alerts(), code=code)
    ]
    if is_json:
        say_json({"alerts": rows})
        return
    for row in rows:
        screen.print(f"{row['number']:>8}  {row['code']:<8} {row['meter']:<14} {row['starts_on']}  {row['found']}")
    screen.print(f"{len(rows):,} wait for an answer.")


@app.command()
def answer(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As `alerts` lists it.")], person: Person, why: Why
) -> None:
    """Say what became of an alert: who was told, what was found."""
    need_database()
    from django.utils import timezone

    from curbstop.metering.operations import AnswerRefused, answer_alert
    from curbstop.metering.permissions import REVIEW_READS
    from curbstop.metering.queries.intervals import all_alerts

    found = all_alerts().filter(pk=number).first()
    if found is None:
        refuse(f"There is no alert {number}.")
    try:
        answer_alert(alert=found, note=why, by=acting(person, REVIEW_READS), at=timezone.now())
    except AnswerRefused as refusal:
        refuse(refusal)
    screen.print(f"The {found.code} of meter {found.installation.meter} is answered.")
