"""`curbstop bill explain`: how each line of a bill was made, why the bill changed, and whether it proves itself."""

from typing import Annotated, Any

import typer

from curbstop.cli.answers import need_database, refuse, say_json, screen

LANGUAGES = ("en", "es")


def explain(
    number: Annotated[int, typer.Argument(help="Number of the bill.")],
    *,
    is_spanish: Annotated[bool, typer.Option("--es", help="Answer people in Spanish.")] = False,
    is_json: Annotated[bool, typer.Option("--json", help="Answer in JSON, in both languages.")] = False,
) -> None:
    """Explain one bill from its derivations; exit code 1 if the independent checker does not get its amounts."""
    need_database()
    from curbstop.billing.queries.explained import explained_bill

    told = explained_bill(number)
    if told is None:
        refuse(f"There is no bill {number}.")
    if is_json:
        say_json(told)
    else:
        _show(told, LANGUAGES[is_spanish])
    if told["faults"]:
        raise typer.Exit(1)


def _show(told: dict[str, Any], language: str) -> None:
    from curbstop.foundation.money import format_cents

    screen.print(f"Bill {told['number']}: {told['starts_on']} – {told['ends_on']}, {format_cents(told['total_cents'])}")
    for line in told["lines"]:
        words = line[language]
        screen.print(f"  {words['label']}: {words['how']} = {format_cents(line['amount_cents'])}", markup=False)
        if words["why"]:
            screen.print(f"      {words['why']} (§ {line['section']})", markup=False)
    if told["change"]:
        screen.print(told["change"][language], markup=False)
    for fault in told["faults"]:
        screen.print(fault, style="bold red", markup=False)
