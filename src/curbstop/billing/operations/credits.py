"""Credit that settles new bills by itself, where the city wants it so: a pass of its own after a run's release.

It may be killed and run again: what was applied is no longer there to apply, and an account gets one application a run.
"""

from collections.abc import Iterator
from datetime import date, datetime

import polars as pl

from curbstop.billing.models import BillingRun, CreditApplication
from curbstop.billing.queries.adjustments import rule_or_none
from curbstop.billing.queries.refunds import credits_of_run
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import transaction
from curbstop.ledger.domain.allocation import ApplicationOrder, allocate, read_order
from curbstop.ledger.operations import EntryBatch, post_entries
from curbstop.ledger.queries import gl_account, held_on, lock_open_items, open_items_by_debtor, unapplied_credit_of

RULE = "billing.apply_credit_on_release"
ACCOUNTS_A_TRANSACTION = 5_000

# account, debtor
Holder = tuple[int, int]


def apply_credits(*, run: BillingRun, by: User, at: datetime) -> int:
    """Apply the unapplied credit of a released run's accounts to what they owe; return how many accounts had some.

    Does nothing where the city does not want it (`billing.apply_credit_on_release`).
    """
    on = run.bill_on
    rule = rule_or_none(RULE, on)
    if rule is None or rule.words != ("yes",):
        return 0
    steps = rule_or_none("payment.application_order", on)
    order = read_order(steps.value) if steps is not None else ()
    holders = credits_of_run(run.pk)
    return sum(
        _apply(run, list(each), order=order, on=on, by=by, at=at) for each in _batches(holders, ACCOUNTS_A_TRANSACTION)
    )


def _batches(holders: list[Holder], size: int) -> Iterator[list[Holder]]:
    for start in range(0, len(holders), size):
        yield holders[start : start + size]


@transaction
def _apply(run: BillingRun, holders: list[Holder], *, order: ApplicationOrder, on: date, by: User, at: datetime) -> int:
    """Apply the credit of some accounts in one go, through the ledger's bulk verb."""
    debtors = [debtor for _, debtor in holders]
    lock_open_items(item.id for items in open_items_by_debtor(debtors).values() for item in items)
    # Read again behind the locks: a payment may have settled some of it meanwhile.
    owed, credit = open_items_by_debtor(debtors), unapplied_credit_of(debtors)
    held = held_on(item.id for items in owed.values() for item in items)
    receivable = {item.id: item.receivable_id for items in owed.values() for item in items}
    shares: list[tuple[Holder, dict[int, int]]] = []
    for account, debtor in holders:
        # What is disputed waits for its decision, and so does the credit for it.
        free = [item.payable(item.balance_cents - held.get(item.id, 0)) for item in owed.get(debtor, ())]
        share = allocate(max(credit[debtor], 0), [item for item in free if item.amount_cents > 0], order=order, on=on)
        if share:
            shares.append(((account, debtor), share))
    if not shares:
        return 0
    ids = post_entries(_entries(run, shares, receivable, posted={"on": on, "by": by.pk, "at": at}))
    CreditApplication.objects.bulk_create(
        CreditApplication(
            account_id=account, run=run, entry_id=ids.first_entry_id + at_row, amount_cents=sum(share.values()), at=at
        )
        for at_row, ((account, _), share) in enumerate(shares)
    )
    audit.record(actor=by, event="billing.credit.applied", subject=run, at=at, detail={"accounts": len(shares)})
    return len(shares)


def _entries(
    run: BillingRun, shares: list[tuple[Holder, dict[int, int]]], receivable: dict[int, int], posted: dict[str, object]
) -> EntryBatch:
    """Return an entry for each account: its credit goes down, and the receivables of what it settles."""
    credit = gl_account("unapplied_credit").pk
    postings: list[tuple[int, int, int, int, int]] = []
    allocations: list[tuple[int, int, int]] = []
    for index, ((_, debtor), share) in enumerate(shares):
        by_account: dict[int, int] = {}
        for item, cents in share.items():
            by_account[receivable[item]] = by_account.get(receivable[item], 0) + cents
            allocations.append((index, item, cents))
        postings.append((index, credit, debtor, sum(share.values()), 0))
        postings += [(index, account, debtor, 0, cents) for account, cents in sorted(by_account.items())]
    entries = [("credit_applied", posted["on"], posted["by"], f"billing.run:{run.pk}", posted["at"]) for _ in shares]
    return EntryBatch(
        entries=pl.DataFrame(
            entries, schema=["kind", "business_date", "actor_id", "source", "posted_at"], orient="row"
        ),
        postings=pl.DataFrame(
            postings, schema=["entry_index", "gl_account_id", "debtor_id", "debit_cents", "credit_cents"], orient="row"
        ),
        allocations=pl.DataFrame(allocations, schema=["entry_index", "open_item_id", "amount_cents"], orient="row"),
    )
