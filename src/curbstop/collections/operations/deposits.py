"""Asking for a security deposit, giving it back, and using it at closure.

A deposit is the customer's money: asking debits *asked for and unpaid* and credits *deposits held*, so that both
accounts together are what was paid. Final bill $64.18 and $22.10 from before, deposit $150.00 with $3.21 interest:
$66.93 go back (WX-1.4c).
"""

import json
from dataclasses import dataclass
from datetime import date, datetime

from curbstop.collections.domain.deposits import deposit_interest
from curbstop.collections.models import DepositBreach, DepositRelease, ReleaseRequest, SecurityDeposit
from curbstop.collections.queries.deposits import average_month_of, deposit_rows, payments_on
from curbstop.collections.queries.rules import deposit_percent, deposit_rule_on
from curbstop.customers.models import Account
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.approvals import refuse_same_person
from curbstop.foundation.card_numbers import refuse_card_number
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.ledger.operations import Line, NewAllocation, NewItem, PostingRefused, post_entry, settling_lines
from curbstop.ledger.queries import (
    NoOpenBusinessDay,
    NoSuchAccount,
    OpenItemRow,
    current_business_day,
    gl_account,
    held_on,
    lock_open_items,
    open_items_of,
    service_of,
)
from curbstop.ordinances.queries import NoSuchRule

SERVICE = "deposit"
REASON_LENGTH_MIN = 10


class DepositRefused(Exception):
    """The deposit was not asked for or given back; the message says why."""


def _own_account() -> DepositRefused:
    return DepositRefused("This account is your own, of your household or of a relative: others decide.")


@transaction
def ask_deposit(
    *,
    account: Account,
    reason: str,
    by: User,
    at: datetime,
    amount_cents: int | None = None,
    customer_class: str = "",
) -> SecurityDeposit:
    """Ask an account for a deposit, to be paid at the counter; without an amount, the city's rule says it.

    :raises DepositRefused: if the rule gives no amount, no day is open, or no reason is given
    """
    refuse_card_number(reason, DepositRefused)
    if len(reason.strip()) < REASON_LENGTH_MIN:
        raise DepositRefused(f"Give a reason of at least {REASON_LENGTH_MIN} letters.")
    day = _open_day()
    derivation: dict[str, object] = {"way": "stated", "amount_cents": amount_cents}
    if amount_cents is None:
        amount_cents, derivation = _amount(account, on=day, customer_class=customer_class)
    if amount_cents <= 0:
        raise DepositRefused("A deposit is more than nothing.")
    open_item_id, entry_id = _post_asking(account, amount_cents, day=day, by=by, at=at)
    deposit = SecurityDeposit.objects.create(
        account=account,
        depositor_id=account.customer_id,
        amount_cents=amount_cents,
        reason=reason.strip(),
        derivation=json.dumps(derivation),
        open_item_id=open_item_id,
        entry_id=entry_id,
        asked_on=day,
        asked_by=by,
        at=at,
    )
    audit.record(
        actor=by, event="collections.deposit.asked", subject=deposit, at=at, detail={"cents": amount_cents}
    )  # fmt: skip
    return deposit


@dataclass(frozen=True, slots=True)
class Giving:
    """In which form a deposit goes back, and why."""

    form: str
    reason: str


@transaction(refusals={"not_on_own_account": _own_account})
def request_release(*, deposit: SecurityDeposit, giving: Giving, by: User, at: datetime) -> ReleaseRequest:
    """Prepare the end of a deposit; somebody else approves it.

    :raises DepositRefused: if it was released before, its good months are not full and it is no closure, or no reason
        is given
    """
    refuse_card_number(giving.reason, DepositRefused)
    if len(giving.reason.strip()) < REASON_LENGTH_MIN:
        raise DepositRefused(f"Give a reason of at least {REASON_LENGTH_MIN} letters.")
    if DepositRelease.objects.filter(deposit=deposit).exists():
        raise DepositRefused("This deposit was given back before.")
    _refuse_early(deposit, giving, on=_open_day())
    request = ReleaseRequest.objects.create(
        deposit=deposit, form=giving.form, reason=giving.reason.strip(), by=by, at=at
    )
    audit.record(actor=by, event="collections.release.requested", subject=deposit, at=at)
    return request


