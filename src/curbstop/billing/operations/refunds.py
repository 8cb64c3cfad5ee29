"""Giving a credit balance back: asked for, approved and released by different people, never netting two customers.

A refund goes to refunds payable, from which finance writes the check; a transfer goes to the unapplied credit of
another account of the same customer, who is told so in the same transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from curbstop.billing.domain.explaining import long_date
from curbstop.billing.models import Refund, RefundApproval, RefundRequest
from curbstop.billing.queries.adjustments import rule_or_none
from curbstop.billing.queries.refunds import refundable_of
from curbstop.customers.models import Account, Contact
from curbstop.customers.operations import Conversation, note_contact
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.card_numbers import refuse_card_number
from curbstop.foundation.database.transactions import transaction
from curbstop.foundation.money import format_cents
from curbstop.ledger.operations import Line, PostingRefused, post_entry
from curbstop.ledger.queries import NoOpenBusinessDay, NoSuchAccount, current_business_day, gl_account
from curbstop.ordinances.domain.letters import fill, to_plain
from curbstop.ordinances.queries import NoSuchRule, city, letter_on

REASON_LENGTH_MIN = 10
NOTICE = "credit_moved"


class RefundRefused(Exception):
    """Nothing was asked for, approved or released; the message says why."""


def _refusing(sentence: str) -> Callable[[], Exception]:
    return lambda: RefundRefused(sentence)


_DECIDED = "This refund was decided already."
REFUSALS: dict[str, Callable[[], Exception]] = {
    "not_on_own_account": _refusing("This account is your own, of your household or of a relative: others decide."),
    "refund_transfer_same_customer": _refusing("Credit only moves to another account of the same customer."),
    "refund_goes_somewhere": _refusing("Say to whom the refund goes, or to which other account."),
    "refund_approved_by_second_person": _refusing("Who asks for a refund does not approve it."),
    "refund_approved_once_a_person": _refusing("You approved this refund already. Somebody else does."),
    "refund_waits_for_approval": _refusing(_DECIDED),
    "refund_approvals_complete": _refusing("This refund waits for another approval."),
    "refund_released_by_third_person": _refusing("Who asked for or approved a refund does not release it."),
    "refund_as_requested": _refusing(_DECIDED),
    "refund_request_decided_once": _refusing(_DECIDED),
    "billing_refund_request_id_key": _refusing(_DECIDED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How much is to go where: to a payee by check, or to another account of the customer."""

    amount_cents: int
    reason: str
    payee: str = ""
    to_account: Account | None = None


@transaction(refusals=REFUSALS)
def request_refund(*, account: Account, wanted: Wanted, by: User, at: datetime) -> RefundRequest:
    """Ask for an account's unapplied credit to be refunded or moved.

    :raises RefundRefused: if there is not that much credit, it is too small to refund, the last payment has not
        cleared, it would go to another customer, or no reason is given
    """
    on = _today()
    _refuse_unsound(account, wanted, on)
    request = RefundRequest.objects.create(
        account=account,
        kind=RefundRequest.Kind.REFUND if wanted.to_account is None else RefundRequest.Kind.TRANSFER,
        amount_cents=wanted.amount_cents,
        to_account=wanted.to_account,
        payee="" if wanted.to_account is not None else wanted.payee.strip(),
        reason=wanted.reason.strip(),
        requested_by=by,
        requested_on=on,
        at=at,
    )
    audit.record(
        actor=by,
        event="billing.refund.requested",
        subject=request,
        at=at,
        detail={"account": account.number, "cents": wanted.amount_cents},
    )
    return request


@transaction(refusals=REFUSALS)
def approve_refund(*, request: RefundRequest, by: User, at: datetime) -> RefundApproval:
    """Approve a refund that somebody else asked for.

    :raises RefundRefused: if the approver asked for it, approved it before, or it was decided
    """
    approval = RefundApproval.objects.create(request=request, approved_by=by, at=at)
    audit.record(actor=by, event="billing.refund.approved", subject=request, at=at)
    return approval


