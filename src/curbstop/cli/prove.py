"""`curbstop prove`: recompute from the rows what every room promises, and show each row that breaks a promise."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from curbstop.cli.answers import need_database, progress, say_json, screen, wrong_usage

SHOWN = 20

app = typer.Typer(help=__doc__)


@app.command()
def prove(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="The proofs to run; all without one.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value.")] = False,
) -> None:
    """Recompute what Curbstop promises; exit code 1 if one promise does not hold."""
    need_database()
    results = list(_run(_chosen(names or []), is_quiet=as_json))
    if as_json:
        say_json({"proofs": results})
    else:
        _show(results)
    if not all(result["holds"] for result in results):
        raise typer.Exit(1)


def _chosen(names: Sequence[str]) -> list[Any]:
    """Return the proofs of these names in the order of the floors, or all of them."""
    from curbstop.foundation.proofs import discover

    proofs = discover()
    known = {proof.name for proof in proofs}
    if unknown := sorted(set(names) - known):
        wrong_usage(f"No proof is called {', '.join(unknown)}. There are: {', '.join(sorted(known))}.")
    return [proof for proof in proofs if not names or proof.name in names]


def _run(proofs: Sequence[Any], *, is_quiet: bool) -> Iterator[dict[str, Any]]:
    """Check each proof and yield it as the JSON of the command has it, with its promise beside."""
    with progress(is_quiet=is_quiet) as bars:
        task = bars.add_task("Proving", total=len(proofs))
        for proof in proofs:
            bars.update(task, description=proof.name)
            outcome = proof.check()
            bars.advance(task)
            yield {
                "name": proof.name,
                "promise": proof.promise,
                "holds": outcome.holds,
                "checked": outcome.checked,
                "failures": outcome.failures,
            }


def _show(results: Sequence[dict[str, Any]]) -> None:
    """Print one line a proof, and under each that fails the rows that break it."""
    for result in results:
        verdict = "[green]holds[/]" if result["holds"] else "[bold red]FAILS[/]"
        screen.print(f"{verdict}  {result['name']:<32} {result['checked']:>12,} checked  {result['promise']}")
        for failure in result["failures"][:SHOWN]:
            screen.print(f"       {failure}", markup=False)
        if (more := len(result["failures"]) - SHOWN) > 0:
            screen.print(f"       and {more:,} more; --json shows all")
    failed = sum(not result["holds"] for result in results)
    if failed:
        screen.print(f"{failed} of {len(results)} promises do not hold.", style="bold red")
    else:
        whole = "The promise holds." if len(results) == 1 else f"All {len(results)} promises hold."
        screen.print(whole, style="bold green")
