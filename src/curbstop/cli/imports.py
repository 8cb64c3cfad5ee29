"""`curbstop import`: bring in reads, customers and payments from files, all of a file or nothing of it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from django.utils import timezone

from curbstop.cli.answers import need_database, progress, refuse, say_json, screen, wrong_usage
from curbstop.cli.people import named

app = typer.Typer(no_args_is_help=True, help="Bring in reads, customers and payments from files.")
File = Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file in UTF-8 with a heading line.")]
Person = Annotated[str, typer.Option("--as", metavar="USER", help="Who does it.")]
Day = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day; else the business day.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def reads(file: File, *, user: Person = "", on: Day = None, is_json: Json = False) -> None:
    """Store the meter reads of a file: meter, read_on, register, and if given unit and kind.

    One read that cannot be stored refuses the file, with its line and what was expected.
    """
    need_database()
    from curbstop.metering.imports import read_meter_file
    from curbstop.metering.operations import record_reads

    at = timezone.now()
    day = on.date() if on else _business_day(at)
    content = _bytes_of(file)
    stored = _done(
        lambda: record_reads(file=read_meter_file(content, name=file.name), on=day, by=_person(user), at=at),
        is_json=is_json,
    )
    if is_json:
        say_json({"file": file.name, "reads": stored.rows, "sha256": stored.sha256})
    else:
        screen.print(f"{stored.rows:,} reads of {file.name} are stored.")


@app.command()
def intervals(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Parquet file, or CSV in UTF-8 with a heading line.")],
    *,
    user: Person = "",
    on: Day = None,
    corrects: Annotated[bool, typer.Option("--corrects", help="Days that stand otherwise are replaced.")] = False,
    memory: Annotated[int, typer.Option(min=16, help="MiB for the meters that are looked at together.")] = 256,
    is_json: Json = False,
) -> None:
    """Store interval reads of endpoints: meter, start, use, unit, and if given flag.

    The start says its offset from UTC. One interval that cannot be stored refuses the file, with its line or row.
    """
    need_database()
    from curbstop.metering.imports import opened_interval_file
    from curbstop.metering.operations import record_intervals

    at = timezone.now()
    day = on.date() if on else _business_day(at)

    def load() -> Any:
        with progress(is_quiet=is_json) as bars:
            task = bars.add_task("Intervals checked", total=None)
            with opened_interval_file(
                file, memory_mib=memory, told=lambda rows: bars.update(task, completed=rows)
            ) as new:
                bars.update(task, description="Intervals stored", total=new.intervals, completed=0)
                return record_intervals(
                    file=new, on=day, by=_person(user), at=at, is_correction=corrects,
                    told=lambda rows: bars.update(task, completed=rows),
                )  # fmt: skip

    stored = _done(load, is_json=is_json)
    if is_json:
        say_json({"file": file.name, "intervals": stored.intervals, "sha256": stored.sha256})
    else:
        screen.print(f"{stored.intervals:,} intervals of {file.name} are stored.")


@app.command()
def customers(file: File, *, user: Person = "", is_json: Json = False) -> None:
    """Take over customers, premises, accounts, services, meters, rates and cycles: one row a service.

    Columns that a file must have: account_number, name, address_line, city, state, zip, cycle, service,
    service_point, starts_on. It may have: customer_number, kind, language, phone, email, mailing_line_1,
    mailing_line_2, mailing_city, mailing_state, mailing_zip, unit, parcel, inside_city, billed_from, ends_on, schedule,
    customer_class, rate_inputs, meter_serial, meter_size, meter_dials, meter_unit, meter_multiplier,
    first_register.
    """
    need_database()
    from curbstop.journeys.imports.customers import read_customer_file
    from curbstop.journeys.operations.customers_import import import_customers

    content = _bytes_of(file)
    taken = _done(
        lambda: import_customers(
            intake=read_customer_file(content, name=file.name), by=_person(user), at=timezone.now()
        ),
        is_json=is_json,
    )
    counts = {
        "accounts": taken.accounts.height,
        "services": taken.agreements.height,
        "meters": taken.installations.height,
    }
    if is_json:
        say_json({"file": file.name, **counts})
    else:
        told = ", ".join(f"{count:,} {what}" for what, count in counts.items())
        screen.print(f"{file.name} is taken over: {told}.")


@app.command()
def payments(
    file: File,
    *,
    user: Annotated[str, typer.Option("--as", metavar="USER", help="Who loads it; the entries bear this name.")],
    is_json: Json = False,
) -> None:
    """Post the payments of a lockbox or bank file: account, amount, reference; a file is posted once."""
    need_database()
    from curbstop.cashiering.imports import read_payment_file
    from curbstop.cashiering.operations import import_payments
    from curbstop.cashiering.permissions import IMPORT_PAYMENTS
    from curbstop.foundation.money import format_cents

    content = _bytes_of(file)
    person = _person(user)
    if not person.may(IMPORT_PAYMENTS):
        refuse(f"{user} may not load payments.")
    loaded = _done(
        lambda: import_payments(file=read_payment_file(content, name=file.name), by=person, at=timezone.now()),
        is_json=is_json,
    )
    if is_json:
        counts = {"payments": loaded.payments, "total_cents": loaded.total_cents}
        say_json({"file": file.name, **counts, "sha256": loaded.sha256})
    else:
        screen.print(f"{loaded.payments:,} payments of {file.name} are posted: {format_cents(loaded.total_cents)}.")


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        wrong_usage(f"{file}: {error.strerror}.")


def _business_day(at: datetime) -> Any:
    from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day

    try:
        return current_business_day()
    except NoOpenBusinessDay:
        return timezone.localdate(at)


def _person(username: str) -> Any:
    """Return who does it; without a name the program itself does."""
    return named(username) if username else None


def _done(operation: Callable[[], Any], *, is_json: bool) -> Any:
    from curbstop.foundation.imports import FileRefused

    try:
        return operation()
    except FileRefused as refusal:
        if is_json:
            rows = [{"line": error.line, "field": error.field, "message": error.message} for error in refusal.errors]
            say_json({"refused": rows})
        refuse(refusal)
