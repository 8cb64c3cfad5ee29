"""More of `curbstop bill`: the pre-list, one account again, chosen accounts, final bills, and what is stranded."""

import csv
import sys
from datetime import datetime
from typing import Annotated, Any

import typer

from curbstop.cli.answers import need_database, refuse, say_json, screen, wrong_usage
from curbstop.cli.people import Person, acting

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Run = Annotated[int, typer.Option("--run", help="Number of the run.")]
Account = Annotated[str, typer.Option("--account", help="Number of the account.")]
Accounts = Annotated[list[str], typer.Option("--account", help="Number of an account; may be given again.")]
Only = Annotated[bool, typer.Option("--exceptions", help="Only bills with an exception.")]
Day = Annotated[
    datetime | None,
    typer.Option("--through", formats=["%Y-%m-%d"], help="First day that is not billed; today without it."),
]


def prelist(run: Run, person: Person, *, exceptions: Only = False, is_json: Json = False) -> None:
    """List what a drafted run would bill, whole or only what has an exception, as CSV or JSON."""
    need_database()
    from curbstop.billing.permissions import SEE_RUNS
    from curbstop.billing.queries import prelist_of

    acting(person, SEE_RUNS)
    rows = [
        {
            "account": bill.account.number,
            "customer": bill.account.customer.name,
            "days": bill.days,
            "total_cents": bill.total_cents,
            "held": bill.held,
            "exceptions": getattr(bill, "codes"),  # noqa: B009  # what the query adds to each row
        }
        for bill in prelist_of(run_numbered(run), only_exceptions=exceptions)
    ]
    if is_json:
        say_json({"run": run, "bills": rows})
        return
    out = csv.writer(sys.stdout)
    out.writerow(["account", "customer", "days", "total_cents", "held", "exceptions"])
    out.writerows([*list(row.values())[:-1], " ".join(row["exceptions"])] for row in rows)


def redraft(run: Run, account: Account, person: Person, *, is_json: Json = False) -> None:
    """Calculate one account of a drafted run once more, as after its read or its rate was mended."""
    need_database()
    from django.utils import timezone

    from curbstop.billing import operations
    from curbstop.billing.permissions import DRAFT_RUN
    from curbstop.cli.bill import _show

    by = acting(person, DRAFT_RUN)
    (account_id,) = _account_ids([account], by)
    try:
        drafted = operations.redraft_account(run=run_numbered(run), account_id=account_id, by=by, at=timezone.now())
    except operations.DraftRefused as refusal:
        refuse(refusal)
    _show(drafted, is_json=is_json)


def off_cycle(account: Accounts, person: Person, *, through: Day = None, is_json: Json = False) -> None:
    """Calculate the bills of chosen accounts, whatever their cycle does."""
    need_database()
    from curbstop.billing import operations
    from curbstop.billing.permissions import DRAFT_RUN

    by = acting(person, DRAFT_RUN)
    account_ids = _account_ids(account, by)
    _draft(lambda **facts: operations.draft_off_cycle(account_ids=account_ids, **facts), by, through, is_json=is_json)


def final(person: Person, *, through: Day = None, is_json: Json = False) -> None:
    """Calculate the last bill of every service that ended and is not billed to its end."""
    need_database()
    from curbstop.billing import operations
    from curbstop.billing.permissions import DRAFT_RUN

    by = acting(person, DRAFT_RUN)
    _draft(operations.draft_final_bills, by, through, is_json=is_json)


def stranded(person: Person, *, is_json: Json = False) -> None:
    """Name every service that the city serves and no run would bill; exit code 1 if there is any."""
    need_database()
    from curbstop.billing.permissions import SEE_RUNS
    from curbstop.billing.queries import services_counted, stranded_services
    from curbstop.ledger.queries import latest_business_day

    acting(person, SEE_RUNS)
    day = latest_business_day()
    found = [] if day is None else stranded_services(day)
    if is_json:
        checked = 0 if day is None else services_counted(day)
        say_json({"checked": checked, "stranded": [{"way": each.way, "what": str(each)} for each in found]})
    else:
        for each in found:
            screen.print(f"{each.way:<16} {each}", markup=False)
        screen.print(f"{len(found):,} stranded.")
    if found:
        raise typer.Exit(1)


def _draft(verb: Any, by: Any, through: datetime | None, *, is_json: bool) -> None:
    from django.utils import timezone

    from curbstop.billing import operations
    from curbstop.cli.bill import _show
    from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day

    try:
        today = current_business_day()
        run = verb(through=through.date() if through else today, bill_on=today, by=by, at=timezone.now())
    except (operations.DraftRefused, NoOpenBusinessDay) as refusal:
        refuse(refusal)
    _show(run, is_json=is_json)


def run_numbered(number: int) -> Any:
    """Return the run of a number, or end with code 2."""
    from curbstop.billing.models import BillingRun
    from curbstop.billing.queries import run_of

    try:
        return run_of(number)
    except BillingRun.DoesNotExist:
        wrong_usage(f"There is no run {number}.")


def _account_ids(numbers: list[str], by: Any) -> list[int]:
    from curbstop.customers.queries import accounts_visible_to

    found = dict(accounts_visible_to(by).filter(number__in=numbers).values_list("number", "pk"))
    if missing := sorted(set(numbers) - set(found)):
        wrong_usage(f"There is no account {', '.join(missing)}.")
    return sorted(found.values())
