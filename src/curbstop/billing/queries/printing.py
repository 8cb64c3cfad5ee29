"""The mailing of a run: its pieces with their statements, the messages on them and the inserts beside them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

import polars as pl
from django.db.models import Q

from curbstop.billing.domain.explaining import long_date
from curbstop.billing.domain.notices import Notice, read_notices
from curbstop.billing.domain.statement import Statement, money
from curbstop.billing.domain.vendor_file import MailPiece
from curbstop.billing.models import Bill, BillLine, CycleAssignment, Piece, PrintedBatch, Printing
from curbstop.billing.queries.statements import statements_of
from curbstop.foundation.database.copying import read_frame
from curbstop.ordinances.domain.letters import fill, to_plain
from curbstop.ordinances.queries import NoSuchRule, letter_on, value_on

MESSAGES, INSERTS = "billing.messages", "billing.inserts"
PIECES_A_READ = 500


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of a mailing in order, and the bills among them that were cancelled since it was planned."""

    pieces: tuple[MailPiece, ...]
    left_out: tuple[int, ...]


def printing_of(run_id: int) -> Printing | None:
    """Return the mailing of a run, if one was planned."""
    return Printing.objects.filter(run_id=run_id).select_related("run", "planned_by").first()


def batches_of(printing: Printing) -> list[PrintedBatch]:
    """Return the files of a mailing, by number."""
    return list(PrintedBatch.objects.filter(printing=printing))


def pieces_frame(run_id: int) -> pl.DataFrame:
    """Return the bills of a run that can be mailed: bill_id, account_id and total_cents."""
    return read_frame(
        "select id as bill_id, account_id, total_cents from billing_bill"
        " where run_id = %s and cancelled_at is null order by id",
        [run_id],
        {"bill_id": pl.Int64, "account_id": pl.Int64, "total_cents": pl.Int64},
    )


def tray_rows(printing: Printing) -> pl.DataFrame:
    """Return the trays of the pieces of a mailing, in its order: tray_kind and tray."""
    return read_frame(
        "select tray_kind, tray from billing_piece where printing_id = %s order by position",
        [printing.pk],
        {"tray_kind": pl.String, "tray": pl.String},
    )


def pieces_between(printing: Printing, first: int, last: int) -> Pieces:
    """Return the pieces of a mailing from one place to another, each with its statement and notices."""
    rows = list(Piece.objects.filter(printing=printing, position__range=(first, last)).order_by("position"))
    found = Bill.objects.filter(number__in=[row.bill_id for row in rows]).select_related("run")
    bills = {bill.number: bill for bill in found}
    standing = [row for row in rows if bills[row.bill_id].cancelled_at is None]
    left_out = tuple(row.bill_id for row in rows if bills[row.bill_id].cancelled_at is not None)
    if not standing:
        return Pieces((), left_out)
    statements = with_notices([bills[row.bill_id] for row in standing])
    return Pieces(
        tuple(
            MailPiece(row.position, row.tray_kind, row.tray, statement, inserts)
            for row, (statement, inserts) in zip(standing, statements, strict=True)
        ),
        left_out,
    )


def pieces_from(printing: Printing, position: int) -> Iterator[Pieces]:
    """Yield all pieces of a mailing from a place on, some hundred at a time."""
    for first in range(position, printing.pieces + 1, PIECES_A_READ):
        yield pieces_between(printing, first, min(first + PIECES_A_READ - 1, printing.pieces))


def with_notices(bills: Sequence[Bill]) -> list[tuple[Statement, tuple[str, ...]]]:
    """Return the statement of each bill with the city's messages on it, and the inserts that go with it."""
    bill_on = bills[0].bill_on
    messages, inserts = _notices(MESSAGES, bill_on), _notices(INSERTS, bill_on)
    classes, cycles = _classes_of(bills), _cycles_of(bills, on=bill_on)
    # A letter is looked up once for all bills of the batch.
    body = cache(lambda code, language: letter_on(code, language=language, on=bill_on).body)
    found = []
    for bill, statement in zip(bills, statements_of(bills), strict=True):
        facts: dict[str, Any] = {
            "classes": classes.get(bill.number, frozenset()),
            "cycle": cycles.get(bill.account_id, ""),
            "language": statement.language,
            "bill_on": bill.bill_on,
        }
        said = [body(each.letter, statement.language) for each in messages if each.goes_with(**facts)]
        told = tuple(_filled(text, statement) for text in said)
        beside = tuple(each.letter for each in inserts if each.goes_with(**facts))
        found.append((replace(statement, messages=(*statement.messages, *told)), beside))
    return found


def missing_letters(*, on: date, languages: Iterable[str]) -> list[str]:
    """Return the letters that the city's messages name and that it has not in each of these languages."""
    missing = []
    for code in sorted({notice.letter for notice in _notices(MESSAGES, on)}):
        for language in sorted(languages):
            try:
                letter_on(code, language=language, on=on)
            except NoSuchRule:
                missing.append(f"{code} in {language}")
    return missing


def _notices(code: str, on: date) -> tuple[Notice, ...]:
    try:
        return read_notices(value_on(code, on).value)
    except NoSuchRule:
        return ()


def _classes_of(bills: Sequence[Bill]) -> dict[int, frozenset[str]]:
    lines = BillLine.objects.filter(bill_id__in=[bill.number for bill in bills])
    classes: dict[int, frozenset[str]] = {}
    for number, name in lines.values_list("bill_id", "customer_class").distinct():
        classes[number] = classes.get(number, frozenset()) | {name}
    return classes


def _cycles_of(bills: Sequence[Bill], *, on: date) -> dict[int, str]:
    belongs = CycleAssignment.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=on), account_id__in=[bill.account_id for bill in bills], starts_on__lte=on
    )
    return dict(belongs.values_list("account_id", "cycle__code"))


def _filled(text: str, statement: Statement) -> str:
    values = {
        "account_number": statement.account_number,
        "amount_due": money(statement.due_cents),
        "bill_date": long_date(statement.bill_on, statement.language),
        "city_name": statement.letterhead.city,
        "city_phone": statement.letterhead.phone,
        "customer_name": statement.customer_name,
        "due_date": long_date(statement.due_on, statement.language),
        "service_address": statement.service_address,
    }
    return " ".join(to_plain(fill(text, values)).split())
