"""`curbstop bill`: a cycle's bills drafted, looked at, approved by a second person and released."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, Any

import typer

from curbstop.cli import averages, billing_runs, exemptions, explain
from curbstop.cli.answers import need_database, progress, refuse, say_json, screen, wrong_usage
from curbstop.cli.people import Person, acting

app = typer.Typer(no_args_is_help=True, help="Draft, review, approve and release bills.")
app.add_typer(averages.app, name="averages")
app.add_typer(exemptions.app, name="exemptions")
app.command("explain")(explain.explain)
for command in (billing_runs.prelist, billing_runs.redraft, billing_runs.final, billing_runs.stranded):
    app.command()(command)
app.command("off-cycle")(billing_runs.off_cycle)
Cycle = Annotated[str, typer.Option("--cycle", help="Code of the billing cycle.")]
Cycles = Annotated[list[str], typer.Option("--cycle", help="Code of a billing cycle; may be given again.")]
MaybeCycle = Annotated[str, typer.Option("--cycle", help="Code of the billing cycle.")]
MaybeRun = Annotated[int, typer.Option("--run", help="Number of the run, in place of a cycle.")]
MaybePerson = Annotated[str, typer.Option("--as", help="Who looks; may be left out.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Workers = Annotated[int, typer.Option("--workers", min=1, help="Worker processes.")]
Dask = Annotated[str, typer.Option("--dask", help="Address of a Dask scheduler to use instead.")]
Holds = Annotated[bool, typer.Option("--accept-holds", help="Approve although most services are held.")]
Day = Annotated[
    datetime | None,
    typer.Option("--through", formats=["%Y-%m-%d"], help="First day that is not billed."),
]


@app.command()
def draft(
    cycle: Cycles,
    person: Person,
    *,
    through: Day = None,
    workers: Workers = 2,
    dask: Dask = "",
    is_json: Json = False,
) -> None:
    """Calculate the bills of one cycle or several; nothing is posted, and it can be done again."""
    need_database()
    from django.utils import timezone

    from curbstop.billing import operations
    from curbstop.billing.permissions import DRAFT_RUN
    from curbstop.ledger.queries import current_business_day

    by = acting(person, DRAFT_RUN)
    with _refusals(), _executor(workers=workers, dask=dask, task="Drafting") as executor:
        today = current_business_day()
        run = operations.draft_bills(
            cycles=[_cycle(each) for each in cycle],
            through=_day(through) or today,
            bill_on=today,
            by=by,
            at=timezone.now(),
            executor=executor,
        )
    _show(run, is_json=is_json)


@app.command()
def status(cycle: Cycle, person: MaybePerson = "", *, is_json: Json = False) -> None:
    """Show the cycle's latest run: progress, totals and exceptions."""
    need_database()
    from curbstop.billing.permissions import SEE_RUNS

    if person:
        acting(person, SEE_RUNS)
    run = _latest(cycle)
    _show(run, is_json=is_json)


@app.command()
def approve(
    person: Person, cycle: MaybeCycle = "", run: MaybeRun = 0, *, accepts_holds: Holds = False, is_json: Json = False
) -> None:
    """Approve a drafted run, the cycle's or the one of that number; who drafted it cannot."""
    need_database()
    from django.utils import timezone

    from curbstop.billing import operations
    from curbstop.billing.permissions import APPROVE_RUN

    by = acting(person, APPROVE_RUN)
    with _refusals():
        approved = operations.approve_run(
            run=_chosen(cycle, run), by=by, at=timezone.now(), accepts_holds=accepts_holds
        )
    _show(approved, is_json=is_json)


