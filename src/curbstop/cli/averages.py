"""`curbstop bill averages`: averages of use computed for everybody, looked at, and approved by a second person."""

from datetime import datetime
from typing import Annotated, Any

import typer

from curbstop.cli.answers import need_database, refuse, say_json, screen
from curbstop.cli.people import Person, acting

app = typer.Typer(no_args_is_help=True, help="Compute and approve averages of use that set a price.")
Policy = Annotated[str, typer.Option("--policy", help="Name of the policy: winter, for billing.average.winter.")]
Day = Annotated[
    datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="A day on which they hold; they begin last before it.")
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command("set")
def compute(policy: Policy, on: Day, person: Person, *, is_json: Json = False) -> None:
    """Compute a policy's averages from the use of every account; they price nothing yet."""
    need_database()
    from django.utils import timezone

    from curbstop.billing import operations
    from curbstop.billing.domain.average_policies import PolicyRefused
    from curbstop.billing.permissions import PROPOSE_AVERAGES
    from curbstop.ordinances.queries import NoSuchRule

    by = acting(person, PROPOSE_AVERAGES)
    try:
        found = operations.set_averages(policy=policy, on=on.date(), by=by, at=timezone.now())
    except (operations.AveragesRefused, NoSuchRule, PolicyRefused) as refusal:
        refuse(refusal)
    _show(found, is_json=is_json)


@app.command()
def stale(person: Person, *, is_json: Json = False) -> None:
    """Name the averages to compute again, because a leak was credited since; exit code 1 if there are any."""
    need_database()
    from curbstop.billing.permissions import SEE_RUNS
    from curbstop.billing.queries.stale_averages import stale_averages

    acting(person, SEE_RUNS)
    found = stale_averages()
    if is_json:
        say_json({"stale": [{"averages": str(each.average_set), "accounts": list(each.accounts)} for each in found]})
    else:
        for each in found:
            screen.print(str(each), markup=False)
        screen.print(f"{len(found):,} to compute again.")
    if found:
        raise typer.Exit(1)


@app.command()
def approve(policy: Policy, person: Person, *, is_json: Json = False) -> None:
    """Put the computed averages of a policy in force; who computed them cannot."""
    need_database()
    from django.utils import timezone

    from curbstop.billing import operations
    from curbstop.billing.permissions import APPROVE_AVERAGES
    from curbstop.billing.queries import waiting_average_set

    by = acting(person, APPROVE_AVERAGES)
    waiting = waiting_average_set(policy)
    if waiting is None:
        refuse(f"No averages of {policy} wait for an approval.")
    try:
        found = operations.approve_averages(average_set=waiting, by=by, at=timezone.now())
    except operations.AveragesRefused as refusal:
        refuse(refusal)
    _show(found, is_json=is_json)


def _show(found: Any, *, is_json: bool) -> None:
    from curbstop.billing.queries import summary_of

    summary = summary_of(found)
    state = "approved" if found.approved_at else "waits for a second person"
    if is_json:
        say_json(
            {
                "policy": found.policy,
                "from": found.starts_on,
                "to": found.ends_on,
                "state": state,
                "averages": summary.averages,
                "defaults": summary.defaults,
                "without": summary.without,
                "total": summary.total,
                "unit": summary.unit,
            }
        )
        return
    screen.print(
        f"{found.policy} from {found.starts_on} to {found.ends_on}: {state}. {summary.averages:,} averages,"
        f" {summary.defaults:,} by default, {summary.without:,} agreements without; {summary.total:,} {summary.unit}"
        " together."
    )
