"""What the customer hands over, and how much of it settles what is owed.

A bill of $86.43 paid with a $50.00 check and two $20.00 bills leaves $36.43 for the cash, so the
customer gets $3.57 back. Only cash gives change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from curbstop.cashiering.domain.rounding import round_cash
from curbstop.foundation.card_numbers import looks_like_card_number


class TenderKind(StrEnum):
    """The ways to pay at the counter; the words are stored."""

    CASH = "cash"
    CHECK = "check"
    CARD = "card"


class TendersRefused(Exception):
    """These tenders cannot pay this amount; the message says why."""


@dataclass(frozen=True, slots=True)
class TenderedAmount:
    """One tender as it crosses the counter, in cents, with its check or authorization number."""

    kind: TenderKind
    tendered_cents: int
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What the cashier looked at twice: that a credit is meant, and that so much change can be given."""

    credit_stays: bool = False
    change_at_hand: bool = False


NOTHING_CONFIRMED = Confirmed()


@dataclass(frozen=True, slots=True)
class AppliedTender:
    """One tender after change: what was handed over and what the drawer keeps, in cents."""

    kind: TenderKind
    reference: str
    tendered_cents: int
    kept_cents: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a set of tenders settles an amount.

    ``kept_cents`` = ``applied_cents`` + ``credit_cents`` + ``rounding_cents``; rounding alone may
    be negative (the city collected less cash than it was owed).
    """

    tenders: tuple[AppliedTender, ...]
    applied_cents: int
    credit_cents: int
    rounding_cents: int
    change_cents: int

    @property
    def kept_cents(self) -> int:
        """Return what stays in the drawer and at the card processor, in cents."""
        return sum(tender.kept_cents for tender in self.tenders)


def settle(*, due_cents: int, tendered: Sequence[TenderedAmount], nearest_cents: int = 1) -> Settlement:
    """Return how the tenders settle what is due, giving change from cash only.

    Checks and cards above what is due become a credit on the account; cash never does, because
    the customer is standing there and gets change.

    :raises TendersRefused: if nothing was handed over, an amount is not positive, a check or card
        has no number, or a tender looks like a card number
    """
    _refuse_bad_tenders(tendered)
    not_cash = [tender for tender in tendered if tender.kind != TenderKind.CASH]
    cash = [tender for tender in tendered if tender.kind == TenderKind.CASH]
    not_cash_cents = sum(tender.tendered_cents for tender in not_cash)
    handed_cents = sum(tender.tendered_cents for tender in cash)
    cash_due = max(due_cents - not_cash_cents, 0)
    if cash and cash_due == 0:
        raise TendersRefused("The checks and cards already cover the amount: hand the cash back.")
    rounded_due = round_cash(cash_due, nearest_cents=nearest_cents)
    pays_in_full = handed_cents >= rounded_due
    kept_cash = rounded_due if pays_in_full else handed_cents
    if cash and kept_cash == 0:
        raise TendersRefused("The amount rounds to nothing in cash: take no cash for it.")
    rounding = kept_cash - cash_due if cash and pays_in_full else 0
    applied = min(not_cash_cents, due_cents) + kept_cash - rounding
    return Settlement(
        tenders=(
            *(_keep(tender, tender.tendered_cents) for tender in not_cash),
            *_keep_cash(cash, kept_cash),
        ),
        applied_cents=applied,
        credit_cents=max(not_cash_cents - due_cents, 0),
        rounding_cents=rounding,
        change_cents=handed_cents - kept_cash,
    )


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What the payment page says before the payment: at most one of the three is above zero, in cents."""

    due_cents: int
    change_cents: int
    credit_cents: int


def reckon(*, due_cents: int, cash_cents: int, other_cents: int, nearest_cents: int = 1) -> Reckoning:
    """Return what is still due, given back or left as credit when this much is handed over.

    It says what `settle` will do, and also speaks while the tenders do not pay the amount yet.
    """
    cash_due = round_cash(max(due_cents - other_cents, 0), nearest_cents=nearest_cents)
    return Reckoning(
        due_cents=max(cash_due - cash_cents, 0),
        change_cents=max(cash_cents - cash_due, 0),
        credit_cents=max(other_cents - due_cents, 0),
    )


def _keep(tender: TenderedAmount, kept_cents: int) -> AppliedTender:
    return AppliedTender(tender.kind, tender.reference, tender.tendered_cents, kept_cents)


def _keep_cash(cash: Sequence[TenderedAmount], kept_cents: int) -> tuple[AppliedTender, ...]:
    """Merge the cash lines: a drawer knows one pile of cash, not in how many gestures it came."""
    if not cash:
        return ()
    handed = TenderedAmount(TenderKind.CASH, sum(tender.tendered_cents for tender in cash))
    return (_keep(handed, kept_cents),)


def _refuse_bad_tenders(tendered: Sequence[TenderedAmount]) -> None:
    if not tendered:
        raise TendersRefused("Enter what the customer hands over: cash, a check or a card.")
    for tender in tendered:
        if tender.tendered_cents <= 0:
            raise TendersRefused(f"The {tender.kind} amount must be more than zero.")
        if tender.kind != TenderKind.CASH and not tender.reference.strip():
            wanted = "check number" if tender.kind == TenderKind.CHECK else "authorization code"
            raise TendersRefused(f"Enter the {wanted} of the {tender.kind}.")
        if looks_like_card_number(tender.reference):
            raise TendersRefused(
                "This looks like a card number. Enter the authorization code that the terminal "
                "printed; card numbers are never stored here."
            )
