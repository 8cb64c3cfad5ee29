"""`curbstop bench`: measure one thing, or all of them, in a database that is thrown away."""

from importlib import import_module
from importlib.util import find_spec
from typing import Annotated

import typer

from curbstop.bench.figures import Measured
from curbstop.cli.answers import say_json, screen, wrong_usage

# Name → the module whose `measure(accounts, is_full)` takes it.
BENCHES = {
    "rating": "curbstop.bench.rating",
    "billing-run": "curbstop.bench.billing_run",
    "statements": "curbstop.bench.statements",
    "search": "curbstop.bench.search",
    "pages": "curbstop.bench.pages",
    "posting": "curbstop.bench.posting",
    "intervals": "curbstop.bench.intervals",
    "what-if": "curbstop.bench.what_if",
}

THREE_DECIMALS_BELOW = 100

app = typer.Typer(no_args_is_help=True, help="Measure, each figure with its baseline.")


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help="What to measure, or all.")],
    *,
    accounts: Annotated[int, typer.Option(min=0, help="Accounts; 0 for the quick sizes.")] = 0,
    full: Annotated[bool, typer.Option("--full", help="The full sizes.")] = False,
    is_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Measure one thing by name, or all."""
    known = {each: module for each, module in BENCHES.items() if find_spec(module)}
    if name != "all" and name not in known:
        wrong_usage(f"There is no bench {name}; there are {', '.join(known)} and all.")
    wanted = known if name == "all" else {name: known[name]}
    answers: list[Measured] = []
    for module in wanted.values():
        answer = import_module(module).measure(accounts=accounts, is_full=full)
        answers.append(answer)
        if not is_json:
            _print(answer)
    if is_json:
        found = [answer.as_json() for answer in answers]
        say_json(found if name == "all" else found[0])


def _print(answer: Measured) -> None:
    screen.print(f"{answer.name}")
    for kind in (answer.ratios, answer.figures):
        for key, value in kind.items():
            shown = f"{value:,.3f}" if value < THREE_DECIMALS_BELOW else f"{value:,.0f}"
            screen.print(f"  {key:<28} {shown:>14}")
