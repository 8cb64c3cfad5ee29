"""One charge over all rows of a batch: quantity, price and amount, exact, and the cents that are printed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from curbstop.rates.domain.evaluation import Evaluation
from curbstop.rates.domain.exact import ZERO, ExactColumn, Mask, Numerators
from curbstop.rates.domain.schedule import Heading, Proration
from curbstop.rates.domain.tracing import Trace

LARGEST_LINE = 10**13  # dollars; cents of all lines together still fit 64 bits


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeColumn:
    """One charge, or one tier of it, over all rows of a batch."""

    heading: Heading
    quantity: ExactColumn
    unit_price: ExactColumn
    amount: ExactColumn
    cents: Numerators
    is_printed: Mask
    tier: int = 0
    starts_above: ExactColumn | None = None
    ends_at: ExactColumn | None = None
    has_end: Mask | None = None
    cap: ExactColumn | None = None
    of: tuple[str, ...] = ()
    proration: Proration | None = None
    days: ExactColumn | None = None
    is_prorated: Mask | None = None
    # What else an outsider needs to recompute the line: each is written into the derivation under its name.
    facts: tuple[tuple[str, ExactColumn | str], ...] = ()
    # The formulas of the numbers above, and what they were worked out with.
    trace: Trace | None = None

    @property
    def rounded(self) -> ExactColumn:
        """Return the printed amounts in dollars."""
        bound = self.amount.bound * 100 // self.amount.scale + 1
        return ExactColumn(self.cents, 100, bound)

    def only_where(self, rows: Mask) -> ChargeColumn:
        """Return the same charge for some rows; for the others it is nothing and no line."""
        return replace(
            self,
            amount=self.amount.where(rows, ZERO),
            cents=np.where(rows, self.cents, 0),
            is_printed=self.is_printed & rows,
        )


def billable(amount: ExactColumn, evaluation: Evaluation, *, is_credit_allowed: bool = False) -> ExactColumn:
    """Refuse a line below zero or beyond any bill; it counts as zero from here on."""
    negative = amount.is_negative()
    if negative.any() and not is_credit_allowed:
        evaluation.refuse(np.broadcast_to(negative, (evaluation.size,)), "the charge is negative")
        amount = amount.maximum(ZERO)
    if amount.bound >= LARGEST_LINE * amount.scale:
        large = amount.exceeds(LARGEST_LINE)
        message = f"the charge is larger than ${LARGEST_LINE:,}"
        evaluation.refuse(np.broadcast_to(large, (evaluation.size,)), message)
        amount = ZERO.where(large, amount).tightened()
    return amount


def spread_cents(amount: ExactColumn, size: int) -> Numerators:
    """Return the cents of every row; those that all rows share are repeated."""
    cents = amount.cents()
    return cents if len(cents) == size else np.broadcast_to(cents, (size,))