@app.command()
def release(  # a run is named by its cycle or its number
    person: Person,
    cycle: MaybeCycle = "",
    run: MaybeRun = 0,
    *,
    workers: Workers = 2,
    dask: Dask = "",
    is_json: Json = False,
) -> None:
    """Release the approved run: number its bills and post them; run it again after an interruption."""
    need_database()
    from django.utils import timezone

    from curbstop.billing import operations
    from curbstop.billing.permissions import RELEASE_RUN

    by = acting(person, RELEASE_RUN)
    with _refusals(), _executor(workers=workers, dask=dask, task="Releasing") as executor:
        released = operations.release_bills(run=_chosen(cycle, run), by=by, at=timezone.now(), executor=executor)
    operations.apply_credits(run=released, by=by, at=timezone.now())
    _show(released, is_json=is_json)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what an operation refuses, or a killed worker, into exit code 1 and a sentence."""
    from concurrent.futures import BrokenExecutor

    from curbstop.billing import operations
    from curbstop.ledger.operations import PostingRefused
    from curbstop.ledger.queries import NoOpenBusinessDay
    from curbstop.ordinances.queries import NoSuchRule

    try:
        yield
    except (
        operations.DraftRefused,
        operations.ApprovalRefused,
        operations.ReleaseRefused,
        NoOpenBusinessDay,
        NoSuchRule,
        PostingRefused,
    ) as refusal:
        refuse(refusal)
    except BrokenExecutor:
        refuse("A worker was killed. Nothing is lost or done twice: run the same command again.")


@contextmanager
def _executor(*, workers: int, dask: str, task: str) -> Iterator[Executor]:
    """Give an executor that shows how many partitions are done."""
    from curbstop.billing.jobs import executor_of

    with progress() as bars, executor_of(workers=workers, dask=dask) as executor:
        bar = bars.add_task(task, total=None)
        submitted = 0

        def on_submit() -> None:
            nonlocal submitted
            submitted += 1
            bars.update(bar, total=submitted)

        yield Watched(executor, on_submit=on_submit, on_done=lambda _: bars.advance(bar))


class Watched(Executor):
    """An executor that tells when work is given and when it is done; without one inside, it works itself."""

    def __init__(
        self,
        inside: Executor | None,
        *,
        on_submit: Callable[[], None],
        on_done: Callable[[Future[Any]], None],
    ) -> None:
        self._inside = inside
        self._on_submit = on_submit
        self._on_done = on_done

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Give the work away, or do it now."""
        self._on_submit()
        future: Future[Any]
        if self._inside is None:
            future = Future()
            try:
                future.set_result(fn(*args, **kwargs))
            except Exception as error:  # noqa: BLE001  # handed to whoever asks for the result
                future.set_exception(error)
        else:
            future = self._inside.submit(fn, *args, **kwargs)
        future.add_done_callback(self._on_done)
        return future


def _cycle(code: str) -> Any:
    from curbstop.billing.queries import cycles

    found = cycles().filter(code=code).first()
    if found is None:
        known = ", ".join(cycles().values_list("code", flat=True)) or "none yet"
        wrong_usage(f"There is no cycle {code}; the city has {known}.")
    return found


def _chosen(code: str, number: int) -> Any:
    """Return the cycle's latest run, or the run of a number."""
    if number:
        return billing_runs.run_numbered(number)
    if not code:
        wrong_usage("Name a cycle with --cycle or a run with --run.")
    return _latest(code)


def _latest(code: str) -> Any:
    from curbstop.billing.queries import latest_run_of

    run = latest_run_of(_cycle(code))
    if run is None:
        refuse(f"Cycle {code} has no run yet: draft one first.")
    return run


def _day(given: datetime | None) -> date | None:
    return None if given is None else given.date()


def _show(run: Any, *, is_json: bool) -> None:
    from curbstop.billing.queries import run_of, run_summary
    from curbstop.foundation.money import format_cents

    run = run_of(run.pk)
    summary = run_summary(run)
    if is_json:
        say_json(
            {
                "run": run.pk,
                "cycle": run.title,
                "through": run.through_on,
                "state": run.state,
                "bills": summary.bills,
                "held_bills": summary.held_bills,
                "total_cents": summary.total_cents,
                "partitions": summary.partitions,
                "committed": summary.committed,
                "findings": {each.code: each.found for each in summary.findings},
                "unbilled": [
                    {"kind": kind, "reason": reason, "agreements": count} for kind, reason, count in summary.reasons
                ],
            }
        )
        return
    screen.print(
        f"Run {run.pk}, {run.title} through {run.through_on}: {run.state}."
        f" {summary.bills:,} {'bill' if summary.bills == 1 else 'bills'}, {format_cents(summary.total_cents)};"
        f" {summary.held_bills:,} held."
    )
    for each in summary.findings:
        screen.print(f"  {each.code}: {each.found:,} found, {each.blocking:,} hold a bill")
    for kind, reason, count in summary.reasons:
        screen.print(f"  {kind} {reason}: {count:,} agreements")
