"""Taking a payment: tenders against a cart, allocated in the order that the city has adopted.

One transaction writes the ledger entry, its allocations, the receipt with its gap-free number, the
tenders and the key that makes a second click return the first receipt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from curbstop.cashiering.domain.tenders import (
    NOTHING_CONFIRMED,
    Confirmed,
    Settlement,
    TenderedAmount,
    TenderKind,
    TendersRefused,
    settle,
)
from curbstop.cashiering.models import Cart, Drawer, Receipt, Tender
from curbstop.cashiering.queries import (
    application_order,
    expectation_of,
    open_drawer_of,
    smallest_coin_cents,
    tenders_taken,
)
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.foundation.idempotency import KeyReused, replayed, store_response
from curbstop.foundation.money import format_cents
from curbstop.foundation.numbering import next_number
from curbstop.ledger.domain.allocation import allocate
from curbstop.ledger.models import Entry
from curbstop.ledger.operations import Line, NewAllocation, PostingRefused, post_entry, settling_lines
from curbstop.ledger.queries import OpenItemRow, gl_account, lock_open_items


class PaymentRefused(Exception):
    """No money was taken; the message says why."""


class ConfirmationWanted(PaymentRefused):
    """No money was taken yet: the cashier is asked to look twice; ``wanted`` names the field of `Confirmed`."""

    def __init__(self, message: str, *, wanted: str) -> None:
        """Keep which confirmation would let the payment pass."""
        super().__init__(message)
        self.wanted = wanted


@transaction
def take_payment(
    *,
    cart: Cart,
    tenders: Sequence[TenderedAmount],
    cashier: User,
    at: datetime,
    confirmed: Confirmed = NOTHING_CONFIRMED,
) -> Receipt:
    """Take a payment into the cashier's open drawer and settle the cart's items.

    Sending the same cart with the same tenders again returns the receipt that was given.

    :raises PaymentRefused: if no drawer is open, the cart was already paid otherwise or is empty, an
        item was settled meanwhile, the fiscal period is closed, or the tenders cannot pay it
    :raises ConfirmationWanted: if a check or card leaves a credit, or the change is more than the drawer's cash,
        and nobody confirmed it
    """
    client, key = f"cashiering:{cashier.pk}", str(cart.key)
    try:
        before = replayed(client=client, key=key, request={"tenders": [asdict(tender) for tender in tenders]})
    except KeyReused as refusal:
        raise PaymentRefused(
            "This payment was already taken with other amounts. Look at the last receipts."
        ) from refusal
    if before is not None:
        return Receipt.objects.get(pk=before["receipt"])
    drawer = open_drawer_of(cashier, for_update=True)
    if drawer is None:
        raise PaymentRefused("Open your drawer before taking a payment.")
    receipt = _receive(cart, tenders, drawer=drawer, at=at, confirmed=confirmed)
    store_response(client=client, key=key, response={"receipt": receipt.pk})
    audit.record(actor=cashier, event="cashiering.receipt.issued", subject=receipt, at=at)
    return receipt


def _receive(
    cart: Cart, tendered: Sequence[TenderedAmount], *, drawer: Drawer, at: datetime, confirmed: Confirmed
) -> Receipt:
    # Whoever fills the cart locks it too, so that what is paid is what was shown.
    Cart.objects.select_for_update().get(pk=cart.pk)
    wanted = dict(cart.items.values_list("open_item_id", "amount_cents"))
    if not wanted:
        raise PaymentRefused("The cart is empty: add at least one open item.")
    _refuse_tenders(tendered, taken=tenders_taken(drawer.business_day))
    items = lock_open_items(wanted)
    _refuse_settled(items, wanted)
    try:
        settlement = settle(
            due_cents=sum(wanted.values()),
            tendered=tendered,
            nearest_cents=smallest_coin_cents(drawer.business_day),
        )
    except TendersRefused as refusal:
        raise PaymentRefused(str(refusal)) from refusal
    _refuse_unconfirmed(settlement, drawer=drawer, confirmed=confirmed)
    entry = _post(cart, settlement, items, drawer=drawer, at=at)
    with refused_by("receipt_per_cart", PaymentRefused("This payment was already taken.")):
        receipt = Receipt.objects.create(
            till=drawer.till,
            number=next_number(drawer.till.number_series),
            drawer=drawer,
            cart=cart,
            entry=entry,
            total_cents=settlement.kept_cents,
            credit_cents=settlement.credit_cents,
            rounding_cents=settlement.rounding_cents,
            change_cents=settlement.change_cents,
            at=at,
        )
    Tender.objects.bulk_create(
        Tender(
            receipt=receipt,
            line_number=line_number,
            kind=tender.kind,
            amount_cents=tender.kept_cents,
            tendered_cents=tender.tendered_cents if tender.kind == TenderKind.CASH else tender.kept_cents,
            reference=tender.reference,
        )
        for line_number, tender in enumerate(settlement.tenders, start=1)
    )
    return receipt


def _refuse_unconfirmed(settlement: Settlement, *, drawer: Drawer, confirmed: Confirmed) -> None:
    if settlement.credit_cents and not confirmed.credit_stays:
        raise ConfirmationWanted(
            f"This is {format_cents(settlement.credit_cents)} more than is due by check or card. Correct it, or tick "
            "“The rest stays as credit on the account”.",
            wanted="credit_stays",
        )
    if not settlement.change_cents or confirmed.change_at_hand:
        return
    held = expectation_of(drawer)
    # What the drawer holds is not told: the cashier counts it blind.
    if settlement.change_cents > held.float_cents + held.cash_cents:
        raise ConfirmationWanted(
            f"The change of {format_cents(settlement.change_cents)} is more than all cash in this drawer. Correct the "
            "cash handed over, or tick “The change can be given”.",
            wanted="change_at_hand",
        )


def _refuse_tenders(tendered: Sequence[TenderedAmount], *, taken: frozenset[str]) -> None:
    refused = sorted({tender.kind for tender in tendered} - taken)
    if refused:
        raise PaymentRefused(f"This counter takes {', '.join(sorted(taken))}, not {', '.join(refused)}.")


def _refuse_settled(items: Sequence[OpenItemRow], wanted: Mapping[int, int]) -> None:
    for item in items:
        if item.balance_cents < wanted[item.id]:
            raise PaymentRefused(
                f"{item.label} was paid or changed meanwhile. Open the account again to see what is owed."
            )


def _post(cart: Cart, settlement: Settlement, items: Sequence[OpenItemRow], *, drawer: Drawer, at: datetime) -> Entry:
    """Post the payment: what was kept against what it settles, credits and rounding included."""
    wanted = dict(cart.items.values_list("open_item_id", "amount_cents"))
    shares = allocate(
        settlement.applied_cents,
        [item.payable(wanted[item.id]) for item in items],
        order=application_order(drawer.business_day),
        on=drawer.business_day,
    )
    allocations = tuple(NewAllocation(item_id, cents) for item_id, cents in shares.items())
    try:
        return post_entry(
            kind="payment",
            lines=(*_debits(settlement), *_credits(settlement, allocations, items)),
            source=cart.source,
            business_date=drawer.business_day,
            actor=drawer.cashier,
            posted_at=at,
            allocations=allocations,
        )
    except PostingRefused as refusal:
        raise PaymentRefused(str(refusal)) from refusal


def _debits(settlement: Settlement) -> tuple[Line, ...]:
    card = sum(tender.kept_cents for tender in settlement.tenders if tender.kind == TenderKind.CARD)
    drawer = settlement.kept_cents - card
    rounded_down = max(-settlement.rounding_cents, 0)
    amounts = (("cash_drawer", drawer), ("card_in_transit", card), ("cash_rounding", rounded_down))
    return tuple(Line.debit(gl_account(role).pk, cents) for role, cents in amounts if cents)


def _credits(
    settlement: Settlement, allocations: Sequence[NewAllocation], items: Sequence[OpenItemRow]
) -> tuple[Line, ...]:
    lines = list(settling_lines(allocations))
    if settlement.credit_cents:
        # What is paid too much stays with the customer who owes the first item of the cart.
        credit = gl_account("unapplied_credit").pk
        lines.append(Line.credit(credit, settlement.credit_cents, debtor_id=items[0].debtor_id))
    if settlement.rounding_cents > 0:
        lines.append(Line.credit(gl_account("cash_rounding").pk, settlement.rounding_cents))
    return tuple(lines)
