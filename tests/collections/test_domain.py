"""The arithmetic of collections, with the worked examples of the rule book."""

from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.collections.domain.accruing import MOVE_COLUMNS, SPAN_COLUMNS, cent_days
from curbstop.collections.domain.deposits import (
    AmountRule,
    average_month,
    deposit_interest,
    eligible_on,
    good_months,
    increase_due,
)
from curbstop.collections.domain.late_charges import InterestRule, LateRule, interest_on, received_on, split_by_share
from curbstop.collections.domain.plans import behind_cents, schedule
from curbstop.foundation.calendar import Calendar

TEN = Decimal(10)
GLOUCESTER = LateRule(way="greater", percent=TEN, flat_cents=500)
CHESTERFIELD = LateRule(way="greater", percent=TEN, flat_cents=1_000)
SHENANDOAH = LateRule(way="lesser", percent=TEN, flat_cents=1_000)
CENTS = st.integers(min_value=0, max_value=10**9)


class TestPenaltyOn:
    @pytest.mark.parametrize(
        ("rule", "unpaid", "penalty"),
        [
            (GLOUCESTER, 3_820, 500),  # WX-3.4a
            (GLOUCESTER, 8_600, 860),  # WX-3.4a
            (CHESTERFIELD, 14_000, 1_400),  # WX-3.4b
            (SHENANDOAH, 14_000, 1_000),  # WX-3.4b
            (CHESTERFIELD, 62_048, 6_205),  # WX-3.3: 62.048 is rounded half up
            (CHESTERFIELD, 19_892, 1_989),  # WX-3.3 after the misread was corrected
            (LateRule(way="percent", percent=Decimal("1.5")), 10_000, 150),
            (LateRule(way="flat", flat_cents=750), 10_000, 750),
            (LateRule(way="percent", percent=TEN, cap_cents=2_000), 50_000, 2_000),
            (LateRule(way="percent", percent=TEN, minimum_cents=200), 500, 200),
            (LateRule(way="percent", percent=TEN, owed_cents_min=1_000), 999, 0),
            (GLOUCESTER, 0, 0),
        ],
    )
    def test_is_the_citys_to_the_cent(self, rule: LateRule, unpaid: int, penalty: int) -> None:
        assert rule.penalty_on(unpaid) == penalty

    @given(CENTS)
    def test_lesser_is_never_above_greater(self, unpaid: int) -> None:
        assert SHENANDOAH.penalty_on(unpaid) <= CHESTERFIELD.penalty_on(unpaid)

    def test_rolls_the_deadline_to_an_open_day(self) -> None:
        calendar = Calendar({date(2026, 7, 3): "Independence Day (observed)"})
        rule = LateRule(way="flat", flat_cents=1, grace_days=2, wait_business_days=1)
        # July 1 and two days of grace is the holiday on Friday: Monday, and then one day for the mail of that Monday.
        assert rule.deadline(date(2026, 7, 1), calendar) == date(2026, 7, 6)
        assert rule.charged_from(date(2026, 7, 1), calendar) == date(2026, 7, 8)

    def test_counts_the_drop_box_before_opening_for_the_day_before(self) -> None:
        monday = date(2026, 7, 6)
        calendar = Calendar({date(2026, 7, 3): "Independence Day (observed)"})
        assert received_on(on=monday, before_opening=True, calendar=calendar) == date(2026, 7, 2)
        assert received_on(on=monday, before_opening=False, calendar=calendar) == monday


class TestSplitByShare:
    @given(CENTS, st.dictionaries(st.integers(1, 9), st.integers(1, 10**7), min_size=1, max_size=6))
    def test_adds_up_to_the_cent(self, cents: int, shares: dict[int, int]) -> None:
        parts = split_by_share(cents, shares)
        assert sum(parts.values()) == cents
        assert all(abs(part - cents * shares[key] / sum(shares.values())) <= 1 for key, part in parts.items())


def stood(moves: list[tuple[int, int, int, int]], *, first: int, last: int) -> int:
    """Cent-days from day `first` to day `last`; moves are (day, cents, held, whole holds)."""
    start = date(2026, 1, 1)
    rows = [(1, start + timedelta(days=day), *deltas) for day, *deltas in moves]
    frame = pl.DataFrame(rows, schema=MOVE_COLUMNS, orient="row")
    spans = [(1, start + timedelta(days=first), start + timedelta(days=last + 1))]
    found = cent_days(frame, pl.DataFrame(spans, schema=SPAN_COLUMNS, orient="row"))
    return found["cent_days"].to_list()[0]


