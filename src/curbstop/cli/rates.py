"""`curbstop rates`: check rate files and price cases by them, without a database; study a draft on the city's bills."""

import csv
from pathlib import Path
from typing import Annotated, Any

import typer

from curbstop.cli.answers import progress, refuse, say_json
from curbstop.cli.what_if import what_if

app = typer.Typer(no_args_is_help=True, help="Read rate files, price cases, and study a draft.")
app.command("what-if")(what_if)
Paths = Annotated[list[Path], typer.Argument(metavar="PATH…", exists=True, help="Rate files or folders of them.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Cases = Annotated[
    Path, typer.Argument(metavar="CASES.csv", exists=True, dir_okay=False, help="case_id,file,cust_class,inputs,usage")
]
Folder = Annotated[Path, typer.Option("--files", exists=True, file_okay=False, help="The folder of the rate files.")]
Out = Annotated[Path, typer.Option("--out", dir_okay=False, help="Where the answers are written.")]

ANSWER_COLUMNS = ("case_id", "status", "bill", "components", "reason")


@app.command()
def check(paths: Paths, *, is_json: Json = False) -> None:
    """Read rate files; one line a file, and one for each problem: file: class: field: message."""
    from curbstop.rates.imports import rate_files, read_rate_file

    files = list(rate_files(paths))
    answers: list[dict[str, Any]] = []
    with progress(is_quiet=is_json) as bars:
        for path in bars.track(files, description="Reading rate files"):
            schedule = read_rate_file(path, str(path))
            answers.append(
                {
                    "file": str(path),
                    "readable": bool(schedule.classes),
                    "classes": [name for name in schedule.classes if name],
                    "problems": [
                        {
                            "file": each.file,
                            "class": each.class_name,
                            "field": each.field,
                            "message": each.message,
                            "line": each.line,
                        }
                        for each in schedule.problems
                    ],
                }
            )
            if not is_json:
                _tell(answers[-1], [str(each) for each in schedule.problems])
    refused = sum(not answer["readable"] or bool(answer["problems"]) for answer in answers)
    if is_json:
        say_json({"files": answers, "refused": refused})
    if refused:
        raise typer.Exit(1)


@app.command()
def bill(cases: Cases, *, folder: Folder, out: Out) -> None:
    """Price cases; every case has a row in the answer, in the order of the cases."""
    from curbstop.rates.domain.cases import Answer, by_file, price_cases
    from curbstop.rates.imports import CasesRefused, rate_file_in, read_cases

    try:
        ids, read = read_cases(cases)
    except CasesRefused as refusal:
        refuse(refusal)
    answers: list[Answer] = []
    with progress() as bars:
        for file, group in bars.track(list(by_file(read)), description="Pricing"):
            answers.extend(price_cases(rate_file_in(folder, file), group))
    answers.sort(key=lambda answer: answer.place)
    with out.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(ANSWER_COLUMNS)
        for case_id, each in zip(ids, answers, strict=True):
            status = "refused" if each.reason else "ok"
            writer.writerow((case_id, status, each.bill, each.components, each.reason))
    refused = sum(bool(each.reason) for each in answers)
    typer.echo(f"{len(answers) - refused} cases priced, {refused} refused: {out}")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A tariff of ours.")],
    *,
    out: Annotated[Path | None, typer.Option("--out", dir_okay=False, help="Where it is written.")] = None,
) -> None:
    """Write a tariff as a file of the Open Water Rate Specification, or say what it cannot express."""
    from curbstop.rates.domain.owrs.writer import write_owrs
    from curbstop.rates.domain.schedule import ScheduleRefused
    from curbstop.rates.imports import read_rate_file

    schedule = read_rate_file(file, file.name)
    if not schedule.classes:
        refuse(ScheduleRefused(list(schedule.problems)))
    try:
        text = write_owrs(schedule)
    except ScheduleRefused as refusal:
        refuse(refusal)
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        typer.echo(f"Written: {out}")


def _tell(answer: dict[str, Any], problems: list[str]) -> None:
    """Say whether a file can be read, which classes it has, and what is wrong in it."""
    said = "readable" if answer["readable"] else "refused"
    classes = ", ".join(answer["classes"])
    typer.echo(f"{said}: {answer['file']}" + (f": {classes}" if classes else ""))
    for problem in problems:
        typer.echo(f"  {problem}")
