"""`curbstop print`: the statements of a released run as PDF files, or as one file for a print vendor."""

from pathlib import Path
from typing import Annotated, Any

import typer

from curbstop.cli.answers import need_database, progress, refuse, say_json, screen, wrong_usage
from curbstop.cli.people import Person, acting

app = typer.Typer(no_args_is_help=True, help="Print a released run, or write the file of a print vendor.")
Run = Annotated[int, typer.Argument(help="Number of the run.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def statements(
    run: Run,
    person: Person,
    *,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Worker processes.")] = 2,
    is_json: Json = False,
) -> None:
    """Print the statements in postal order, file by file; again after an interruption it goes on."""
    printing = _planned(run, person)
    from django.utils import timezone

    from curbstop.billing import operations
    from curbstop.billing.jobs import executor_of
    from curbstop.billing.queries import batches_of

    with progress() as bars, executor_of(workers=workers) as executor:
        bar = bars.add_task("Printing", total=sum(1 for each in batches_of(printing) if each.sha256 is None))
        for _ in operations.print_run(printing=printing, at=timezone.now(), executor=executor):
            bars.advance(bar)
    files = len(batches_of(printing))
    if is_json:
        say_json({"run": run, "pieces": printing.pieces, "files": files, "folder": str(operations.folder_of(printing))})
    else:
        screen.print(f"{printing.pieces:,} bills in {files:,} files: {operations.folder_of(printing)}")


@app.command(name="vendor-file")
def vendor_file(
    run: Run,
    file: Annotated[Path, typer.Argument(help="The file to write; its control report lies beside it.")],
    person: Person,
    *,
    position: Annotated[int, typer.Option("--from", min=1, help="First piece, to restart a printer.")] = 1,
    is_json: Json = False,
) -> None:
    """Write one line a bill for a print vendor, and the control report that they compare."""
    printing = _planned(run, person)
    from curbstop.billing import operations

    try:
        control = operations.write_vendor_file(printing=printing, path=file, position=position)
    except operations.PrintingRefused as refusal:
        refuse(refusal)
    if is_json:
        say_json({"run": run, "pieces": control.pieces, "due_cents": control.due_cents})
    else:
        screen.print(f"{control.pieces:,} lines in {file}; the control report is {file.name}.control.txt")


def _planned(run_id: int, person: str) -> Any:
    """Return the mailing of a run, planned by this person if it was not yet."""
    need_database()
    from django.utils import timezone

    from curbstop.billing import operations
    from curbstop.billing.permissions import PRINT_RUN
    from curbstop.billing.queries import runs_visible_to

    by = acting(person, PRINT_RUN)
    run = runs_visible_to(by).filter(pk=run_id).first()
    if run is None:
        wrong_usage(f"There is no run {run_id}.")
    try:
        return operations.plan_printing(run=run, by=by, at=timezone.now())
    except operations.PrintingRefused as refusal:
        refuse(refusal)
