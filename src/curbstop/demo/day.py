"""One business day of the demo city, from the file of reads to the journal, by the people whose jobs these are."""

import random
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from curbstop.billing.domain.findings import Code
from curbstop.billing.models import BillingRun
from curbstop.billing.operations import approve_run, clear_bill, draft_bills, release_bills
from curbstop.billing.queries import cycles, findings_of
from curbstop.cashiering.imports import read_payment_file
from curbstop.cashiering.operations import import_payments
from curbstop.customers.queries import account_labels
from curbstop.demo.counter import CounterDay, play_counter
from curbstop.foundation.access.models import User
from curbstop.foundation.money import dollars
from curbstop.ledger.operations import close_business_day, open_business_day, seal_now
from curbstop.ledger.queries import owed_on
from curbstop.metering.imports import read_meter_file
from curbstop.metering.operations import record_reads
from curbstop.treasury.models import Deposit
from curbstop.treasury.operations import JournalFile, export_journal, make_deposit, verify_deposit

Told = Callable[[str], None]
People = dict[str, User]
CUSTOMERS_AT_THE_WINDOW = 24
# Of those who owe, this many in a hundred pay by mail, and this many of them only half.
PAY_BY_MAIL = 86
PAY_HALF = 4
FIRST_BILLS_CLEARED = 30


@dataclass(frozen=True, slots=True)
class PlayedDay:
    """What a business day left behind."""

    run: BillingRun
    counter: CounterDay
    deposit: Deposit
    journal: JournalFile


def bill_cycle(  # noqa: PLR0913 - a cycle, its reads, its day and its people; all by keyword
    *, code: str, reads_csv: bytes, read_on: date, people: People, at: datetime, executor: Executor | None, told: Told
) -> BillingRun:
    """Load a cycle's reads and take its bills from draft to release; the business day must be open."""
    told(f"Loading the reads of cycle {code}")
    file = read_meter_file(reads_csv, name=f"reads-{code}-{read_on}.csv")
    record_reads(file=file, on=at.date(), by=people["field"], at=at)
    cycle = cycles().get(code=code)
    told(f"Drafting the bills of cycle {code}")
    run = draft_bills(
        cycles=[cycle], through=read_on, bill_on=at.date(), by=people["supervisor"], at=at, executor=executor
    )
    told(f"Approving and releasing the bills of cycle {code}")
    run = approve_run(run=run, by=people["manager"], at=at)
    return release_bills(run=run, by=people["manager"], at=at, executor=executor)


def review_what_was_held(
    *, run: BillingRun, people: People, at: datetime, executor: Executor | None, told: Told
) -> BillingRun:
    """Draft once more what a released run held; the lead clears the first bills, the rest waits for a second person.

    A run cannot bill what is held; once the field has looked, the same days are drafted again.
    """
    told("Drafting again what was held, for somebody to review")
    again = draft_bills(
        cycles=run.cycles.all(),
        through=run.through_on,
        bill_on=run.bill_on,
        by=people["supervisor"],
        at=at,
        executor=executor,
    )
    first_bills = findings_of(again, Code.FIRST).values_list("account_id", flat=True)
    for account_id in list(first_bills)[:FIRST_BILLS_CLEARED]:
        clear_bill(
            run=again,
            account_id=account_id,
            reason="First bill; meter size and use agree with what the former system billed.",
            by=people["lead"],
            at=at,
        )
    return again


def pay_by_mail(*, people: People, dice: random.Random, on: date, at: datetime) -> None:
    """Load the bank's file of mailed payments: most pay all, some half, some nothing. The first day has none."""
    owed: dict[int, int] = {}
    for debtor, _, cents in owed_on(on):
        owed[debtor] = owed.get(debtor, 0) + cents
    labels = account_labels(owed)
    lines = ["account,amount,reference"]
    for debtor, cents in owed.items():
        chance = dice.randrange(100)
        if chance < PAY_BY_MAIL:
            paid = cents // 2 if chance < PAY_HALF else cents
            lines.append(f"{labels[debtor].number},{dollars(max(paid, 1))},LB-{on:%y%m%d}-{len(lines):05d}")
    if len(lines) == 1:
        return
    file = read_payment_file("\n".join(lines).encode(), name=f"lockbox-{on}.csv")
    import_payments(file=file, by=people["lead"], at=at)


def play_counter_day(
    *, people: People, dice: random.Random, at: datetime, told: Told
) -> tuple[CounterDay, Deposit, JournalFile]:
    """Take money at two drawers, count, deposit, verify and export the journal of the day."""
    told("Taking payments at two drawers")
    debtors = sorted({debtor for debtor, _, _ in owed_on(at.date())})
    counter = play_counter(
        people=people, debtors=dice.sample(debtors, k=min(CUSTOMERS_AT_THE_WINDOW, len(debtors))), dice=dice, at=at
    )
    told("Making up the deposit and exporting the journal")
    evening = at + timedelta(hours=8)
    deposit = make_deposit(
        drawers=counter.drawers, bag_number=f"BAG-{at:%y%m%d}-1", prepared_by=people["lead"], at=evening
    )
    verify_deposit(deposit=deposit, verified_by=people["supervisor"], validated_on=at.date(), at=evening)
    tomorrow = at.date() + timedelta(days=1)
    journal = export_journal(from_on=at.date(), to_on=tomorrow, exported_by=people["manager"], at=evening)
    seal_now()
    return counter, deposit, journal


def open_day(day: date, *, people: People, at: datetime) -> None:
    """Open a business day as the supervisor does in the morning."""
    open_business_day(day=day, by=people["supervisor"], at=at)


def close_day(day: date, *, people: People, at: datetime) -> None:
    """Close a business day as the supervisor does in the evening."""
    close_business_day(day=day, by=people["supervisor"], at=at)
