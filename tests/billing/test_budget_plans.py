"""The arithmetic of budget billing: four published variants as data, and WX-1.8 to the cent."""

from datetime import date
from typing import Any

import pytest

from curbstop.billing.domain.adjustments import PolicyRefused
from curbstop.billing.domain.budget_plans import (
    Installments,
    is_reviewed,
    monthly_amount,
    months_of,
    read_budget_policies,
    read_budget_policy,
    reviewed,
    settle_up,
)

# Rule book §1.8, as a pack writes them; every scalar is text.
BRENTWOOD = {"code": "fixed", "cushion_percent": "5"}
SMUD = {
    "code": "reviewed",
    "review_months": ["4", "8"],
    "review_over_percent": "15",
    "surplus_credit_min": "10.00",
    "deficit": "spread",
}
PASCO = {"code": "carried", "carry_over": "yes", "good_months_min": "12"}
GARLAND = {"code": "rolling", "rolling": "yes"}
YEAR = [9_700] * 12


class TestMonthlyAmount:
    def test_is_a_twelfth_of_the_year(self) -> None:
        """WX-1.8: $1,164.00 is $97.00 a month."""
        assert monthly_amount(read_budget_policy(SMUD), YEAR).cents == 9_700

    def test_has_a_cushion(self) -> None:
        """WX-1.8: with five percent $101.85."""
        amount = monthly_amount(read_budget_policy(BRENTWOOD), YEAR)

        assert (amount.cents, amount.how) == (10_185, "1164.00 ÷ 12 + 5 %")

    def test_carries_what_was_left_into_the_next_year(self) -> None:
        assert monthly_amount(read_budget_policy(PASCO), YEAR, carried_cents=2_400).cents == 9_900
        assert monthly_amount(read_budget_policy(PASCO), YEAR, carried_cents=-2_400).cents == 9_500

    def test_takes_bills_of_every_two_months(self) -> None:
        assert monthly_amount(read_budget_policy(SMUD), [19_400] * 6).cents == 9_700

    def test_of_a_short_history_is_what_one_of_its_months_cost(self) -> None:
        assert [months_of(days) for days in (20, 61, 122, 350, 365, 380)] == [1, 2, 4, 12, 12, 12]
        amount = monthly_amount(read_budget_policy(SMUD), [26_073, 26_072], months=4)
        assert (amount.cents, amount.how) == (13_036, "521.45 ÷ 4")


class TestReview:
    def test_comes_in_the_months_of_the_policy(self) -> None:
        assert [month for month in range(1, 13) if is_reviewed(read_budget_policy(SMUD), month)] == [4, 8]
        assert all(is_reviewed(read_budget_policy(GARLAND), month) for month in range(1, 13))

    @pytest.mark.parametrize(("bill", "becomes"), [(11_155, None), (11_156, 11_156), (8_245, None), (8_244, 8_244)])
    def test_changes_what_moved_by_more_than_fifteen_percent(self, bill: int, becomes: int | None) -> None:
        amount = reviewed(read_budget_policy(SMUD), 9_700, [bill] * 12)

        assert (amount and amount.cents) == becomes

    def test_rolls_every_month(self) -> None:
        amount = reviewed(read_budget_policy(GARLAND), 9_700, [*YEAR[1:], 10_900])

        assert amount is not None
        assert amount.cents == 9_800


class TestSettleUp:
    def test_asks_for_what_was_not_collected(self) -> None:
        """WX-1.8: collected 1,222.20 against 1,246.90 leaves $24.70 due."""
        settled = settle_up(read_budget_policy(BRENTWOOD), actual_cents=124_690, collected_cents=122_220, is_exit=False)

        assert (settled.due_cents, settled.credit_cents, settled.carried_cents) == (2_470, 0, 0)

    def test_credits_a_surplus_of_ten_dollars_and_keeps_a_smaller_one(self) -> None:
        policy = read_budget_policy(SMUD)

        assert settle_up(policy, actual_cents=100_000, collected_cents=101_000, is_exit=False).credit_cents == 1_000
        small = settle_up(policy, actual_cents=100_000, collected_cents=100_999, is_exit=False)
        assert (small.credit_cents, small.carried_cents) == (0, -999)

    def test_spreads_or_carries_a_deficit(self) -> None:
        for policy in (SMUD, PASCO, GARLAND):
            settled = settle_up(
                read_budget_policy(policy), actual_cents=124_690, collected_cents=122_220, is_exit=False
            )
            assert (settled.due_cents, settled.carried_cents) == (0, 2_470)

    @pytest.mark.parametrize("policy", [BRENTWOOD, SMUD, PASCO, GARLAND])
    def test_makes_the_whole_variance_due_at_any_exit(self, policy: dict[str, Any]) -> None:
        settled = settle_up(read_budget_policy(policy), actual_cents=124_690, collected_cents=122_220, is_exit=True)
        surplus = settle_up(read_budget_policy(policy), actual_cents=100_000, collected_cents=100_001, is_exit=True)

        assert (settled.due_cents, settled.carried_cents) == (2_470, 0)
        assert (surplus.credit_cents, surplus.carried_cents) == (1, 0)


class TestInstallments:
    PLAN = Installments(date(2026, 1, 31), None, ((date(2026, 1, 31), 10_000), (date(2026, 3, 1), 12_000)))

    @pytest.mark.parametrize(
        ("on", "due"),
        [
            (date(2026, 1, 31), 0),
            (date(2026, 2, 27), 0),
            (date(2026, 2, 28), 10_000),
            (date(2026, 3, 31), 22_000),
            (date(2026, 4, 30), 34_000),
        ],
    )
    def test_fall_due_month_by_month(self, on: date, due: int) -> None:
        assert self.PLAN.due_by(on) == due

    def test_say_when_the_next_one_is_due(self) -> None:
        assert self.PLAN.next_due_on(date(2026, 2, 28)) == date(2026, 3, 31)

    def test_end_with_the_plan(self) -> None:
        ended = Installments(date(2026, 1, 31), date(2026, 3, 31), self.PLAN.amounts)

        assert ended.due_by(date(2027, 1, 1)) == 22_000


class TestReadBudgetPolicies:
    def test_reads_the_four_published_variants(self) -> None:
        assert [each.code for each in read_budget_policies([BRENTWOOD, SMUD, PASCO, GARLAND])] == [
            "fixed",
            "reviewed",
            "carried",
            "rolling",
        ]

    @pytest.mark.parametrize(
        ("value", "said"),
        [
            ({}, "list"),
            ([BRENTWOOD, BRENTWOOD], "twice"),
            ([{"cushion_percent": "5"}], "code is missing"),
            ([{"code": "x", "cushion": "5"}], "cushion is unknown"),
            ([{"code": "x", "deficit": "forgiven"}], "forgiven"),
        ],
    )
    def test_refuses_what_it_does_not_understand(self, value: Any, said: str) -> None:
        with pytest.raises(PolicyRefused, match=said):
            read_budget_policies(value)
