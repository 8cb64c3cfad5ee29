"""Pure arithmetic of the counter: tenders, change, rounding, counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.cashiering.domain.counts import DrawerExpectation, count_cents, difference
from curbstop.cashiering.domain.rounding import round_cash
from curbstop.cashiering.domain.tenders import (
    TenderedAmount,
    TenderKind,
    TendersRefused,
    reckon,
    settle,
)


def cash(cents):
    return TenderedAmount(TenderKind.CASH, cents)


def check(cents, number="1001"):
    return TenderedAmount(TenderKind.CHECK, cents, number)


def card(cents, code="A1B2C3"):
    return TenderedAmount(TenderKind.CARD, cents, code)


class TestRoundCash:
    @pytest.mark.parametrize(
        ("owed", "collected"), [(8642, 8640), (8643, 8645), (8647, 8645), (8648, 8650), (8645, 8645), (0, 0)]
    )
    def test_follows_the_published_examples(self, owed, collected):
        assert round_cash(owed, nearest_cents=5) == collected

    @given(st.integers(0, 10**9))
    def test_leaves_the_cent_alone_where_pennies_are_given(self, cents):
        assert round_cash(cents, nearest_cents=1) == cents

    @given(st.integers(0, 10**9))
    def test_never_moves_more_than_two_cents(self, cents):
        assert abs(round_cash(cents, nearest_cents=5) - cents) <= 2


class TestSettle:
    def test_gives_change_from_cash(self):
        settlement = settle(due_cents=8_643, tendered=[check(5_000), cash(4_000)])

        assert (settlement.applied_cents, settlement.change_cents, settlement.credit_cents) == (8_643, 357, 0)

    def test_rounds_only_the_cash_that_remains(self):
        settlement = settle(due_cents=8_643, tendered=[check(5_000), cash(4_000)], nearest_cents=5)

        assert settlement.applied_cents == 8_643
        assert settlement.rounding_cents == 2
        assert settlement.change_cents == 4_000 - 3_645

    def test_settles_part_of_what_is_due(self):
        settlement = settle(due_cents=8_643, tendered=[cash(2_000)], nearest_cents=5)

        assert (settlement.applied_cents, settlement.rounding_cents, settlement.change_cents) == (2_000, 0, 0)

    def test_keeps_a_check_above_what_is_due_as_credit(self):
        settlement = settle(due_cents=8_643, tendered=[check(10_000)])

        assert (settlement.applied_cents, settlement.credit_cents, settlement.change_cents) == (8_643, 1_357, 0)

    @pytest.mark.parametrize(
        ("tendered", "sentence"),
        [
            ([], "hands over"),
            ([cash(0)], "more than zero"),
            ([cash(-5)], "more than zero"),
            ([check(100, "")], "check number"),
            ([card(100, " ")], "authorization code"),
            ([card(100, "4111 1111 1111 1111")], "card number"),
            ([check(9_000), cash(100)], "already cover"),
        ],
    )
    def test_refuses_what_cannot_pay(self, tendered, sentence):
        with pytest.raises(TendersRefused, match=sentence):
            settle(due_cents=8_643, tendered=tendered)

    @given(
        st.integers(1, 10**7),
        st.lists(
            st.sampled_from(list(TenderKind)).flatmap(
                lambda kind: st.builds(TenderedAmount, st.just(kind), st.integers(1, 10**7), st.just("0042"))
            ),
            min_size=1,
            max_size=4,
        ),
        st.sampled_from([1, 5]),
    )
    def test_loses_no_cent(self, due, tendered, nearest):
        try:
            settlement = settle(due_cents=due, tendered=tendered, nearest_cents=nearest)
        except TendersRefused:
            return

        handed = sum(tender.tendered_cents for tender in tendered)
        assert settlement.kept_cents + settlement.change_cents == handed
        assert settlement.kept_cents == settlement.applied_cents + settlement.credit_cents + settlement.rounding_cents
        assert 0 <= settlement.applied_cents <= due
        assert abs(settlement.rounding_cents) < nearest
        assert all(tender.kept_cents > 0 for tender in settlement.tenders)


class TestCountDrawer:
    def test_follows_the_worked_example(self):
        # Rulebook WX-4.3: count 1,508.32 against 200.00 float and 1,313.32 of cash receipts is short 5.00.
        pieces = {10000: 3, 5000: 2, 2000: 41, 1000: 17, 500: 12, 100: 38, 25: 61, 10: 34, 5: 22, 1: 57}
        expected = DrawerExpectation(float_cents=20_000, cash_cents=131_332, check_cents=412_755)

        found = difference(expected_cents=expected.total_cents, counted_cents=count_cents(pieces) + 412_755)

        assert count_cents(pieces) == 150_832
        assert (found.over_cents, found.short_cents) == (0, 500)


class TestReckon:
    @given(
        due=st.integers(1, 10**7),
        handed=st.integers(0, 10**7),
        other=st.integers(0, 10**7),
        nearest=st.sampled_from([1, 5]),
    )
    def test_foretells_what_the_payment_does(self, due, handed, other, nearest):
        tendered = [tender for tender in (cash(handed), check(other)) if tender.tendered_cents]
        told = reckon(due_cents=due, cash_cents=handed, other_cents=other, nearest_cents=nearest)
        try:
            done = settle(due_cents=due, tendered=tendered, nearest_cents=nearest)
        except TendersRefused:
            return

        assert told.change_cents == done.change_cents
        assert told.credit_cents == done.credit_cents
        assert (told.due_cents == 0) or done.applied_cents < due

    def test_says_what_is_still_due_before_anything_is_typed(self):
        assert reckon(due_cents=8_643, cash_cents=0, other_cents=0, nearest_cents=5).due_cents == 8_645
