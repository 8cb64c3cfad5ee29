"""`curbstop bill exemptions`: services that are not billed, asked for by one person and agreed to by another."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import typer

from curbstop.cli.answers import need_database, refuse, screen
from curbstop.cli.people import Person, acting

app = typer.Typer(no_args_is_help=True, help="Ask that a service is not billed, agree to it, and end it.")
Account = Annotated[str, typer.Option("--account", help="Number of the account.")]
Service = Annotated[str, typer.Option("--service", help="Code of the service, such as water.")]
Day = Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The day from which it holds.")]
Why = Annotated[str, typer.Option("--why", help="A sentence that an auditor will understand.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="Number of the exemption.")]


@app.command("list")
def listed(person: Person) -> None:
    """List the exemptions, what waits for a second person first."""
    need_database()
    from curbstop.billing.permissions import SEE_RUNS
    from curbstop.billing.queries.exemptions import exemptions_visible_to

    for each in exemptions_visible_to(acting(person, SEE_RUNS)):
        whose = each.agreement.account.number if each.agreement else each.service_point
        state = "in force" if each.approved_at else "waits"
        screen.print(f"{each.pk:>6}  {whose}  {each.starts_on} to {each.ends_on or '...'}  {state}  {each.reason}")


@app.command()
def ask(person: Person, account: Account, service: Service, on: Day, why: Why) -> None:
    """Ask that a service of an account is not billed from a day on."""
    need_database()
    from curbstop.billing.operations import request_exemption
    from curbstop.billing.permissions import REQUEST_EXEMPTION
    from curbstop.customers.queries import accounts_visible_to
    from curbstop.customers.queries.serving import agreement_for

    by = acting(person, REQUEST_EXEMPTION)
    found = accounts_visible_to(by).filter(number=account).first()
    agreement = found and agreement_for(found, service, on.date())
    if agreement is None:
        refuse(f"No account {account} has {service} on {on.date()}.")
    asked = _do(request_exemption, by, reason=why, starts_on=on.date(), agreement_id=agreement.pk)
    screen.print(f"Exemption {asked.pk} waits for a second person.")


@app.command()
def approve(number: Number, person: Person) -> None:
    """Put an exemption in force that somebody else asked for."""
    need_database()
    from curbstop.billing.operations import approve_exemption
    from curbstop.billing.permissions import APPROVE_EXEMPTION

    by = acting(person, APPROVE_EXEMPTION)
    _do(approve_exemption, by, exemption=_numbered(number, by))
    screen.print(f"Exemption {number} is in force.")


@app.command()
def end(number: Number, person: Person, on: Day) -> None:
    """Let the service be billed again from a day on."""
    need_database()
    from curbstop.billing.operations import end_exemption
    from curbstop.billing.permissions import REQUEST_EXEMPTION

    by = acting(person, REQUEST_EXEMPTION)
    _do(end_exemption, by, exemption=_numbered(number, by), ends_on=on.date())
    screen.print(f"Exemption {number} ends on {on.date()}.")


def _numbered(number: int, by: Any) -> Any:
    from curbstop.billing.queries.exemptions import exemptions_visible_to

    return exemptions_visible_to(by).filter(pk=number).first() or refuse(f"There is no exemption {number}.")


def _do(operation: Callable[..., Any], by: Any, **facts: Any) -> Any:
    from django.utils import timezone

    from curbstop.billing.operations import ExemptionRefused

    try:
        return operation(**facts, by=by, at=timezone.now())
    except ExemptionRefused as refusal:
        refuse(refusal)
