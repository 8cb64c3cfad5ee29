"""Payments from a file: every line posted in the city's order, or none; the money is at the bank already."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

import polars as pl

from curbstop.cashiering.domain.payment_files import PaymentFile, PaymentLine
from curbstop.cashiering.models import ImportedPayment, PaymentImport
from curbstop.cashiering.queries import application_order
from curbstop.customers.queries import debtors_of_accounts
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.copying import append_frame
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.foundation.imports import FileRefused, Located
from curbstop.ledger.domain.allocation import ApplicationOrder, allocate
from curbstop.ledger.operations import EntryBatch, post_entries
from curbstop.ledger.queries import (
    NoOpenBusinessDay,
    OpenItemRow,
    current_business_day,
    gl_account,
    lock_open_items,
    open_items_by_debtor,
)

Owed = dict[int, dict[int, OpenItemRow]]


class ImportRefused(FileRefused):
    """No payment of the file was posted; the errors name each line, field and what was expected."""


@transaction
def import_payments(*, file: PaymentFile, by: User, at: datetime) -> PaymentImport:
    """Post every payment of a file, which is loaded once by its content, whatever its name.

    :raises ImportRefused: if the file was loaded before, no business day is open, or an account is unknown
    """
    day = _open_day(file)
    debtors = _debtors(file)
    loaded_before = ImportRefused([Located(file.name, 1, "", "This file was loaded before; nothing was posted again.")])
    with refused_by("payment_file_once", loaded_before):
        loaded = PaymentImport.objects.create(
            file_name=file.name,
            sha256=file.sha256,
            payments=len(file.lines),
            total_cents=file.total_cents,
            imported_by=by,
            at=at,
        )
    _refuse_loaded_lines(file, debtors)
    batch = _batch(file, debtors, loaded=loaded, on=day)
    ids = post_entries(batch)
    rows = {
        "payment_import_id": loaded.pk,
        "line_number": [line.line for line in file.lines],
        "debtor_id": [debtors[line.account] for line in file.lines],
        "entry_id": range(ids.first_entry_id, ids.first_entry_id + ids.entries),
        "amount_cents": [line.amount_cents for line in file.lines],
        "reference": [line.reference for line in file.lines],
    }
    meanwhile = ImportRefused([Located(file.name, 1, "", "Another file with one of these payments was just loaded.")])
    with refused_by("imported_payment_once", meanwhile):
        append_frame(ImportedPayment._meta.db_table, pl.DataFrame(rows))
    detail = {"file": file.name, "payments": len(file.lines), "total_cents": file.total_cents}
    audit.record(actor=by, event="cashiering.payments.imported", subject=loaded, at=at, detail=detail)
    return loaded


def _open_day(file: PaymentFile) -> date:
    try:
        return current_business_day()
    except NoOpenBusinessDay as closed:
        raise ImportRefused([Located(file.name, 1, "", str(closed))]) from closed


def _debtors(file: PaymentFile) -> dict[str, int]:
    debtors = debtors_of_accounts({line.account for line in file.lines})
    unknown = [
        Located(file.name, line.line, "account", f"There is no account {line.account}.")
        for line in file.lines
        if line.account not in debtors
    ]
    if unknown:
        raise ImportRefused(unknown)
    return debtors


def _refuse_loaded_lines(file: PaymentFile, debtors: Mapping[str, int]) -> None:
    """Refuse a payment that came in another file: a file in another order has other bytes, but the same money."""
    references = [line.reference for line in file.lines]
    before = ImportedPayment.objects.filter(debtor__in=set(debtors.values()), reference__in=references)
    loaded = set(before.values_list("debtor_id", "reference", "amount_cents"))
    again = [
        Located(file.name, line.line, "reference", f"The payment {line.reference} of {line.account} was loaded before.")
        for line in file.lines
        if (debtors[line.account], line.reference, line.amount_cents) in loaded
    ]
    if again:
        raise ImportRefused(again)


def _batch(file: PaymentFile, debtors: Mapping[str, int], *, loaded: PaymentImport, on: date) -> EntryBatch:
    """Return one entry a line: the bank against what the payment settles, the rest as credit of the debtor."""
    items = open_items_by_debtor(debtors.values())
    locked = {item.id: item for item in lock_open_items(item.id for rows in items.values() for item in rows)}
    owed: Owed = {}
    for item in locked.values():
        owed.setdefault(item.debtor_id, {})[item.id] = item
    order, bank, credit = application_order(on), gl_account("bank").pk, gl_account("unapplied_credit").pk
    postings: list[tuple[int, int, int | None, int, int]] = []
    allocations: list[tuple[int, int, int]] = []
    for index, line in enumerate(file.lines):
        debtor = debtors[line.account]
        postings.append((index, bank, None, line.amount_cents, 0))
        shares = _shares(line, owed.get(debtor, {}), order=order, on=on)
        by_receivable: dict[int, int] = {}
        for item_id, cents in shares.items():
            allocations.append((index, item_id, cents))
            receivable = locked[item_id].receivable_id
            by_receivable[receivable] = by_receivable.get(receivable, 0) + cents
        by_receivable[credit] = line.amount_cents - sum(shares.values())
        postings += [(index, account, debtor, 0, cents) for account, cents in by_receivable.items() if cents]
    entries = {
        "kind": "payment",
        "business_date": on,
        "actor_id": loaded.imported_by_id,
        "source": [f"cashiering.payment_import:{loaded.pk}:{line.line}" for line in file.lines],
        "memo": [line.reference for line in file.lines],
        "posted_at": loaded.at,
    }
    columns = ["entry_index", "gl_account_id", "debtor_id", "debit_cents", "credit_cents"]
    return EntryBatch(
        entries=pl.DataFrame(entries),
        postings=pl.DataFrame(postings, schema=columns, orient="row", infer_schema_length=None),
        allocations=pl.DataFrame(allocations, schema=["entry_index", "open_item_id", "amount_cents"], orient="row"),
    )


def _shares(line: PaymentLine, owed: dict[int, OpenItemRow], *, order: ApplicationOrder, on: date) -> dict[int, int]:
    """Return what one line settles, and take it off what its debtor still owes for the next line."""
    shares = allocate(line.amount_cents, [item.payable() for item in owed.values()], order=order, on=on)
    for item_id, cents in shares.items():
        owed[item_id] = replace(owed[item_id], balance_cents=owed[item_id].balance_cents - cents)
    return shares
