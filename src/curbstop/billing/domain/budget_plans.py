"""Budget billing: what a year came to, paid in equal months, and settled against what was really billed.

$1,164.00 a year is $97.00 a month, and $101.85 with a cushion of five percent; $1,222.20 collected against $1,246.90
billed leaves $24.70 due (WX-1.8). The receivable stays the true balance; only what is late is measured on the amount.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from curbstop.billing.domain.adjustments import PolicyRefused, count_of, fields_of, number_of, word_of
from curbstop.billing.domain.leaks import months_before
from curbstop.foundation.money import Cents, dollars, to_cents

MONTHS = 12
DAYS_A_YEAR = 365
HUNDRED = Decimal(100)

_OPTIONAL = (
    "label", "cushion_percent", "review_months", "review_over_percent", "rolling", "carry_over", "good_months_min",
    "surplus_credit_min", "deficit",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetPolicy:
    """One of the city's kinds of budget billing."""

    code: str
    label_en: str
    label_es: str
    cushion_percent: Decimal
    # Months of the plan in which the amount is looked at again, and by how much it must have moved to change.
    review_months: tuple[int, ...]
    review_over_percent: Decimal
    is_rolling: bool
    is_carried_over: bool
    good_months_min: int
    surplus_credit_min: Cents
    # What a deficit becomes at the end of a term: due at once, or spread over the next twelve months.
    deficit: str


@dataclass(frozen=True, slots=True)
class MonthlyAmount:
    """The amount of a month, and the sentence of how it came about."""

    cents: Cents
    how: str


@dataclass(frozen=True, slots=True)
class SettleUp:
    """What stands at the end of a term: actual less collected, and where the difference goes."""

    variance_cents: Cents
    due_cents: Cents
    credit_cents: Cents
    carried_cents: Cents


@dataclass(frozen=True, slots=True)
class Installments:
    """The amounts of a plan in force from their days on, and the days on which they fall due."""

    starts_on: date
    ends_on: date | None
    amounts: tuple[tuple[date, Cents], ...]

    def due_by(self, on: date) -> Cents:
        """Return what fell due up to a day, that day included: the first amount a month after the plan began."""
        return sum(self.amount_on(day) for day in self._due_days(on))

    def due_on(self, on: date) -> Cents:
        """Return what falls due on that very day."""
        return sum(self.amount_on(day) for day in self._due_days(on) if day == on)

    def amount_on(self, on: date) -> Cents:
        """Return the monthly amount in force on a day."""
        return next((cents for starts_on, cents in reversed(self.amounts) if starts_on < on), self.amounts[0][1])

    def next_due_on(self, on: date) -> date:
        """Return the first day after a given one on which an amount falls due."""
        count = 1
        while months_before(self.starts_on, -count) <= on:
            count += 1
        return months_before(self.starts_on, -count)

    def _due_days(self, on: date) -> Iterable[date]:
        count = 1
        while (day := months_before(self.starts_on, -count)) <= on and (self.ends_on is None or day <= self.ends_on):
            yield day
            count += 1


def read_budget_policies(value: Any) -> tuple[BudgetPolicy, ...]:
    """Return the kinds of budget billing of `budget.policies`.

    :raises PolicyRefused: if a field is unknown, missing or not as expected, or a code is there twice
    """
    if not isinstance(value, list):
        raise PolicyRefused("expected a list of policies")
    policies = tuple(read_budget_policy(each) for each in value)
    if len({policy.code for policy in policies}) < len(policies):
        raise PolicyRefused("a policy is there twice (expected each code once)")
    return policies


