"""`curbstop rates what-if`: a year of the city's own bills under a draft tariff, beside the one in force."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from curbstop.cli.answers import need_database, progress, refuse, say_json, screen, wrong_usage

Draft = Annotated[Path, typer.Option("--draft", exists=True, dir_okay=False, help="The draft, in either rate format.")]
First = Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of the bills' periods.")]
Last = Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of the bills' periods.")]
Code = Annotated[str, typer.Option("--schedule", help="The schedule that it replaces; else the one it is named after.")]
Csv = Annotated[Path | None, typer.Option("--csv", dir_okay=False, help="Write every account's change as CSV.")]
Xlsx = Annotated[Path | None, typer.Option("--xlsx", dir_okay=False, help="Write every account's change as Excel.")]
Household = Annotated[list[str], typer.Option("--household", help="A household and its income a year: median=62000")]
Class = Annotated[list[str], typer.Option("--class", help="A class that households are billed in; else all.")]
Percent = Annotated[str, typer.Option("--percent-max", help="Percentage of an income above which a bill is too much.")]
Workers = Annotated[int, typer.Option("--workers", min=1, help="Worker processes.")]
Dask = Annotated[str, typer.Option("--dask", help="Address of a Dask scheduler to use instead.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, all tables but the accounts.")]


def what_if(  # noqa: PLR0913 - each option of the command is a parameter
    draft: Draft,
    first: First,
    last: Last,
    *,
    schedule: Code = "",
    csv: Csv = None,
    xlsx: Xlsx = None,
    households: Household = [],  # noqa: B006 - Typer makes a new list for each call
    classes: Class = [],  # noqa: B006 - Typer makes a new list for each call
    percent_max: Percent = "",
    workers: Workers = 2,
    dask: Dask = "",
    is_json: Json = False,
) -> None:
    """Study what a draft would bill: revenue by tier, changes of bills, winners and losers, shares of incomes."""
    need_database()
    from curbstop.billing.jobs import executor_of
    from curbstop.reports.domain.studies import Affordability, read_households, told
    from curbstop.reports.queries.what_if import study_city

    question = _question(draft, first, last, schedule)
    try:
        percent = Decimal(percent_max) if percent_max else None
        asked = Affordability(read_households(households), tuple(classes), percent)
    except (ValueError, ArithmeticError) as problem:
        wrong_usage(problem)
    with progress(is_quiet=is_json) as bars, executor_of(workers=workers, dask=dask) as executor:
        bar = bars.add_task("Studying", total=None)
        part = study_city(
            question, executor=executor, on_part=lambda done, parts: bars.update(bar, completed=done, total=parts)
        )
    results = told(part, asked)
    _write(part.accounts, csv=csv, xlsx=xlsx)
    if is_json:
        say_json(results)
    else:
        _show(results)


def _question(draft: Path, first: datetime, last: datetime, schedule: str) -> Any:
    """Compile the draft and name every problem of it."""
    from curbstop.rates.imports import read_rate_file
    from curbstop.rates.queries import NoSuchVersion
    from curbstop.reports.queries.what_if import name_in, question_of

    if last < first:
        wrong_usage("The last day must not be before the first.")
    read = read_rate_file(draft, draft.name)
    if read.problems or not read.classes:
        refuse("\n".join(str(each) for each in read.problems) or f"{draft.name}: has no class")
    document = draft.read_text(encoding="utf-8-sig", errors="replace")
    is_owrs = draft.suffix.lower() == ".owrs" or "\nrate_structure:" in document
    try:
        return question_of(
            schedule or name_in(document) or draft.stem,
            draft=document,
            draft_format="owrs" if is_owrs else "tariff",
            from_on=first.date(),
            to_on=last.date() + timedelta(days=1),
        )
    except NoSuchVersion as refusal:
        refuse(refusal)


def _write(accounts: Any, *, csv: Path | None, xlsx: Path | None) -> None:
    from curbstop.foundation.exports import csv_chunks, write_xlsx
    from curbstop.reports.queries.study_tables import account_headings, account_rows

    if csv is not None:
        with csv.open("wb") as file:
            file.writelines(csv_chunks(account_rows(accounts), account_headings()))
    if xlsx is not None:
        xlsx.write_bytes(write_xlsx(account_rows(accounts), account_headings(), sheet="Accounts"))


def _show(results: dict[str, Any]) -> None:
    from curbstop.foundation.money import format_cents

    screen.print(
        f"{results['bills']:,} bills of {results['accounts']:,} accounts:"
        f" {format_cents(results['now_cents'])} today, {format_cents(results['draft_cents'])} under the draft."
        f" {results['winners']:,} pay less, {results['unchanged']:,} the same, {results['losers']:,} more."
    )
    for each in results["refused"]:
        screen.print(f"  {each['bills']:,} bills not compared, {each['side']}: {each['reason']}", markup=False)
    for each in results["revenue"]:
        tier = f", tier {each['tier']}" if each["tier"] else ""
        screen.print(
            f"  {each['customer_class'] or 'all'}: {each['label']}{tier}:"
            f" {format_cents(each['now_cents'])} → {format_cents(each['draft_cents'])}",
            markup=False,
        )
    for each in results["percentiles"]:
        said = ", ".join(format_cents(cents) for cents in each["cents"])
        screen.print(
            f"  change of a bill, {each['customer_class'] or 'all'} (least, 1…99 %, most): {said}", markup=False
        )
    for each in results["affordability"]:
        screen.print(
            f"  {each['household']}: the middle account pays {each['now_p50_percent']} % of the income today,"
            f" {each['draft_p50_percent']} % under the draft",
            markup=False,
        )
