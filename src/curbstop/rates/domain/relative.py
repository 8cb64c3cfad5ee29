"""Charges that are counted on other charges: minimums, maximums, percentages, discounts.

They are taken of the rounded lines above them, so that anybody can recompute them from the printed bill.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from curbstop.rates.domain import exact
from curbstop.rates.domain.charge_columns import ChargeColumn, billable, spread_cents
from curbstop.rates.domain.evaluation import Evaluation
from curbstop.rates.domain.exact import ZERO, ExactColumn
from curbstop.rates.domain.schedule import Discount, Heading, Maximum, Minimum, Percent
from curbstop.rates.domain.tracing import Trace, trace_of

ONE = exact.constant(Fraction(1))
CENTS = 2

CountedOnOthers = Minimum | Maximum | Percent | Discount
Facts = tuple[tuple[str, ExactColumn | str], ...]


def counted_on_others(charge: CountedOnOthers, evaluation: Evaluation, before: Sequence[ChargeColumn]) -> ChargeColumn:
    """Work out a charge from the columns above it."""
    match charge:
        case Minimum():
            return _minimum(charge, evaluation, before)
        case Maximum():
            return _maximum(charge, evaluation, before)
        case Percent():
            return _percent(charge, evaluation, before)
        case Discount():
            return _discount(charge, evaluation, before)


def _minimum(charge: Minimum, evaluation: Evaluation, before: Sequence[ChargeColumn]) -> ChargeColumn:
    """Top up to the least amount, so that the lines above keep their quantity and price."""
    lacking = (evaluation.number(charge.least) - _rounded_sum(charge.of, before)).maximum(ZERO)
    return ChargeColumn(
        heading=charge.heading,
        quantity=ONE,
        unit_price=lacking,
        amount=lacking,
        cents=spread_cents(lacking, evaluation.size),
        is_printed=np.broadcast_to(~lacking.is_zero(), (evaluation.size,)),
        of=charge.of,
        facts=(("method", "minimum"), ("least", evaluation.number(charge.least))),
        trace=trace_of(evaluation, least_is=charge.least),
    )


def _percent(charge: Percent, evaluation: Evaluation, before: Sequence[ChargeColumn]) -> ChargeColumn:
    base = _rounded_sum(charge.of, before)
    share = evaluation.number(charge.share)
    cap = None if charge.cap is None else evaluation.number(charge.cap)
    amount = base * share if cap is None else (base * share).minimum(cap)
    return ChargeColumn(
        heading=charge.heading,
        quantity=base,
        unit_price=share,
        amount=amount,
        cents=spread_cents(amount, evaluation.size),
        is_printed=np.broadcast_to(~amount.is_zero(), (evaluation.size,)),
        cap=cap,
        of=charge.of,
        trace=None if charge.cap is None else trace_of(evaluation, cap_is=charge.cap),
    )


def _maximum(charge: Maximum, evaluation: Evaluation, before: Sequence[ChargeColumn]) -> ChargeColumn:
    """Credit what is above the greatest amount."""
    most = evaluation.number(charge.most)
    excess = (_rounded_sum(charge.of, before) - most).maximum(ZERO).rounded_half_up(CENTS)
    facts: Facts = (("method", "maximum"), ("most", most))
    return _credit(charge.heading, charge.of, excess, evaluation, (facts, trace_of(evaluation, most_is=charge.most)))


def _discount(charge: Discount, evaluation: Evaluation, before: Sequence[ChargeColumn]) -> ChargeColumn:
    """Credit a share, an amount or the lesser, never more than what it is taken off."""
    base = _rounded_sum(charge.of, before).maximum(ZERO)
    credit, share = base, None
    facts: list[tuple[str, ExactColumn | str]] = [("method", "discount")]
    traced = {}
    if charge.share is not None:
        share = evaluation.number(charge.share)
        credit = billable(base * share, evaluation)
        facts.append(("share", share))
        traced["share_is"] = charge.share
    if charge.amount is not None:
        amount = evaluation.number(charge.amount)
        # A credit below zero would be a charge that nobody wrote down.
        credit = billable(credit.minimum(amount), evaluation)
        facts.append(("at_most", amount))
        traced["at_most_is"] = charge.amount
    trace = trace_of(evaluation, **traced)
    column = _credit(charge.heading, charge.of, credit.rounded_half_up(CENTS), evaluation, (tuple(facts), trace))
    if share is None or charge.amount is not None:
        return column
    # A share alone is printed as what it is: 30 % of what is charged.
    return replace(column, quantity=base, unit_price=ZERO - share)


def _credit(
    heading: Heading, of: tuple[str, ...], credit: ExactColumn, evaluation: Evaluation, said: tuple[Facts, Trace | None]
) -> ChargeColumn:
    amount = ZERO - credit
    facts, trace = said
    return ChargeColumn(
        heading=heading,
        quantity=ONE,
        unit_price=amount,
        amount=amount,
        cents=spread_cents(amount, evaluation.size),
        is_printed=np.broadcast_to(~amount.is_zero(), (evaluation.size,)),
        of=of,
        facts=facts,
        trace=trace,
    )


def _rounded_sum(keys: tuple[str, ...], before: Sequence[ChargeColumn]) -> ExactColumn:
    """Add up the rounded lines of some charges, in dollars."""
    total = ZERO
    for column in before:
        if column.heading.key in keys:
            total = total + column.rounded
    return total
