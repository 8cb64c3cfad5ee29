"""Statements: a released run printed to tagged PDF by the product's own workers, beside WeasyPrint on the same bills.

The town's bills have thirteen periods of use each, so every page has its chart. WeasyPrint prints the same statements,
one page a bill, from plain HTML with the same words, table, chart and code, tagged as PDF/UA-1 too; it is a part of
the `bench` extra, and without it the ratio is left out and said so.
"""

import time
from concurrent.futures import Executor
from datetime import date, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from curbstop.bench import memory, scratch, town
from curbstop.bench.figures import Measured
from curbstop.bench.weasy import pdf_size
from curbstop.cli.answers import screen

WORKERS = 2
QUICK_BILLS, FULL_BILLS = 1_000, 10_000
# WeasyPrint is far slower: it prints a part of the bills, and the rates are compared.
COMPARED, COMPARED_A_FILE = 60, 15
PERIODS = 12
PERIOD_DAYS = 60


def measure(*, accounts: int = 0, is_full: bool = False) -> Measured:
    """Print a run of so many bills, and a part of it with WeasyPrint."""
    size = accounts or (FULL_BILLS if is_full else QUICK_BILLS)
    with scratch.scratch_server() as cluster:
        scratch.copy_database(cluster, "curbstop", "print")
        scratch.in_a_process("print", found_billed_town, size)
        scratch.use_database("print")
        with memory.watched() as peak, scratch.warm_workers(WORKERS, "print") as executor:
            for each in [executor.submit(warm_up) for _ in range(WORKERS)]:
                each.result()
            pieces, seconds = _print(executor)
        with scratch.warm_workers(WORKERS, "print") as executor:
            compared = _weasyprint(executor)
        figures = {"bills": float(pieces), "pdf_per_second": pieces / seconds, "peak_mib": peak.mib}
        ratios = {}
        if compared is not None:
            figures["weasyprint_per_second"] = compared
            ratios["vs_weasyprint"] = figures["pdf_per_second"] / compared
    return Measured(name="statements", figures=figures, ratios=ratios)


def found_billed_town(accounts: int) -> None:
    """Found a town with two years of use behind it, and release a run of all its accounts."""
    import polars as pl

    from curbstop.billing import operations, queries
    from curbstop.foundation.access.models import User
    from curbstop.foundation.database.copying import read_frame

    town.found_town(accounts)
    drafts, approves = (User.objects.get(username=name) for name in (town.DRAFTS, town.APPROVES))
    agreements = read_frame(
        "select agreement_id, unit, meter_size, starts_on from metering_usage",
        schema={"agreement_id": pl.Int64, "unit": pl.String, "meter_size": pl.String, "starts_on": pl.Date},
    )
    _remember(agreements, before=agreements["starts_on"][0])
    run = operations.draft_bills(
        cycles=[queries.cycles().filter(assignments__isnull=False)[0]],
        through=town.TODAY,
        bill_on=town.TODAY,
        by=drafts,
        at=town.NOON,
    )
    operations.approve_run(run=run, by=approves, at=town.NOON, accepts_holds=True)
    run.refresh_from_db()
    operations.release_bills(run=run, by=approves, at=town.NOON)


def _remember(agreements: Any, *, before: date) -> None:
    """Give each meter its earlier use, which the system before this one billed."""
    import polars as pl

    from curbstop.foundation.database.transactions import transaction
    from curbstop.metering.operations.usage import add_usage

    no_read = pl.lit(None, pl.Int64)
    decimal = pl.Decimal(18, 4)
    for period in range(PERIODS):
        ends_on = before - timedelta(days=PERIOD_DAYS * period)
        use = (pl.col("agreement_id") * (7 + period) % 17 + 2).cast(decimal)
        rows = agreements.select(
            "agreement_id", "unit", "meter_size",
            starts_on=pl.lit(ends_on - timedelta(days=PERIOD_DAYS)), ends_on=pl.lit(ends_on),
            registered=use, billed=use, carried=pl.lit(0).cast(decimal), kind=pl.lit("history"),
            from_read_id=no_read, to_read_id=no_read,
        )  # fmt: skip
        transaction(add_usage)(rows)


def warm_up() -> None:
    """Open the room in a worker, so that the first file is not measured with its imports."""
    import_module("curbstop.billing.operations")
    time.sleep(scratch.SETTLING_SECONDS)


def _print(executor: Executor) -> tuple[int, float]:
    from curbstop.billing import operations
    from curbstop.foundation.access.models import User

    by = User.objects.get(username=town.DRAFTS)
    begun = time.perf_counter()
    printing = operations.plan_printing(run=_run(), by=by, at=town.NOON)
    for _ in operations.print_run(printing=printing, at=town.NOON, executor=executor):
        pass
    return printing.pieces, time.perf_counter() - begun


def _run() -> Any:
    from curbstop.billing.queries import cycles, latest_run_of

    return latest_run_of(cycles().filter(assignments__isnull=False)[0])


def _weasyprint(executor: Executor) -> float | None:
    """Return the bills a second of WeasyPrint in the same workers, or nothing where it is not installed."""
    if find_spec("weasyprint") is None:
        screen.print("WeasyPrint is not installed (extra `bench`): statements are measured without it.")
        return None
    from curbstop.billing.domain.statement import statements_data
    from curbstop.billing.queries import pieces_between, printing_of

    printing = printing_of(_run().pk)
    assert printing is not None, "the statements were printed just before"
    pieces = pieces_between(printing, 1, COMPARED).pieces
    pages = statements_data([piece.statement for piece in pieces])["pages"]
    for each in [executor.submit(pdf_size, pages[:1]) for _ in range(WORKERS)]:
        each.result()
    begun = time.perf_counter()
    parts = [pages[first : first + COMPARED_A_FILE] for first in range(0, len(pages), COMPARED_A_FILE)]
    for each in [executor.submit(pdf_size, part) for part in parts]:
        each.result()
    return len(pages) / (time.perf_counter() - begun)