@transaction(refusals=REFUSALS)
def release_refund(*, request: RefundRequest, by: User, at: datetime) -> Refund:
    """Release a refund that others asked for and approved: the credit leaves the account.

    :raises RefundRefused: if an approval is missing, the releaser took part before, the credit was used meanwhile, or
        no day is open
    """
    on = _today()
    request = RefundRequest.objects.select_related("account__customer", "account__premises", "to_account").get(
        pk=request.pk
    )
    if request.turned_down_at is not None or Refund.objects.filter(request=request).exists():
        raise RefundRefused(_DECIDED)
    debtor = request.account.debtor_id
    try:
        credit = gl_account("unapplied_credit").pk
        goes_to = (
            Line.credit(gl_account("refunds_payable").pk, request.amount_cents)
            if request.to_account is None
            else Line.credit(credit, request.amount_cents, debtor_id=request.to_account.debtor_id)
        )
        entry = post_entry(
            kind="refund" if request.to_account is None else "credit_moved",
            lines=(Line.debit(credit, request.amount_cents, debtor_id=debtor), goes_to),
            source=str(request),
            business_date=on,
            actor=by,
            posted_at=at,
            memo=f"Refund to {request.payee}"
            if request.to_account is None
            else f"Credit moved to {request.to_account.number}",
        )
    except (PostingRefused, NoSuchAccount) as refusal:
        raise RefundRefused(str(refusal)) from refusal
    refund = Refund.objects.create(request=request, entry=entry, released_by=by, posted_on=on, at=at)
    if request.to_account is not None:
        _tell_customer(request, request.to_account, on=on, by=by, at=at)
    audit.record(actor=by, event="billing.refund.released", subject=refund, at=at)
    return refund


@transaction(refusals=REFUSALS)
def turn_down_refund(*, request: RefundRequest, by: User, at: datetime) -> None:
    """Turn a refund down, or withdraw the own request; the credit stays on the account.

    :raises RefundRefused: if it was decided before
    """
    waiting = RefundRequest.objects.filter(pk=request.pk, turned_down_at=None)
    if not waiting.update(turned_down_by=by, turned_down_at=at):
        raise RefundRefused(_DECIDED)
    audit.record(actor=by, event="billing.refund.turned_down", subject=request, at=at)


def _today() -> date:
    try:
        return current_business_day()
    except NoOpenBusinessDay as refusal:
        raise RefundRefused(str(refusal)) from refusal


def _refuse_unsound(account: Account, wanted: Wanted, on: date) -> None:
    for text in (wanted.reason, wanted.payee):
        refuse_card_number(text, RefundRefused)
    if len(wanted.reason.strip()) < REASON_LENGTH_MIN:
        raise RefundRefused(f"Say in at least {REASON_LENGTH_MIN} letters why the credit goes back.")
    least = rule_or_none("refund.least", on)
    if wanted.to_account is None and least is not None and wanted.amount_cents <= least.cents:
        raise RefundRefused(f"Up to {format_cents(least.cents)} are not refunded ({least.citation}).")
    # Two at once might both be asked for; the ledger lets no more go than there is.
    refundable = refundable_of(account.pk, account.debtor_id, on=on)
    if wanted.amount_cents > refundable.free_cents:
        raise RefundRefused(f"The account has {format_cents(refundable.free_cents)} that may be asked for.")
    if wanted.to_account is None and refundable.from_on is not None and on < refundable.from_on:
        until = long_date(refundable.from_on, "en")
        raise RefundRefused(f"The last payment has not cleared: a refund may be asked for from {until} on.")


def _tell_customer(request: RefundRequest, to: Account, *, on: date, by: User, at: datetime) -> None:
    """Write the notice of the move; where the city has no such letter, nothing is moved in silence."""
    customer, profile = request.account.customer, city()
    try:
        letter = letter_on(NOTICE, language=customer.language, on=on)
    except NoSuchRule as refusal:
        raise RefundRefused(str(refusal)) from refusal
    values = {
        "customer_name": customer.name,
        "account_number": request.account.number,
        "to_account_number": to.number,
        "amount": format_cents(request.amount_cents, customer.language),
        "city_name": profile.name,
        "city_phone": profile.phone,
    }
    note_contact(
        customer=customer,
        conversation=Conversation(
            channel=Contact.Channel.MAIL,
            direction=Contact.Direction.OUTBOUND,
            note=f"{letter.subject}\n\n{to_plain(fill(letter.body, values))}",
        ),
        account=request.account,
        by=by,
        at=at,
    )
