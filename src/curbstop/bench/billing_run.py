"""The billing run against COPY of the very rows it wrote.

`vs_copy` copies them, drafted bills and findings too, into the product's own tables, with every key, index and
trigger, in the same transactions and as many workers; `vs_bare_copy` into tables that have primary keys and indexes
alone. What is left above one is the run's own work: reading, rating, drafting, and the checks.
`processor_vs_copy` and `processor_vs_bare_copy` are the same in processor time, ours and PostgreSQL's,
which neighbors on the same cores disturb less.
"""

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from curbstop.bench import memory, processor, scratch, town
from curbstop.bench.figures import Measured, median

WORKERS = 2
ROUNDS = 3
# The smallest has a partition for each worker, else the clock would compare one worker with two.
QUICK_SIZES = (10_000, 20_000)
FULL_SIZES = (10_000, 50_000, 200_000, 1_000_000)
COMPARED = 50_000

# In the order in which the run writes them, with the column that a partition's range is taken of: first what the draft
# writes and the run keeps, then, once it is approved, what the release does.
DRAFTED = {
    "billing_draftbill": "account_id",
    "billing_draftline": "account_id",
    "billing_disposition": "account_id",
    "billing_finding": "account_id",
}
RELEASED = {
    "ledger_entry": "id",
    "ledger_openitem": "entry_id",
    "ledger_posting": "entry_id",
    "billing_bill": "id",
    "billing_billedperiod": "bill_id",
}
_EXCLUSIONS = "select conname from pg_constraint where contype = 'x' and conrelid = %s::regclass"
# What PostgreSQL fills by itself.
FILLED = {"epoch", "xact", "created_at", "row_hash"}


class Cost(NamedTuple):
    """Seconds by the clock, and of all processors."""

    clock: float
    processor: float


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds of one size, by the clock and of the processors: the run's steps, and both baselines."""

    draft: float
    release: float
    run_processor: float
    copy: Cost
    bare_copy: Cost
    bills: int
    peak_mib: float

    @property
    def run(self) -> float:
        """Return the seconds from nothing to released."""
        return self.draft + self.release


def measure(*, accounts: int = 0, is_full: bool = False) -> Measured:
    """Run at each size, and compare with COPY at the one that the gates are stated for."""
    sizes = (accounts,) if accounts else FULL_SIZES if is_full else QUICK_SIZES
    compared = COMPARED if COMPARED in sizes else sizes[-1]
    taken: dict[int, list[Taken]] = {}
    with scratch.scratch_server() as cluster:
        for size in sizes:
            original = f"town_{size}"
            scratch.copy_database(cluster, "curbstop", original)
            scratch.in_a_process(original, town.found_town, size)
            with scratch.superuser(cluster, original) as inside:
                inside.execute("vacuum analyze")  # a city has been there for a while, and the server knows it
            rounds = ROUNDS if size == compared or is_full is False else 1
            taken[size] = [_round(cluster, original, compare=size == compared) for _ in range(rounds)]
    return _measured(taken, compared)


def _measured(taken: dict[int, list[Taken]], compared: int) -> Measured:
    rows = taken[compared]
    run = median([row.run for row in rows])
    figures = {
        "bills": float(rows[0].bills),
        "bills_per_second": rows[0].bills / run,
        "draft_seconds": median([row.draft for row in rows]),
        "release_seconds": median([row.release for row in rows]),
        "copy_seconds": median([row.copy.clock for row in rows]),
        "bare_copy_seconds": median([row.bare_copy.clock for row in rows]),
        "peak_mib": max(row.peak_mib for each in taken.values() for row in each),
    }
    cost = {size: median([row.run / row.bills for row in each]) for size, each in taken.items()}
    figures |= {f"microseconds_a_bill_{size}": 1e6 * each for size, each in cost.items()}
    dear = {size: median([row.run_processor / row.bills for row in each]) for size, each in taken.items()}
    figures |= {f"processor_microseconds_a_bill_{size}": 1e6 * each for size, each in dear.items()}
    return Measured(
        name="billing-run",
        figures=figures,
        ratios={
            "vs_copy": median([row.run / row.copy.clock for row in rows]),
            "vs_bare_copy": median([row.run / row.bare_copy.clock for row in rows]),
            "per_bill_growth": cost[max(cost)] / cost[min(cost)],
            "processor_vs_copy": median([row.run_processor / row.copy.processor for row in rows]),
            "processor_vs_bare_copy": median([row.run_processor / row.bare_copy.processor for row in rows]),
            "processor_per_bill_growth": dear[max(dear)] / dear[min(dear)],
        },
    )