@transaction(refusals={"not_on_own_account": _own_account})
def approve_release(*, request: ReleaseRequest, by: User, at: datetime) -> DepositRelease:
    """Give a deposit back as somebody else prepared it.

    :raises DepositRefused: as `release_deposit`
    """
    giving = Giving(request.form, request.reason)
    return _release(request.deposit, giving, people=(request.by, by), at=at)


@transaction(refusals={"not_on_own_account": _own_account})
def release_deposit(
    *, deposit: SecurityDeposit, giving: Giving, prepared_by: User, approved_by: User, at: datetime
) -> DepositRelease:
    """End a deposit: with its interest it pays what the account owes, final charges first; the rest becomes credit.

    The credit is the depositor's. A refund of it is asked for and released by others, as any refund is.

    :raises DepositRefused: if it was released before, its good months are not full and it is no closure, something is
        in dispute, both are one person, or no day is open
    """
    return _release(deposit, giving, people=(prepared_by, approved_by), at=at)


@transaction
def record_breach(*, account: Account, kind: str, on: date, note: str, by: User, at: datetime) -> DepositBreach:
    """Write down what sets an account's good months back to zero, such as a returned payment.

    :raises DepositRefused: if it is written down already
    """
    refuse_card_number(note, DepositRefused)
    with refused_by("deposit_breach_once_a_day", DepositRefused("This is written down already.")):
        breach = DepositBreach.objects.create(account=account, kind=kind, on=on, note=note, by=by, at=at)
    audit.record(actor=by, event="collections.breach.recorded", subject=breach, at=at, detail={"kind": kind})
    return breach


def _release(deposit: SecurityDeposit, giving: Giving, *, people: tuple[User, User], at: datetime) -> DepositRelease:
    refuse_same_person(*people, DepositRefused("Who prepared the release cannot approve it: ask a second person."))
    refuse_card_number(giving.reason, DepositRefused)
    day = _open_day()
    deposit = SecurityDeposit.objects.select_related("account", "depositor").get(pk=deposit.pk)
    owed = lock_open_items([deposit.open_item_id, *(item.id for item in open_items_of(deposit.account.debtor_id))])
    # Asked behind the locks: whoever gave it back at the same moment is seen.
    if DepositRelease.objects.filter(deposit=deposit).exists():
        raise DepositRefused("This deposit was given back before.")
    asked = next(item for item in owed if item.id == deposit.open_item_id)
    _refuse_early(deposit, giving, on=day)
    others = [item for item in owed if item.charge != SERVICE]
    if held_on(item.id for item in others):
        raise DepositRefused("Something of what the account owes is in dispute or on a plan. Settle that first.")
    release = _end(deposit, giving, asked=asked, owed=others, day=day, people=people, at=at)
    audit.record(
        actor=people[1], event="collections.deposit.released", subject=deposit, at=at,
        detail={"form": giving.form, "remainder_cents": release.remainder_cents, "prepared_by": people[0].username},
    )  # fmt: skip
    return release


def _open_day() -> date:
    try:
        return current_business_day()
    except NoOpenBusinessDay as refusal:
        raise DepositRefused(str(refusal)) from refusal


def _amount(account: Account, *, on: date, customer_class: str) -> tuple[int, dict[str, object]]:
    try:
        rule = deposit_rule_on(on, customer_class=customer_class)
    except NoSuchRule as refusal:
        raise DepositRefused(str(refusal)) from refusal
    average = average_month_of(account.pk)
    cents = rule.amount(average)
    if cents is None:
        raise DepositRefused("The account has no bills to work a deposit out from: state the amount.")
    return cents, rule.derivation(average)


def _post_asking(account: Account, cents: int, *, day: date, by: User, at: datetime) -> tuple[int, int]:
    try:
        service = service_of(SERVICE)
        held = gl_account("deposits_held").pk
    except NoSuchAccount as refusal:
        raise DepositRefused(f"The city pack keeps no deposits. {refusal}") from refusal
    source = f"customers.account:{account.pk}"
    try:
        entry = post_entry(
            kind="deposit_asked",
            lines=(
                Line.debit(service.receivable_id, cents, debtor_id=account.debtor_id),
                Line.credit(held, cents, debtor_id=account.debtor_id),
            ),
            source=source,
            business_date=day,
            actor=by,
            posted_at=at,
            items=[
                NewItem(
                    debtor_id=account.debtor_id,
                    service_id=service.pk,
                    due_on=day,
                    amount_cents=cents,
                    priority=service.rank,
                    source=source,
                    label=service.name_en,
                    charge=SERVICE,
                )
            ],
        )
    except PostingRefused as refusal:
        raise DepositRefused(str(refusal)) from refusal
    # The item that was just posted is the latest; the database holds the deposit to its entry.
    asked = max(item.id for item in open_items_of(account.debtor_id) if item.charge == SERVICE)
    return asked, entry.pk