def read_budget_policy(value: Any) -> BudgetPolicy:
    """Return one kind of budget billing, as a pack writes it or as a plan keeps its terms.

    :raises PolicyRefused: if a field is unknown, missing or not as expected
    """
    fields = fields_of(value, required=("code",), optional=_OPTIONAL)
    label = fields.get("label") or {}
    months = fields.get("review_months") or []
    if not isinstance(label, Mapping) or not isinstance(months, list):
        raise PolicyRefused("label: expected a text by language; review_months: expected a list")
    least = number_of(fields, "surplus_credit_min", "0") or Decimal(0)
    return BudgetPolicy(
        code=str(fields["code"]),
        label_en=str(label.get("en", fields["code"])),
        label_es=str(label.get("es", label.get("en", fields["code"]))),
        cushion_percent=number_of(fields, "cushion_percent", "0") or Decimal(0),
        review_months=tuple(count_of({"review_months": month}, "review_months") or 0 for month in months),
        review_over_percent=number_of(fields, "review_over_percent", "0") or Decimal(0),
        is_rolling=word_of(fields, "rolling", ("no", "yes")) == "yes",
        is_carried_over=word_of(fields, "carry_over", ("no", "yes")) == "yes",
        good_months_min=count_of(fields, "good_months_min", 0) or 0,
        surplus_credit_min=to_cents(least),
        deficit=word_of(fields, "deficit", ("due", "spread")),
    )


def months_of(days: int) -> int:
    """Return how many months so many billed days are, from one to twelve: 122 days are four."""
    return min(max(round(days * MONTHS / DAYS_A_YEAR), 1), MONTHS)


def monthly_amount(
    policy: BudgetPolicy, totals: Sequence[Cents], *, months: int = MONTHS, carried_cents: Cents = 0
) -> MonthlyAmount:
    """Return a twelfth of a year's bills, with the cushion, and a twelfth of what is carried over (WX-1.8).

    `months` is what the bills cover: an account of four months pays a fourth of them, or it would begin too low.
    """
    assert totals, "an account without a bill has no budget amount"
    year = sum(totals)
    exact = Decimal(year) / months * (1 + policy.cushion_percent / HUNDRED) + Decimal(carried_cents) / MONTHS
    how = f"{dollars(year)} ÷ {months}"
    if policy.cushion_percent:
        how += f" + {policy.cushion_percent.normalize():f} %"
    if carried_cents:
        how += f" {'+' if carried_cents > 0 else '−'} {dollars(abs(carried_cents))} ÷ {MONTHS}"
    return MonthlyAmount(max(to_cents(exact / 100), 0), how)


def is_reviewed(policy: BudgetPolicy, month: int) -> bool:
    """Tell whether the amount is looked at again in a month of the plan, the first being 1."""
    return policy.is_rolling or month in policy.review_months


def reviewed(
    policy: BudgetPolicy, current_cents: Cents, totals: Sequence[Cents], *, months: int = MONTHS
) -> MonthlyAmount | None:
    """Return the new amount if bills moved by more than the policy bears, or always where it rolls; else nothing."""
    fresh = monthly_amount(policy, totals, months=months)
    moved = abs(fresh.cents - current_cents) * HUNDRED
    if fresh.cents == current_cents:
        return None
    if not policy.is_rolling and moved <= policy.review_over_percent * current_cents:
        return None
    return fresh


def settle_up(policy: BudgetPolicy, *, actual_cents: Cents, collected_cents: Cents, is_exit: bool) -> SettleUp:
    """Return where the difference goes at the end of a term; any exit makes the whole of it due (rulebook §1.8)."""
    variance = actual_cents - collected_cents
    if variance <= 0:
        # What is too small to credit by itself stays on the account and lowers the next year, where it carries over.
        is_small = -variance < policy.surplus_credit_min and not is_exit
        keeps = not is_exit and (policy.is_carried_over or policy.is_rolling or is_small)
        return SettleUp(variance, 0, 0 if keeps else -variance, variance if keeps else 0)
    if is_exit or (policy.deficit == "due" and not policy.is_carried_over and not policy.is_rolling):
        return SettleUp(variance, variance, 0, 0)
    return SettleUp(variance, 0, 0, variance)