def _round(cluster: Any, original: str, *, compare: bool) -> Taken:
    """Run the town once, and copy the rows it wrote into two other copies of the town."""
    scratch.copy_database(cluster, original, "run")
    scratch.use_database("run")
    with memory.watched() as peak, scratch.warm_workers(WORKERS, "run") as executor:
        run, draft, release, cost = _run(executor, cluster)
    scratch.use_database("postgres")
    copy = bare_copy = Cost(float("nan"), float("nan"))
    if compare:
        with TemporaryDirectory(prefix="rows-") as folder:
            partitions = _export(cluster, Path(folder), run)
            copy = _copied(cluster, original, partitions, bare=False)
            bare_copy = _copied(cluster, original, partitions, bare=True)
    return Taken(draft, release, cost, copy, bare_copy, run.bills, peak.mib)


def _run(executor: Executor, cluster: Any) -> tuple[Any, float, float, float]:
    """Draft, approve and release; return the run, the seconds of both steps and their processor time.

    The approval, a person's step, is in neither.
    """
    from curbstop.billing import operations
    from curbstop.billing.queries import cycles
    from curbstop.foundation.access.models import User

    clerk, manager = (User.objects.get(username=name) for name in (town.DRAFTS, town.APPROVES))
    (cycle,) = cycles().filter(assignments__isnull=False).distinct()
    with processor.spent(cluster) as drafting:
        run, draft = _timed(
            lambda: operations.draft_bills(
                cycles=[cycle], through=town.TODAY, bill_on=town.TODAY, by=clerk, at=town.NOON,
                executor=executor,
            )
        )  # fmt: skip
    run = operations.approve_run(run=run, by=manager, at=town.NOON)
    with processor.spent(cluster) as releasing:
        run, release = _timed(lambda: operations.release_bills(run=run, by=manager, at=town.NOON, executor=executor))
    assert run.state == "released", "the run came to its end"
    return run, draft, release, drafting.seconds + releasing.seconds


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    begun = time.perf_counter()
    answer = work()
    return answer, time.perf_counter() - begun


@dataclass(frozen=True, slots=True)
class Rows:
    """The files of one partition's rows, and the ids that its entries and items have."""

    folder: str
    columns: dict[str, list[str]]
    first_entry_id: int
    entries: int
    first_item_id: int
    items: int


def _export(cluster: Any, folder: Path, run: Any) -> list[Rows]:
    """Write each partition's rows into files, one a table."""
    found = []
    with scratch.superuser(cluster, "run") as connection:
        columns = {table: _columns(connection, table) for table in (*DRAFTED, *RELEASED)}
        partitions = connection.execute(
            "select number, first_bill_number, first_bill_number + bills - 1, first_account_id, last_account_id"
            "  from billing_runpartition where run_id = %s and bills > 0 order by number",
            [run.pk],
        ).fetchall()
        for number, first, last, *accounts in partitions:
            entries = connection.execute(
                "select min(entry_id), max(entry_id), count(entry_id) from billing_bill where id between %s and %s",
                [first, last],
            ).fetchone()
            items = connection.execute(
                "select min(id), count(*) from ledger_openitem where entry_id between %s and %s",
                entries[:2],
            ).fetchone()
            place = folder / str(number)
            place.mkdir()
            ranges = {"account_id": accounts, "id": entries[:2], "entry_id": entries[:2], "bill_id": (first, last)}
            for table, column in (DRAFTED | RELEASED).items():
                low, high = (first, last) if table == "billing_bill" else ranges[column]
                listed = ", ".join(columns[table])
                rows = f"select {listed} from {table} where {column} between {low} and {high}"  # noqa: S608  # our own tables
                query = f"copy ({rows} order by {column}) to stdout"
                with (place / table).open("wb") as file, connection.cursor().copy(query) as copy:
                    for block in copy:
                        file.write(block)
            found.append(Rows(str(place), columns, entries[0], entries[2], items[0], items[1]))
    return found


