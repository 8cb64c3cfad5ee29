"""`curbstop export`: the general-ledger journal and every register, as CSV or as an Excel workbook."""

from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from django.utils import timezone

from curbstop.cli.answers import need_database, refuse, say_json, screen
from curbstop.cli.people import acting

app = typer.Typer(no_args_is_help=True, help="Write the journal and every report to a file.")
Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where to write; standard output without it.")]


class Format(StrEnum):
    """The kinds of file."""

    CSV = "csv"
    XLSX = "xlsx"


FileFormat = Annotated[Format, typer.Option("--format", help="The kind of file.")]


@app.command()
def journal(
    first: Day,
    last: Day,
    *,
    user: Annotated[str, typer.Option("--as", metavar="USER", help="Who exports it.")],
    file_format: FileFormat = Format.CSV,
    out: Out = None,
) -> None:
    """Export what no journal carried yet of some business days, the last one included, under the next number."""
    need_database()
    from curbstop.treasury.domain.journal import JournalUnbalanced
    from curbstop.treasury.operations import ExportRefused, export_journal
    from curbstop.treasury.permissions import EXPORT_JOURNAL

    person = acting(user, EXPORT_JOURNAL)
    try:
        file = export_journal(
            from_on=first.date(),
            to_on=last.date() + timedelta(days=1),
            exported_by=person,
            at=timezone.now(),
            as_workbook=file_format == Format.XLSX,
        )
    except (ExportRefused, JournalUnbalanced) as refusal:
        refuse(refusal)
    _put(file.content, out)
    if out:
        screen.print(f"Journal {file.export.number}: {file.export.lines} lines in {out}, sha256 {file.export.sha256}")


@app.command()
def journal_copy(
    number: Annotated[int, typer.Argument(help="The number of the journal.")],
    *,
    user: Annotated[str, typer.Option("--as", metavar="USER", help="Who takes the copy.")],
    file_format: FileFormat = Format.CSV,
    out: Out = None,
) -> None:
    """Write a journal again, each line marked as a copy; it takes no number."""
    need_database()
    from curbstop.treasury.operations import copy_journal
    from curbstop.treasury.permissions import COPY_JOURNAL
    from curbstop.treasury.queries import exports_visible_to

    person = acting(user, COPY_JOURNAL)
    export = exports_visible_to(person).filter(number=number).first()
    if export is None:
        refuse(f"There is no journal {number}.")
    file = copy_journal(export=export, copied_by=person, at=timezone.now(), as_workbook=file_format == Format.XLSX)
    _put(file.content, out)
    if out:
        screen.print(f"A copy of journal {number} is in {out}.")


@app.command()
def register(
    code: Annotated[str, typer.Argument(help="Which one; `curbstop export registers` lists them.")],
    first: Day,
    last: Day,
    *,
    file_format: FileFormat = Format.CSV,
    out: Out = None,
) -> None:
    """Write one register of some days, the last one included."""
    need_database()
    from curbstop.foundation.exports import Heading, write_csv, write_xlsx
    from curbstop.reports.queries import NoSuchRegister
    from curbstop.reports.queries import register as make

    try:
        made = make(code, first_day=first.date(), last_day=last.date())
    except NoSuchRegister as missing:
        refuse(missing)
    headings = [Heading(column.heading, column.name) for column in made.columns]
    write = write_csv if file_format == Format.CSV else write_xlsx
    _put(write(made.exported(), headings), out)
    if out:
        screen.print(f"{made.title}: {len(made.rows)} rows in {out}")


@app.command()
def registers(*, is_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False) -> None:
    """List the registers."""
    need_database()
    from curbstop.reports.queries import CATALOG

    if is_json:
        say_json([{"code": entry.code, "title": entry.title, "shows": entry.sentence} for entry in CATALOG])
        return
    for entry in CATALOG:
        screen.print(f"{entry.code:<18} {entry.sentence}")


def _put(content: bytes, out: Path | None) -> None:
    if out is None:
        typer.echo(content, nl=False)
    else:
        out.write_bytes(content)
