"""Which registers there are, what each asks for, and how it is made."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from curbstop.reports.domain.registers import Register
from curbstop.reports.queries.adjustments import adjustments_register, non_cash_credits
from curbstop.reports.queries.billing import billing_register
from curbstop.reports.queries.cash import daily_cash, deposit_summary
from curbstop.reports.queries.ledger import aged_receivables, gl_distribution, trial_balance_register
from curbstop.reports.queries.partners import partner_settlement
from curbstop.reports.queries.security import deposits_held


class NoSuchRegister(Exception):
    """There is no register of this code, or it has nothing for these days."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One register of the catalog: made for the days from a first to a last one, both included."""

    code: str
    title: str
    sentence: str
    make: Callable[[date, date], Register]


CATALOG: tuple[Entry, ...] = (
    Entry(
        "adjustments",
        "Adjustments",
        "Every credit and charge by hand, with who entered and approved it and the sum that limits look at",
        adjustments_register,
    ),
    Entry(
        "aged-receivables",
        "Aged receivables",
        "What each account owes on the last day, by age from the due date",
        aged_receivables,
    ),
    Entry("billing", "Billing register", "Every bill with its days, use and charges", billing_register),
    Entry("daily-cash", "Daily cash", "Every drawer with its receipts, count and difference", daily_cash),
    Entry("deposits", "Deposits", "Every deposit with its bag, cash and checks", deposit_summary),
    Entry(
        "non-cash-credits",
        "Non-cash credits by user",
        "What each person credited without cash, and how much of it without a second person",
        non_cash_credits,
    ),
    Entry(
        "deposits-held",
        "Deposits held",
        "Every customer's security deposit with its interest and good months; the total is the liability in the ledger",
        deposits_held,
    ),
    Entry("gl-distribution", "GL distribution", "Debits and credits by day, account and service", gl_distribution),
    Entry(
        "partner-settlement",
        "Partner settlement",
        "What was billed, collected and given back of other agencies' lines, the fee, and what is owed to them",
        partner_settlement,
    ),
    Entry(
        "trial-balance",
        "Trial balance",
        "Every account with what it began with, moved and ends with",
        trial_balance_register,
    ),
)


def register(code: str, *, first_day: date, last_day: date) -> Register:
    """Return one register of some days, both included.

    :raises NoSuchRegister: if there is none of this code
    """
    entry = next((entry for entry in CATALOG if entry.code == code), None)
    if entry is None:
        raise NoSuchRegister(
            f"There is no register {code}. Choose one of {', '.join(entry.code for entry in CATALOG)}."
        )
    return entry.make(first_day, last_day)
