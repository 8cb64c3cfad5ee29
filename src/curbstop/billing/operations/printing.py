"""Printing a released run: planned once in postal order, then printed batch by batch, or handed to a vendor.

A batch is rendered outside any transaction, written whole, and only then marked; killed anywhere and started again,
no piece is missing and none is printed twice.
"""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import Executor, as_completed
from datetime import datetime
from pathlib import Path

import polars as pl

from curbstop.billing import queries
from curbstop.billing.domain.postal import sorted_for_mail, tray_counts
from curbstop.billing.domain.statement import statements_data
from curbstop.billing.domain.vendor_file import Control, control_report, heading, vendor_lines
from curbstop.billing.models import BillingRun, PrintedBatch, Printing
from curbstop.customers.queries import mailings_of
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.copying import copy_frame
from curbstop.foundation.database.places import data_folder
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.foundation.documents import render_pdf
from curbstop.ordinances.queries import NoSuchRule, value_on

TEMPLATE = Path(__file__).parents[1] / "documents/statement.typ"
# Fonts are cut to size once a file; larger files win little and are remembered longer.
PIECES_A_BATCH = 50
# A city that mails by itself has no trays: one group for all of it.
NO_TRAYS = 2**31


class PrintingRefused(Exception):
    """The run was not printed; the message says why."""


def folder_of(printing: Printing) -> Path:
    """Return where the files of a mailing lie."""
    return data_folder() / "statements" / f"run-{printing.run_id}"


@transaction
def plan_printing(*, run: BillingRun, by: User, at: datetime, batch: int = PIECES_A_BATCH) -> Printing:
    """Put the bills of a released run in postal order and cut them into files; return the plan if there is one.

    :raises PrintingRefused: if the run is not released, all of its bills were cancelled, or a message has no letter
    """
    run = BillingRun.objects.select_for_update().get(pk=run.pk)
    planned = queries.printing_of(run.pk)
    if planned is not None:
        return planned
    if run.state != BillingRun.State.RELEASED:
        raise PrintingRefused(f"This run is {run.state}: its bills are printed once they are released.")
    bills = queries.pieces_frame(run.pk)
    if bills.is_empty():
        raise PrintingRefused("Every bill of this run was cancelled: there is nothing to print.")
    mailings = mailings_of(bills["account_id"].to_list())
    missing = queries.missing_letters(on=run.bill_on, languages={each.language for each in mailings.values()})
    if missing:
        raise PrintingRefused(f"The bill messages name letters that the city pack lacks: {', '.join(missing)}.")
    zips = {account_id: mailing.zip for account_id, mailing in mailings.items()}
    pieces = sorted_for_mail(
        bills.select("bill_id", zip=pl.col("account_id").replace_strict(zips, return_dtype=pl.String)),
        minimum=_tray_minimum(run),
    )
    with refused_by("bill_mailed_once", PrintingRefused("A bill of this run is in another mailing.")):
        printing = Printing.objects.create(
            run=run,
            pieces=pieces.height,
            total_cents=int(bills["total_cents"].sum()),
            planned_by=by,
            planned_at=at,
        )
        copy_frame("billing_piece", pieces.with_columns(printing_id=pl.lit(printing.pk, pl.Int64)))
    PrintedBatch.objects.bulk_create(
        PrintedBatch(
            printing=printing,
            number=number,
            first_position=first,
            last_position=min(first + batch - 1, pieces.height),
        )
        for number, first in enumerate(range(1, pieces.height + 1, batch), 1)
    )
    audit.record(actor=by, event="billing.printing.planned", subject=printing, at=at, detail={"pieces": pieces.height})
    return printing


def _tray_minimum(run: BillingRun) -> int:
    try:
        return value_on("billing.tray_pieces_min", run.bill_on).number
    except NoSuchRule:
        return NO_TRAYS


def print_run(*, printing: Printing, at: datetime, executor: Executor | None = None) -> Iterator[int]:
    """Render the files that are still to do and yield each one's number as it is done; again after an interruption."""
    waiting = [batch.number for batch in queries.batches_of(printing) if batch.sha256 is None]
    if executor is None:
        for number in waiting:
            print_batch(printing.pk, number, at)
            yield number
        return
    futures = {executor.submit(print_batch, printing.pk, number, at): number for number in waiting}
    for future in as_completed(futures):
        future.result()
        yield futures[future]


def print_batch(printing_id: int, number: int, at: datetime) -> None:
    """Render one file of a mailing, write it whole and mark it."""
    batch = PrintedBatch.objects.select_related("printing__run").get(printing_id=printing_id, number=number)
    if batch.sha256 is not None:
        return
    found = queries.pieces_between(batch.printing, batch.first_position, batch.last_position)
    pdf = b""
    if found.pieces:
        pdf = render_pdf(TEMPLATE, statements_data([piece.statement for piece in found.pieces]))
        write_whole(folder_of(batch.printing) / batch.file_name, pdf)
    _mark(batch, sha256=hashlib.sha256(pdf).hexdigest(), at=at)


@transaction
def _mark(batch: PrintedBatch, *, sha256: str, at: datetime) -> None:
    """Write down that a file lies in its place, unless somebody else made the very same one first."""
    PrintedBatch.objects.filter(pk=batch.pk, sha256=None).update(sha256=sha256, printed_at=at)


def write_vendor_file(*, printing: Printing, path: Path, position: int = 1) -> Control:
    """Write the vendor's file from a piece on, and the control report beside it as `<name>.control.txt`.

    :raises PrintingRefused: if the mailing has no such piece
    """
    if not 1 <= position <= printing.pieces:
        raise PrintingRefused(f"The mailing has pieces 1 to {printing.pieces}; {position} is not one of them.")
    control, left_out = Control(), list[int]()
    draft = path.with_name(f"{path.name}.part")
    draft.parent.mkdir(parents=True, exist_ok=True)
    with draft.open("w", encoding="utf-8", newline="") as file:
        file.write(heading())
        for found in queries.pieces_from(printing, position):
            file.writelines(vendor_lines(found.pieces, control))
            left_out.extend(found.left_out)
        _to_disk(file.fileno())
    trays = tray_counts(queries.tray_rows(printing)) if position == 1 else []
    report = control_report(control, run=printing.run_id, trays=trays, left_out=left_out)
    write_whole(path.with_name(f"{path.name}.control.txt"), report.encode())
    draft.replace(path)
    return control


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        _to_disk(file.fileno())
    draft.replace(path)


def _to_disk(descriptor: int) -> None:
    os.fsync(descriptor)
