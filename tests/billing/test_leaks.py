"""Leak policies as a city writes them, and the worked examples of the rule book to the cent."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from curbstop.billing.domain.adjustments import PolicyRefused
from curbstop.billing.domain.leak_policies import read_leak_policy
from curbstop.billing.domain.leaks import (
    LeakCase,
    UsePeriod,
    largest_of,
    leak_credit,
    months_before,
    one_tier_lower,
    same_leak,
    saved_by_service,
)
from curbstop.foundation.money import to_cents

FILE = Path(__file__).with_name("leak_policies.yaml")
CITIES = YAML(typ="safe").load(FILE.read_text(encoding="utf-8"))
CASES = [(city, case) for city in CITIES for case in city["cases"]]
LEAK_ENDS = date(2026, 6, 30)
WATER, SEWER = 1, 2


def as_text(value: Any) -> Any:
    """Return a policy as a pack keeps it: every scalar is text."""
    if isinstance(value, dict):
        return {key: as_text(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_text(each) for each in value]
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def cents(case: dict[str, Any], name: str) -> list[int]:
    return [to_cents(Decimal(str(each))) for each in case.get(name, [])]


def periods(case: dict[str, Any]) -> tuple[UsePeriod, ...]:
    years = case.get("same_quarter_of_years_before", [])
    if years:
        return tuple(
            UsePeriod(months_before(LEAK_ENDS, 12 * (len(years) - at)), Decimal(each)) for at, each in enumerate(years)
        )
    use = case["history"]
    water = cents(case, "history_water") or [0] * len(use)
    sewer = cents(case, "history_sewer") or [0] * len(use)
    return tuple(
        UsePeriod(months_before(LEAK_ENDS, 2 * (len(use) - at)), Decimal(each), water[at], sewer[at])
        for at, each in enumerate(use)
    )


def read_case(case: dict[str, Any]) -> LeakCase:
    billed_on = LEAK_ENDS + timedelta(days=2)
    leak = UsePeriod(
        LEAK_ENDS,
        Decimal(case["leak"]),
        to_cents(Decimal(str(case.get("leak_water", 0)))),
        to_cents(Decimal(str(case.get("leak_sewer", 0)))),
        billed_on,
    )
    return LeakCase(
        leak=leak,
        history=periods(case),
        asked_on=billed_on + timedelta(days=case.get("days_after_bill", 10)),
        place=case.get("place", "any"),
        entered_sewer=case.get("entered_sewer", "yes") == "yes",
        met=frozenset(case.get("met", [])),
        shown=frozenset(case.get("shown", [])),
        earlier_credits=tuple(date.fromisoformat(day) for day in case.get("credited_on", [])),
    )


class TestPublishedPolicies:
    def test_are_nine(self) -> None:
        assert len(CITIES) == 9

    @pytest.mark.parametrize(("city", "case"), CASES, ids=lambda each: each.get("city") or each.get("name"))
    def test_give_what_a_clerk_works_out_by_hand(self, city: dict[str, Any], case: dict[str, Any]) -> None:
        credit = leak_credit(read_leak_policy(as_text(city["policy"])), read_case(case))

        said = " ".join(credit.refusals)
        assert case.get("refused", "") in said
        assert bool(said) == ("refused" in case)
        for name, wanted in case.get("credit", {}).items():
            assert getattr(credit, name) == wanted

    def test_show_baseline_and_arithmetic(self) -> None:
        credit = leak_credit(read_leak_policy(as_text(CITIES[-1]["policy"])), read_case(CITIES[-1]["cases"][0]))

        assert [(step.what, step.how, step.value) for step in credit.steps] == [
            ("Baseline", "(6 + 6 + 6) ÷ 3", 6),
            ("Excess", "20 − 6", 14),
            ("Water given back", "50 % of the excess", 7),
            ("Sewer given back", "100 % of the excess", 14),
        ]


def chesapeake(ccf: str) -> int:
    """Return the water charge of a use on the tiers of WX-2.6a: ten units at 4.25, the others at 9.06."""
    use = Decimal(ccf)
    return to_cents(min(use, Decimal(10)) * Decimal("4.25")) + to_cents(max(use - 10, Decimal(0)) * Decimal("9.06"))


class TestMethods:
    @pytest.mark.parametrize(
        ("leak", "average", "volume_credit", "dollar_credit"),
        [("20", "6", 6342, 5380), ("40", "12", 12684, 12684)],
    )
    def test_differ_across_tiers(self, leak: str, average: str, volume_credit: int, dollar_credit: int) -> None:
        """WX-2.6a, WX-2.6b: reprice half of the excess, or halve the difference of the bills."""
        given_back = (Decimal(leak) - Decimal(average)) / 2
        before, after = chesapeake(leak), chesapeake(str(Decimal(leak) - given_back))

        assert saved_by_service({WATER: before}, {WATER: after}) == {WATER: volume_credit}
        assert (before - chesapeake(average)) // 2 == dollar_credit

    def test_bring_the_sewer_back_to_normal(self) -> None:
        """WX-2.6b: 28 units of sewer at 2.65."""
        price = Decimal("2.65")

        assert saved_by_service({SEWER: to_cents(40 * price)}, {SEWER: to_cents(12 * price)}) == {SEWER: 7420}

    def test_price_what_is_above_one_tier_lower(self) -> None:
        tiers = [(Decimal(10), Decimal("3.00")), (Decimal(10), Decimal("4.00")), (Decimal(20), Decimal("6.00"))]

        # 24 units are above: the 20 of the third tier at 4.00, and 4 of the second at 3.00.
        assert one_tier_lower(tiers, Decimal(24)) == 4400
        assert one_tier_lower(tiers, Decimal(99)) == 5000

    def test_take_the_largest_of_the_last_bills(self) -> None:
        policy = read_leak_policy(as_text(CITIES[7]["policy"]))
        bills = [UsePeriod(date(2026, month, 1), Decimal(use)) for month, use in enumerate([90, 10, 20, 12], start=1)]

        assert largest_of(policy, bills).quantity == 20

    def test_refuse_all_but_the_largest_of_the_last_bills(self) -> None:
        policy = read_leak_policy(as_text(CITIES[7]["policy"]))
        bills = [UsePeriod(date(2026, month, 1), Decimal(use)) for month, use in enumerate([90, 10, 20, 12], start=1)]

        def said(leak: UsePeriod) -> str:
            case = LeakCase(leak=leak, history=(), asked_on=date(2026, 5, 1), bills=tuple(bills))
            return " ".join(leak_credit(policy, case).refusals)

        assert "the one with the largest use is adjusted: 20 up to 2026-03-01." in said(bills[3])
        assert "This bill is not among the last 3." in said(bills[0])
        assert "largest" not in said(bills[2])

    def test_count_the_bills_of_one_leak(self) -> None:
        months = [date(2026, month, 1) for month in range(1, 8)]
        days = list(pairwise(months))

        assert same_leak(days[3], [days[0], days[2], days[4], days[5]]) == {days[2], days[4], days[5]}
        assert same_leak(days[3], [days[0]]) == set()

    def test_round_in_the_unit_that_the_policy_names(self) -> None:
        policy = {"baseline": "previous", "baseline_count": "3", "method": "volume", "shares": {"any": {"water": "50"}}}
        wildwood = read_leak_policy(policy | {"round_up_to": "1000", "unit": "gallons"})

        assert wildwood.in_unit("kgal").round_up_to == 1
        assert wildwood.in_unit("gallons").round_up_to == 1000


class TestReadLeakPolicy:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"baseline": "guess"}, "baseline is “guess”"),
            ({"basline_count": "3"}, "basline_count is unknown"),
            ({"shares": {}}, "shares"),
            ({"shares": {"any": {"water": "150"}}}, "up to 100"),
            ({"baseline_count": "2.5"}, "whole number"),
            ({"once_in_months": "twelve"}, "expected a number"),
            ({"conditions": ["sunny"]}, "sunny is unknown"),
            ({"unit": "buckets"}, "unit is “buckets”"),
        ],
    )
    def test_refuses_what_it_does_not_understand(self, change: dict[str, Any], said: str) -> None:
        policy = {"baseline": "previous", "baseline_count": "3", "method": "volume", "shares": {"any": {"water": "50"}}}

        with pytest.raises(PolicyRefused, match=said):
            read_leak_policy(policy | change)