def _columns(connection: Any, table: str) -> list[str]:
    rows = connection.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0"
        " and not attisdropped and attgenerated = '' order by attnum",
        [table],
    )
    return [name for (name,) in rows if name not in FILLED]


def _copied(cluster: Any, original: str, partitions: list[Rows], *, bare: bool) -> Cost:
    """Return what COPY alone costs for the same rows, transactions and workers."""
    scratch.copy_database(cluster, original, "copy")
    uri = cluster.uri("copy")
    with scratch.superuser(cluster, "copy") as connection:
        # The run that the bills name: the one parent that the town did not have before.
        _carry_over(cluster, connection, "billing_billingrun")
        if bare:
            connection.execute("create schema bare")
            for table in (*DRAFTED, *RELEASED):
                connection.execute(f"create table bare.{table} (like {table} including defaults including indexes)")
                for (name,) in connection.execute(_EXCLUSIONS, [f"bare.{table}"]).fetchall():
                    connection.execute(f"alter table bare.{table} drop constraint {name}")
    with scratch.warm_workers(WORKERS, "copy") as executor:

        def copy_all(tables: list[str]) -> None:
            work = [executor.submit(copy_rows, uri, rows, tables, bare=bare) for rows in partitions]
            for future in work:
                future.result()

        _set_state(cluster, "drafted")
        with processor.spent(cluster) as drafting:
            _, draft = _timed(lambda: copy_all(list(DRAFTED)))
        _set_state(cluster, "approved")
        with processor.spent(cluster) as releasing:
            _, release = _timed(lambda: copy_all(list(RELEASED)))
    return Cost(draft + release, drafting.seconds + releasing.seconds)


def _set_state(cluster: Any, state: str) -> None:
    """Bring the copied run to where its rows may come, past the rules that keep a run going forward."""
    with scratch.superuser(cluster, "copy") as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("update billing_billingrun set state = %s", [state])


def _carry_over(cluster: Any, target: Any, table: str) -> None:
    with (
        scratch.superuser(cluster, "run") as source,
        source.cursor().copy(f"copy {table} to stdout") as copy,
    ):
        rows = b"".join(bytes(block) for block in copy)
    with target.cursor().copy(f"copy {table} from stdin") as copy:
        copy.write(rows)


def copy_rows(uri: str, rows: Rows, tables: list[str], *, bare: bool) -> None:
    """Copy some tables' rows of one partition in one transaction, under ids reserved as the ledger wants them."""
    import psycopg

    with psycopg.connect(uri) as connection:
        if "billing_draftline" in tables:
            # A draft does not wait for the disk, so its copy does not either.
            connection.execute("set local synchronous_commit to off")
        elif not bare:
            connection.execute(
                "insert into ledger_entryidreservation"
                " (first_entry_id, entries, first_item_id, items, xact, created_at)"
                " values (%s, %s, %s, %s, pg_current_xact_id(), transaction_timestamp())",
                [rows.first_entry_id, rows.entries, rows.first_item_id, rows.items],
            )
        for table in tables:
            name = f"bare.{table}" if bare else table
            statement = f"copy {name} ({', '.join(rows.columns[table])}) from stdin"
            with connection.cursor().copy(statement) as copy:
                copy.write(Path(rows.folder, table).read_bytes())
