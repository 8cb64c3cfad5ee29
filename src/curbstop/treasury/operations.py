"""Making up a deposit, verifying it against the bank's slip, and exporting the journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

import polars as pl

from curbstop.cashiering.models import Drawer
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.approvals import refuse_same_person
from curbstop.foundation.card_numbers import refuse_card_number
from curbstop.foundation.database.copying import copy_frame
from curbstop.foundation.database.locks import lock_rows
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.foundation.exports import Heading, write_csv, write_xlsx
from curbstop.foundation.numbering import next_number
from curbstop.ledger.operations import Line, post_entry
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day, gl_account
from curbstop.treasury.domain.days import in_words
from curbstop.treasury.domain.journal import COLUMNS, JournalLine, journal_rows
from curbstop.treasury.models import Deposit, DepositDrawer, DepositVerification, JournalExport
from curbstop.treasury.queries import entries_in, entries_to_export, journal_lines, journals_of


class DepositRefused(Exception):
    """The deposit was not made or verified; the message says why."""


class ExportRefused(Exception):
    """No journal was written; the message says why."""


@transaction
def make_deposit(*, drawers: Sequence[Drawer], bag_number: str, prepared_by: User, at: datetime) -> Deposit:
    """Make up a deposit of closed drawers, intact: all that was counted less the floats.

    :raises DepositRefused: if a drawer is open, deposited already or the preparer's own, the bag was
        used before or its number is a card's, or there is nothing to deposit
    """
    refuse_card_number(bag_number, DepositRefused)
    locked = lock_rows(Drawer, [drawer.pk for drawer in drawers])
    _refuse_drawers(locked, prepared_by)
    shares = [_share(drawer) for drawer in locked]
    cash_cents, check_cents = sum(cash for cash, _ in shares), sum(check for _, check in shares)
    if cash_cents + check_cents <= 0:
        raise DepositRefused("These drawers hold nothing to deposit.")
    day = _open_day(DepositRefused)
    number = next_number("treasury.deposit")
    entry = post_entry(
        kind="deposit",
        lines=(
            Line.debit(gl_account("deposit_in_transit").pk, cash_cents + check_cents),
            Line.credit(gl_account("cash_drawer").pk, cash_cents + check_cents),
        ),
        source=f"treasury.deposit:{number}",
        business_date=day,
        actor=prepared_by,
        posted_at=at,
        memo=f"Bag {bag_number}",
    )
    with refused_by("treasury_deposit_bag_number_key", DepositRefused(f"Bag {bag_number} was already used.")):
        deposit = Deposit.objects.create(
            number=number,
            business_day=day,
            bag_number=bag_number,
            prepared_by=prepared_by,
            entry=entry,
            cash_cents=cash_cents,
            check_cents=check_cents,
            at=at,
        )
    with refused_by("treasury_depositdrawer_drawer_id_key", DepositRefused("A drawer was deposited already.")):
        DepositDrawer.objects.bulk_create(
            DepositDrawer(deposit=deposit, drawer=drawer, cash_cents=cash, check_cents=check)
            for drawer, (cash, check) in zip(locked, shares, strict=True)
        )
    audit.record(actor=prepared_by, event="treasury.deposit.made", subject=deposit, at=at)
    return deposit


def _refuse_drawers(drawers: Sequence[Drawer], prepared_by: User) -> None:
    if not drawers:
        raise DepositRefused("Choose at least one closed drawer.")
    for drawer in drawers:
        if drawer.is_open:
            raise DepositRefused(f"{drawer} is still open: it is counted and closed before it is deposited.")
        if drawer.cashier_id == prepared_by.pk:
            raise DepositRefused("Your own drawer is deposited by somebody else.")


def _share(drawer: Drawer) -> tuple[int, int]:
    """Return the cash without the float and the checks that a closed drawer gives, in cents."""
    count = drawer.closing_count
    assert count is not None, "a closed drawer has its closing count"
    return count.cash_cents - drawer.float_cents, count.check_cents


@transaction
def verify_deposit(*, deposit: Deposit, verified_by: User, validated_on: date, at: datetime) -> DepositVerification:
    """Record that the bank validated a deposit, and move it from transit to the bank.

    :raises DepositRefused: if the preparer verifies, it is verified already, or the bank's day is before the deposit or
        after today's business day
    """
    own = DepositRefused("Somebody who did not make up the deposit must verify it.")
    refuse_same_person(deposit.prepared_by, verified_by, own)
    today = _open_day(DepositRefused)
    _refuse_day(deposit, validated_on, today)
    entry = post_entry(
        kind="deposit verified",
        lines=(
            Line.debit(gl_account("bank").pk, deposit.total_cents),
            Line.credit(gl_account("deposit_in_transit").pk, deposit.total_cents),
        ),
        source=f"treasury.deposit:{deposit.number}",
        business_date=today,
        actor=verified_by,
        posted_at=at,
        memo=f"Bag {deposit.bag_number}",
    )
    twice = DepositRefused("This deposit is verified already.")
    with (
        refused_by("deposit_verified_by_a_second_person", own),
        refused_by("treasury_depositverification_deposit_id_key", twice),
    ):
        verification = DepositVerification.objects.create(
            deposit=deposit,
            prepared_by=deposit.prepared_by,
            verified_by=verified_by,
            validated_on=validated_on,
            entry=entry,
            at=at,
        )
    audit.record(actor=verified_by, event="treasury.deposit.verified", subject=deposit, at=at)
    return verification


def _refuse_day(deposit: Deposit, validated_on: date, today: date) -> None:
    """Refuse a day on which the bank cannot have had the deposit."""
    if validated_on < deposit.business_day:
        raise DepositRefused(
            f"The deposit was made up on {in_words(deposit.business_day)}; the bank did not validate it before."
        )
    if validated_on > today:
        raise DepositRefused(f"Today's business day is {in_words(today)}; the bank's day cannot be after it.")


@dataclass(frozen=True, slots=True)
class JournalFile:
    """A journal as it goes out: its export row and its bytes."""

    export: JournalExport
    content: bytes


@transaction
def export_journal(
    *, from_on: date, to_on: date, exported_by: User, at: datetime, as_workbook: bool = False
) -> JournalFile:
    """Write what no journal carried yet of the business days from `from_on` up to, not including, `to_on`.

    An entry goes out once (`treasury_exportedentry_pkey`). A day that is still open may be exported: what is posted to
    it later goes into the next journal. As CSV, or for Excel.

    :raises ExportRefused: if the days hold no entry, or every one is in a journal already
    """
    # Taken first: its row lock makes two exports wait for each other, and a refusal gives the number back.
    number = next_number("treasury.journal")
    entries = entries_to_export(from_on, to_on)
    if not entries:
        raise ExportRefused(_why_nothing(from_on, to_on))
    lines = journal_lines(from_on, to_on, entries)
    content = _written(lines, journal=str(number), as_workbook=as_workbook)
    export = JournalExport.objects.create(
        number=number,
        from_on=from_on,
        to_on=to_on,
        lines=len(lines),
        total_cents=sum(line.debit_cents for line in lines),
        sha256=sha256(content).hexdigest(),
        exported_by=exported_by,
        at=at,
    )
    copy_frame("treasury_exportedentry", pl.DataFrame({"entry_id": entries}).with_columns(export_id=pl.lit(export.pk)))
    audit.record(actor=exported_by, event="treasury.journal.exported", subject=export, at=at)
    return JournalFile(export=export, content=content)


@transaction
def copy_journal(*, export: JournalExport, copied_by: User, at: datetime, as_workbook: bool = False) -> JournalFile:
    """Write a journal again, each line marked as a copy; a copy takes no number."""
    lines = journal_lines(export.from_on, export.to_on, entries_in(export))
    content = _written(lines, journal=f"COPY of {export.number}", as_workbook=as_workbook)
    audit.record(actor=copied_by, event="treasury.journal.copied", subject=export, at=at)
    return JournalFile(export=export, content=content)


def _written(lines: Sequence[JournalLine], *, journal: str, as_workbook: bool) -> bytes:
    headings = [Heading(name, name) for name in COLUMNS]
    rows = journal_rows(lines, journal=journal)
    return write_xlsx(rows, headings, sheet="Journal") if as_workbook else write_csv(rows, headings)


def _why_nothing(from_on: date, to_on: date) -> str:
    last = to_on - timedelta(days=1)
    days = in_words(from_on) if from_on == last else f"{in_words(from_on)} to {in_words(last)}"
    numbers = journals_of(from_on, to_on)
    if not numbers:
        return f"Nothing was posted: {days}."
    held = ", ".join(str(number) for number in numbers)
    return f"All that was posted is in journal {held} already: {days}. Take a copy of that journal instead."


def _open_day(refusal: type[Exception]) -> date:
    try:
        return current_business_day()
    except NoOpenBusinessDay as closed:
        raise refusal(str(closed)) from closed