class TestCentDays:
    def test_charges_the_days_after_the_due_date(self) -> None:
        assert stood([(0, 15_400, 0, 0)], first=1, last=45) == 15_400 * 45
        assert interest_on(15_400 * 45, percent_yearly=TEN) == 190  # WX-3.4c
        assert InterestRule(percent_yearly=TEN).interest_on(15_400 * 45) == 190

    def test_feels_a_payment_from_the_next_day(self) -> None:
        assert stood([(0, 100, 0, 0), (10, -40, 0, 0)], first=1, last=20) == 100 * 10 + 60 * 10

    def test_leaves_out_what_is_held(self) -> None:
        assert stood([(0, 100, 0, 0), (5, 0, 30, 0), (10, 0, -30, 0)], first=1, last=20) == 100 * 5 + 70 * 5 + 100 * 10
        assert stood([(0, 100, 0, 0), (5, 0, 0, 1), (10, 0, 0, -1)], first=1, last=20) == 100 * 15

    moves = st.lists(
        st.tuples(st.integers(0, 40), st.integers(-50, 100), st.integers(0, 60), st.integers(0, 1)), max_size=8
    )

    @given(moves, st.integers(1, 20), st.integers(0, 25))
    def test_equals_the_sum_over_each_day(
        self, moves: list[tuple[int, int, int, int]], first: int, length: int
    ) -> None:
        moves = [(0, 500, 0, 0), *moves]
        expected = 0
        for day in range(first, first + length):
            cents, held, whole = (sum(move[part] for move in moves if move[0] < day) for part in (1, 2, 3))
            expected += 0 if whole else max(0, cents - held)
        assert stood(moves, first=first, last=first + length - 1) == expected


class TestDeposits:
    def test_is_two_months_of_the_average(self) -> None:
        rule = AmountRule(way="months_of_average", months=Decimal(2))
        assert rule.amount(8_640) == 17_280  # WX-1.4a
        assert AmountRule(way="months_of_average", months=Decimal(2), round_up_to_cents=500).amount(8_640) == 17_500
        assert AmountRule(way="months_of_average", months=Decimal(3)).amount(16_075) == 48_225
        assert AmountRule(way="months_of_average", months=Decimal(5)).amount(16_075) == 80_375

    def test_is_an_amount_of_the_class_or_of_assumed_use(self) -> None:
        assert AmountRule(way="class_flat", flat_cents=20_000).amount(None) == 20_000
        assumed = AmountRule(way="months_of_assumed_use", months=Decimal(2), assumed_month_cents=4_125)
        assert assumed.amount(99_999) == 8_250
        assert AmountRule(way="months_of_average", months=Decimal(2)).amount(None) is None

    def test_averages_bills_of_two_months_by_the_month(self) -> None:
        assert average_month([(60, 17_280), (61, 17_280)]) == 8_640
        assert average_month([(30, 8_000), (31, 9_280)]) == 8_640
        assert average_month([]) is None

    def test_earns_simple_interest_from_the_day_it_was_paid(self) -> None:
        paid = [(date(2024, 3, 15), 15_000)]
        assert deposit_interest(paid, through=date(2025, 4, 10), percent_yearly=Decimal(2)) == 321  # WX-1.4b
        assert deposit_interest(paid, through=date(2024, 3, 15), percent_yearly=Decimal(2)) == 0
        assert deposit_interest([], through=date(2025, 4, 10), percent_yearly=Decimal(2)) == 0

    def test_counts_good_months_from_the_last_breach(self) -> None:
        since = date(2025, 1, 31)
        assert good_months(since=since, breaches=[], on=date(2026, 1, 30)) == 11
        assert good_months(since=since, breaches=[], on=date(2026, 1, 31)) == 12
        assert good_months(since=since, breaches=[date(2025, 12, 2)], on=date(2026, 1, 31)) == 1
        assert good_months(since=since, breaches=[], on=date(2025, 2, 28)) == 1
        assert eligible_on(since=since, breaches=[date(2025, 12, 2)], months=12) == date(2026, 12, 2)

    def test_doubles_after_the_second_late_bill(self) -> None:
        terms = {"base_cents": 10_000, "held_cents": 10_000, "allowed": 2, "factor": Decimal(2)}
        assert increase_due(breaches=1, **terms) == 0
        assert increase_due(breaches=2, **terms) == 10_000
        assert increase_due(breaches=2, **(terms | {"held_cents": 20_000})) == 0


class TestPlans:
    def test_the_last_installment_takes_the_remainder(self) -> None:
        plan = schedule(financed_cents=30_928, installments=3, first_due_on=date(2026, 1, 31))  # WX-5.3a
        assert [each.amount_cents for each in plan] == [10_309, 10_309, 10_310]
        assert [each.due_on for each in plan] == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]

    @given(st.integers(1, 60), st.integers(60, 10**8))
    def test_adds_up_to_what_is_financed(self, installments: int, cents: int) -> None:
        plan = schedule(financed_cents=cents, installments=installments, first_due_on=date(2026, 1, 1))
        assert sum(each.amount_cents for each in plan) == cents

    def test_is_broken_after_the_grace_of_an_unpaid_installment(self) -> None:
        plan = schedule(financed_cents=30_000, installments=3, first_due_on=date(2026, 1, 10))
        assert behind_cents(plan, paid_cents=0, on=date(2026, 1, 13), grace_days=3) == 0
        assert behind_cents(plan, paid_cents=0, on=date(2026, 1, 14), grace_days=3) == 10_000
        assert behind_cents(plan, paid_cents=10_000, on=date(2026, 2, 13), grace_days=3) == 0
