"""A day at the counter of the demo city: two drawers, cash, checks and cards, one mistake, two counts."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from curbstop.cashiering.domain.tenders import TenderedAmount, TenderKind
from curbstop.cashiering.models import Drawer, Receipt, Till
from curbstop.cashiering.operations import (
    close_drawer,
    count_drawer,
    open_cart,
    open_drawer,
    request_void,
    take_payment,
    void_receipt,
)
from curbstop.cashiering.queries import denominations, expectation_of, float_cents, tills_free
from curbstop.foundation.access.models import User
from curbstop.ledger.queries import open_items_by_debtor

MINUTES_A_CUSTOMER = 6
SHORT_CENTS = 500


@dataclass(frozen=True, slots=True)
class CounterDay:
    """What the counter did: its closed drawers and every receipt."""

    drawers: tuple[Drawer, ...]
    receipts: tuple[Receipt, ...]


def play_counter(*, people: dict[str, User], debtors: Sequence[int], dice: random.Random, at: datetime) -> CounterDay:
    """Open two drawers, take a payment from each debtor in turn, void one receipt, count blind and close."""
    tills = list(tills_free()[:2])
    drawers = [_open(till, people[name], at=at) for till, name in zip(tills, ("cashier", "cashier2"), strict=True)]
    owed = open_items_by_debtor(debtors)
    receipts = []
    for number, debtor in enumerate(debtors):
        drawer = drawers[number % 2]
        amounts = {item.id: item.balance_cents for item in owed[debtor]}
        key = UUID(int=dice.getrandbits(128), version=4)
        when = at + timedelta(minutes=MINUTES_A_CUSTOMER * (number + 1))
        cart = open_cart(key=key, cashier=drawer.cashier, amounts=amounts, at=when)
        tenders = _tenders(sum(amounts.values()), number=number, dice=dice)
        receipts.append(take_payment(cart=cart, tenders=tenders, cashier=drawer.cashier, at=when))
    evening = at + timedelta(hours=7)
    mistake = receipts[0]
    request = request_void(
        receipt=mistake,
        requested_by=mistake.drawer.cashier,
        reason="Customer wanted to pay a neighbor's account",
        at=evening,
    )
    void_receipt(request=request, approved_by=people["supervisor"], at=evening)
    closed = tuple(
        _count_and_close(drawer, short_cents=short, at=evening)
        for drawer, short in zip(drawers, (0, SHORT_CENTS), strict=True)
    )
    return CounterDay(drawers=closed, receipts=tuple(receipts))


def _open(till: Till, cashier: User, *, at: datetime) -> Drawer:
    return open_drawer(till=till, cashier=cashier, float_cents=float_cents(at.date()), at=at)


def _tenders(due: int, *, number: int, dice: random.Random) -> tuple[TenderedAmount, ...]:
    """Return how a customer pays: in turn by cash in twenties, check, card, half of it, or check and cash."""
    twenties = -(-due // 2_000) * 2_000
    check = f"{dice.randrange(100, 9_999)}"
    ways = (
        (TenderedAmount(TenderKind.CASH, twenties),),
        (TenderedAmount(TenderKind.CHECK, due, check),),
        (TenderedAmount(TenderKind.CARD, due, f"{dice.randrange(16**6):06X}"),),
        (TenderedAmount(TenderKind.CASH, max(due // 2 // 100 * 100, 100)),),
        (TenderedAmount(TenderKind.CHECK, due // 2 + 1, check), TenderedAmount(TenderKind.CASH, twenties)),
    )
    return ways[number % len(ways)]


def _count_and_close(drawer: Drawer, *, short_cents: int, at: datetime) -> Drawer:
    expected = expectation_of(drawer)
    cash = expected.float_cents + expected.cash_cents - short_cents
    count_drawer(
        drawer=drawer,
        pieces=_pieces(cash, denominations(drawer.business_day)),
        check_cents=expected.check_cents,
        counted_by=drawer.cashier,
        at=at,
    )
    return close_drawer(drawer=drawer, by=drawer.cashier, at=at)


def _pieces(cents: int, faces: Sequence[int]) -> dict[int, int]:
    """Return an amount in as few bills and coins as there are."""
    pieces = {}
    for face in faces:
        pieces[face], cents = divmod(cents, face)
    assert cents == 0, "the smallest coin divides every amount"
    return pieces
