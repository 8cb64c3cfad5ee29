"""The rate engine: a compiled schedule and columns of usage become columns of charges.

One row is one bill's worth of one service; a single bill is a batch of one. Amounts are exact and
each printed line is rounded half up to the cent once (rulebook §0.1); a bill is the sum of its lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from curbstop.rates.domain.charge_columns import ChargeColumn, billable, spread_cents
from curbstop.rates.domain.evaluation import Evaluation
from curbstop.rates.domain.exact import ZERO, ExactColumn, Mask, Numerators
from curbstop.rates.domain.nodes import Input
from curbstop.rates.domain.relative import counted_on_others
from curbstop.rates.domain.schedule import (
    Charge,
    ClassSchedule,
    Discount,
    Maximum,
    Priced,
    PricedByTier,
    Proration,
)
from curbstop.rates.domain.tracing import trace_of, trace_of_tier

DAYS = "days"


@dataclass(frozen=True, slots=True)
class PricedRows:
    """The charges of a batch in printing order, and the rows that could not be priced."""

    size: int
    charges: tuple[ChargeColumn, ...]
    # 0 is priced, n is refused for reasons[n - 1].
    problems: Numerators
    reasons: tuple[str, ...]

    @property
    def is_refused(self) -> Mask:
        """Say which rows have no bill."""
        return np.asarray(self.problems != 0, dtype=np.bool_)

    def reason(self, row: int) -> str:
        """Return why a row has no bill, or nothing."""
        number = int(self.problems[row])
        return self.reasons[number - 1] if number else ""

    def unrounded(self) -> ExactColumn:
        """Return each row's bill before any rounding."""
        total = ExactColumn(np.zeros(self.size, dtype=np.int64), 1, 0)
        for charge in self.charges:
            total = total + charge.amount
        return total

    def by_key(self) -> dict[str, ExactColumn]:
        """Return each charge's unrounded amount, its tiers added up."""
        sums: dict[str, ExactColumn] = {}
        for charge in self.charges:
            key = charge.heading.key
            sums[key] = sums[key] + charge.amount if key in sums else charge.amount
        return sums

    def cents(self) -> Numerators:
        """Return each row's bill: the sum of its lines, each rounded to the cent."""
        total = np.zeros(self.size, dtype=np.int64)
        for charge in self.charges:
            total = total + charge.cents
        return total


def price_class(schedule: ClassSchedule, frame: pl.DataFrame) -> PricedRows:
    """Price every row of a frame whose columns are the schedule's inputs.

    Numbers are Decimal, whole numbers or decimal text; floats are refused. A row that lacks an
    input, or whose keys are in no table, is refused by name and the others are priced.
    """
    evaluation = Evaluation(frame)
    charges: list[ChargeColumn] = []
    for charge in schedule.charges:
        charges.extend(_columns(charge, evaluation, charges))
    _refuse_negative_bills(schedule, charges, evaluation)
    problems = evaluation.problems
    if problems is None:
        problems = np.zeros(frame.height, dtype=np.int32)
    return PricedRows(frame.height, tuple(charges), problems, tuple(evaluation.reasons))


def _refuse_negative_bills(schedule: ClassSchedule, charges: list[ChargeColumn], evaluation: Evaluation) -> None:
    """Refuse rows whose credits are more than their charges: nobody is paid by a bill."""
    if not any(charge.amount.is_negative().any() for charge in charges):
        return
    total = ZERO
    # A discount is reckoned from rounded lines, so that only rounded lines can be compared with it.
    is_rounded = any(isinstance(each, (Discount, Maximum)) for each in schedule.charges)
    for charge in charges:
        total = total + (charge.rounded if is_rounded else charge.amount)
    evaluation.refuse(np.broadcast_to(total.is_negative(), (evaluation.size,)), "the bill is negative")


def _columns(charge: Charge, evaluation: Evaluation, before: list[ChargeColumn]) -> Iterable[ChargeColumn]:
    with evaluation.within(charge.heading.key):
        if charge.when is None:
            return _worked_out(charge, evaluation, before)
        is_charged = np.broadcast_to(evaluation.holds(charge.when), (evaluation.size,))
        columns = evaluation.only_where(is_charged, lambda: _worked_out(charge, evaluation, before))
        return [column.only_where(is_charged) for column in columns]


def _worked_out(charge: Charge, evaluation: Evaluation, before: list[ChargeColumn]) -> list[ChargeColumn]:
    match charge:
        case Priced():
            return [_priced(charge, evaluation)]
        case PricedByTier():
            return list(_by_tier(charge, evaluation))
        case _:
            return [counted_on_others(charge, evaluation, before)]


def _priced(charge: Priced, evaluation: Evaluation) -> ChargeColumn:
    quantity = evaluation.number(charge.quantity)
    unit_price = evaluation.number(charge.price)
    amount = billable(quantity * unit_price, evaluation, is_credit_allowed=charge.is_credit_allowed)
    return ChargeColumn(
        heading=charge.heading,
        quantity=quantity,
        unit_price=unit_price,
        amount=amount,
        cents=spread_cents(amount, evaluation.size),
        is_printed=np.ones(evaluation.size, dtype=np.bool_),
        proration=charge.proration,
        days=_days(charge.proration, evaluation),
        is_prorated=_is_prorated(charge.proration, evaluation),
        trace=trace_of(evaluation, quantity_is=charge.quantity, unit_price_is=charge.price),
    )


def _by_tier(charge: PricedByTier, evaluation: Evaluation) -> Iterable[ChargeColumn]:
    days = _days(charge.proration, evaluation)
    is_prorated = _is_prorated(charge.proration, evaluation)
    for number, tier in enumerate(evaluation.tiers(charge.tiered), start=1):
        amount = billable(tier.quantity * tier.price, evaluation)
        reached = ~tier.quantity.is_zero()
        # A bill without usage still shows what the first unit would have cost; and a first step that is worked out
        # to nothing, a budget for nobody, shows that the second begins at nothing.
        unused = (evaluation.number(charge.tiered.usage).is_zero() | tier.ends_at.is_zero()) & (number == 1)
        yield ChargeColumn(
            heading=charge.heading,
            quantity=tier.quantity,
            unit_price=tier.price,
            amount=amount,
            cents=spread_cents(amount, evaluation.size),
            is_printed=np.broadcast_to(reached | unused, (evaluation.size,)),
            tier=number,
            starts_above=tier.starts_above,
            ends_at=tier.ends_at,
            has_end=tier.has_end,
            proration=charge.proration,
            days=days,
            is_prorated=is_prorated,
            trace=trace_of_tier(evaluation, charge.tiered, number),
        )


def _days(proration: Proration | None, evaluation: Evaluation) -> ExactColumn | None:
    return None if proration is None else evaluation.number(Input(DAYS))


def _is_prorated(proration: Proration | None, evaluation: Evaluation) -> Mask | None:
    if proration is None:
        return None
    within = evaluation.lies_within(DAYS, proration.as_is_from, proration.as_is_to)
    return np.broadcast_to(~within, (evaluation.size,))
