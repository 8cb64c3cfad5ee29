"""The order in which a payment is applied, with the two worked examples of the rulebook (4.2)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.ledger.domain.allocation import (
    OrderRefused,
    Payable,
    allocate,
    in_order,
    read_order,
    split_by_share,
)

ON = date(2026, 7, 15)
PAST, CURRENT = date(2026, 6, 20), date(2026, 7, 20)
LAKE_MARY = read_order([{"services": ["garbage", "stormwater", "wastewater", "water"], "sort_by": ["service"]}])
MOSES_LAKE_SERVICES = ["garbage", "sewer", "ambulance", "water", "stormwater"]
MOSES_LAKE = read_order(
    [
        {"ages": ["past_due"], "services": MOSES_LAKE_SERVICES, "sort_by": ["service"]},
        {"ages": ["current"], "services": MOSES_LAKE_SERVICES, "sort_by": ["service"]},
    ]
)


class TestAllocate:
    def test_leaves_water_owing_in_lake_mary(self) -> None:
        """WX-4.2a: $100 on 22.50, 9.75, 48.30 and 41.20 leaves $21.75 of the water bill."""
        owed = {"water": 4_120, "wastewater": 4_830, "stormwater": 975, "garbage": 2_250}
        items = [Payable(n, CURRENT, service, cents) for n, (service, cents) in enumerate(owed.items())]

        shares = allocate(10_000, items, order=LAKE_MARY, on=ON)

        assert shares == {3: 2_250, 2: 975, 1: 4_830, 0: 1_945}
        assert owed["water"] - shares[0] == 2_175

    def test_clears_all_past_due_first_in_moses_lake(self) -> None:
        """WX-4.2b: $120 clears 86.00 past due, then 22.00 of garbage and 12.00 of sewer."""
        past = dict(zip(MOSES_LAKE_SERVICES, (2_000, 3_000, 500, 2_500, 600), strict=True))
        current = dict(zip(MOSES_LAKE_SERVICES, (2_200, 3_100, 500, 2_700, 600), strict=True))
        items = [Payable(10 + n, CURRENT, service, cents) for n, (service, cents) in enumerate(current.items())]
        items += [Payable(n, PAST, service, cents) for n, (service, cents) in enumerate(past.items())]

        shares = allocate(12_000, items, order=MOSES_LAKE, on=ON)

        assert sum(shares[n] for n in range(5)) == 8_600
        assert {n: cents for n, cents in shares.items() if n >= 10} == {10: 2_200, 11: 1_200}

    def test_pays_by_service_then_charge_in_morgantown(self) -> None:
        order = read_order(
            [
                {
                    "services": ["water", "storm", "fire", "sewer"],
                    "charges": ["penalty", "principal"],
                    "sort_by": ["service", "charge", "age"],
                }
            ]
        )
        items = [
            Payable(1, CURRENT, "water", 100),
            Payable(2, PAST, "water", 100),
            Payable(3, CURRENT, "water", 100, charge="penalty"),
            Payable(4, PAST, "sewer", 100, charge="penalty"),
        ]

        assert [item.id for item in in_order(items, order=order, on=ON)] == [3, 2, 1, 4]

    def test_pays_the_newest_bill_first_in_jonesboro(self) -> None:
        order = read_order([{"sort_by": ["newest", "service"], "services": ["water", "sewer"]}])
        items = [Payable(1, PAST, "water", 1), Payable(2, CURRENT, "sewer", 1), Payable(3, CURRENT, "water", 1)]

        assert [item.id for item in in_order(items, order=order, on=ON)] == [3, 2, 1]

    def test_pays_what_no_step_admits_at_the_end(self) -> None:
        items = [Payable(1, PAST, "hydrant", 100), Payable(2, CURRENT, "water", 100)]

        assert allocate(150, items, order=LAKE_MARY, on=ON) == {2: 100, 1: 50}

    @given(
        amount=st.integers(0, 10_000),
        items=st.lists(
            st.builds(
                Payable,
                id=st.integers(0, 99),
                due_on=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
                service=st.sampled_from([*MOSES_LAKE_SERVICES, "hydrant"]),
                amount_cents=st.integers(1, 1_000),
            ),
            unique_by=lambda item: item.id,
            max_size=20,
        ),
        order=st.sampled_from([LAKE_MARY, MOSES_LAKE, ()]),
    )
    def test_spends_every_cent_there_is_room_for_and_overpays_none(
        self, amount: int, items: list[Payable], order: tuple[object, ...]
    ) -> None:
        shares = allocate(amount, items, order=order, on=ON)  # type: ignore[arg-type]  # an order or none

        owed = {item.id: item.amount_cents for item in items}
        assert sum(shares.values()) == min(amount, sum(owed.values()))
        assert all(0 < cents <= owed[item] for item, cents in shares.items())
        assert sum(cents < owed[item] for item, cents in shares.items()) <= 1, "only the last item is paid in part"


class TestReadOrder:
    @pytest.mark.parametrize(
        "step", [{"age": ["current"]}, {"ages": ["old"]}, {"sort_by": ["color"]}], ids=["key", "age", "axis"]
    )
    def test_names_the_step_it_cannot_read(self, step: dict[str, list[str]]) -> None:
        with pytest.raises(OrderRefused, match="Step 2"):
            read_order([{}, step])


class TestSplitByShare:
    def test_gives_the_last_party_the_remainder(self) -> None:
        """WX-1.7b: $100.00 on $121.40 of the city and $58.60 of a partner."""
        assert split_by_share(10_000, [12_140, 5_860]) == [6_744, 3_256]

    @given(owed=st.lists(st.integers(0, 10**9), min_size=1, max_size=6), part=st.integers(0, 10**6))
    def test_makes_and_loses_no_cent_and_overpays_nobody(self, owed: list[int], part: int) -> None:
        amount = sum(owed) * part // 10**6
        parts = split_by_share(amount, owed)
        assert sum(parts) == amount
        assert all(0 <= got <= due for got, due in zip(parts, owed, strict=True))
        assert split_by_share(sum(owed), owed) == owed


class TestParties:
    ORDER = read_order([{"parties": ["water+sewer", "treatment"], "sort_by": ["oldest", "service"]}])

    def test_split_what_does_not_cover_a_joint_bill(self) -> None:
        owed = {"water": 9_140, "sewer": 3_000, "treatment": 5_860}
        items = [Payable(n, CURRENT, service, cents) for n, (service, cents) in enumerate(owed.items())]

        shares = allocate(10_000, items, order=self.ORDER, on=ON)

        assert shares == {0: 6_744, 2: 3_256}
        assert allocate(18_000, items, order=self.ORDER, on=ON) == {0: 9_140, 1: 3_000, 2: 5_860}

    def test_pay_the_older_joint_bill_whole_before_the_newer(self) -> None:
        items = [
            Payable(1, PAST, "water", 1_000),
            Payable(2, PAST, "treatment", 500),
            Payable(3, CURRENT, "water", 1_000),
            Payable(4, CURRENT, "treatment", 1_000),
        ]

        assert allocate(1_600, items, order=self.ORDER, on=ON) == {1: 1_000, 2: 500, 3: 50, 4: 50}

    def test_are_refused_when_a_service_has_two_owners(self) -> None:
        with pytest.raises(OrderRefused, match="belongs to one party"):
            read_order([{"parties": ["water", "sewer+water"]}])