def _refuse_early(deposit: SecurityDeposit, giving: Giving, *, on: date) -> None:
    if giving.form == DepositRelease.Form.CLOSURE:
        if deposit.account.closed_on is None:
            raise DepositRefused("The account is not closed.")
        return
    (row,) = deposit_rows([deposit], on=on)
    if not row.may_go_back(on):
        until = f" It may go back on {row.eligible_on:%b %d, %Y}." if row.eligible_on else ""
        raise DepositRefused(f"The account has {row.good_months} good months, not enough.{until}")


def _end(  # noqa: PLR0913 - the parts of a release; all by keyword
    deposit: SecurityDeposit,
    giving: Giving,
    *,
    asked: OpenItemRow,
    owed: list[OpenItemRow],
    day: date,
    people: tuple[User, User],
    at: datetime,
) -> DepositRelease:
    paid = payments_on([deposit])[deposit.pk]
    principal = sum(cents for _, cents in paid)
    percent = deposit_percent(day)
    interest = deposit_interest(paid, through=day, percent_yearly=percent)
    shares = _final_charges_first(principal + interest, owed) if giving.form == DepositRelease.Form.CLOSURE else {}
    applied = sum(shares.values())
    remainder = principal + interest - applied
    entry_id = _post_end(
        deposit,
        shares,
        unpaid=asked.balance_cents,
        interest=interest,
        remainder=remainder,
        day=day,
        by=people[1],
        at=at,
    )
    return DepositRelease.objects.create(
        deposit=deposit,
        form=giving.form,
        principal_cents=principal,
        interest_cents=interest,
        applied_cents=applied,
        remainder_cents=remainder,
        unpaid_cents=asked.balance_cents,
        released_on=day,
        reason=giving.reason,
        derivation=json.dumps(
            {"percent_yearly": str(percent), "paid": [[str(on), cents] for on, cents in paid], "through": str(day)}
        ),
        entry_id=entry_id,
        prepared_by=people[0],
        approved_by=people[1],
        at=at,
    )


def _final_charges_first(cents: int, owed: list[OpenItemRow]) -> dict[int, int]:
    """Return item → cents: the final bill's items first, then what is older (rulebook §1.4)."""
    shares: dict[int, int] = {}
    for item in sorted(owed, key=lambda item: (-item.due_on.toordinal(), item.priority, item.id)):
        share = min(cents, item.balance_cents)
        if share > 0:
            shares[item.id] = share
            cents -= share
    return shares


def _post_end(  # noqa: PLR0913 - the parts of an entry; all by keyword
    deposit: SecurityDeposit,
    shares: dict[int, int],
    *,
    unpaid: int,
    interest: int,
    remainder: int,
    day: date,
    by: User,
    at: datetime,
) -> int:
    debtor = deposit.account.debtor_id
    allocations = [NewAllocation(item, cents) for item, cents in shares.items()]
    if unpaid:
        allocations.append(NewAllocation(deposit.open_item_id, unpaid))
    lines = [Line.debit(gl_account("deposits_held").pk, deposit.amount_cents, debtor_id=debtor)]
    if interest:
        lines.append(Line.debit(gl_account("deposit_interest").pk, interest))
    lines += settling_lines(allocations)
    if remainder:
        lines.append(Line.credit(gl_account("unapplied_credit").pk, remainder, debtor_id=debtor))
    try:
        entry = post_entry(
            kind="deposit_released",
            lines=lines,
            source=str(deposit),
            business_date=day,
            actor=by,
            posted_at=at,
            memo=f"Deposit of {deposit.depositor.name}"[:500],
            allocations=allocations,
        )
    except PostingRefused as refusal:
        raise DepositRefused(str(refusal)) from refusal
    return entry.pk
