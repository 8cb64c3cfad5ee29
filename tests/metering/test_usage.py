"""Worked examples of rulebook §1.5, and what must hold for every sequence of reads."""

from datetime import date, timedelta
from decimal import Decimal

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from curbstop.foundation.quantities import Unit
from curbstop.metering.domain.segments import NEGATIVE_READ, UsagePolicy
from curbstop.metering.domain.usage import MISSING_READ, NO_START_READ, usage_periods

START = date(2026, 1, 5)
WHOLE_CCF = UsagePolicy(
    unit=Unit.CCF,
    whole_units=True,
    rollover_percent_min=Decimal(90),
    rollover_usage_factor_max=Decimal(3),
)
EXACT_CCF = UsagePolicy(
    unit=Unit.CCF,
    whole_units=False,
    rollover_percent_min=Decimal(90),
    rollover_usage_factor_max=Decimal(3),
)
POINTS = {
    "installation_id": pl.Int64,
    "service_point_id": pl.Int64,
    "on_day": pl.Date,
    "register_e4": pl.Int64,
    "read_id": pl.Int64,
    "dials": pl.Int64,
    "multiplier_e2": pl.Int64,
    "unit": pl.String,
    "meter_size": pl.String,
    "removed_on": pl.Date,
    "read_kind": pl.String,
    "side": pl.String,
    "rolled": pl.Boolean,
    "hold": pl.String,
}


def meter(*registers, unit="ccf", multiplier=1, dials=6, first_day=0, installation=1, removed=None):
    """Reads thirty days apart; the first register has no read id, as when a meter is set."""
    return [
        {
            "installation_id": installation,
            "service_point_id": 7,
            "on_day": START + timedelta(days=first_day + 30 * i),
            "register_e4": int(Decimal(str(register)) * 10_000),
            "read_id": None if i == 0 else installation * 100 + i,
            "dials": dials,
            "multiplier_e2": int(Decimal(str(multiplier)) * 100),
            "unit": unit,
            "meter_size": '5/8"',
            "removed_on": removed,
            "read_kind": None if i == 0 else "actual",
            "side": "",
            "rolled": False,
            "hold": None,
        }
        for i, register in enumerate(registers)
    ]


def periods(points, policy=WHOLE_CCF, agreements=None, settled=()):
    owners = agreements or [(1, 7, START, None)]
    return usage_periods(
        points=pl.DataFrame(points, schema=POINTS),
        agreements=pl.DataFrame(
            owners,
            schema={
                "agreement_id": pl.Int64,
                "service_point_id": pl.Int64,
                "starts_on": pl.Date,
                "ends_on": pl.Date,
            },
            orient="row",
        ),
        settled=pl.DataFrame(
            list(settled),
            schema={"agreement_id": pl.Int64, "settled_on": pl.Date, "carried_e4": pl.Int64},
            orient="row",
        ),
        policy=policy,
    )


class TestSettleUsage:
    def test_carries_the_fraction_of_whole_units(self):
        """WX-1.5c: 3 + 4 + 3 = 10; flooring each difference would lose two units forever."""
        found = periods(meter("100.0", "103.8", "107.1", "110.0"))

        assert found["billed_e4"].to_list() == [30_000, 40_000, 30_000]
        assert found["carried_e4"].to_list() == [8_000, 1_000, 0]
        assert found["registered_e4"].to_list() == [38_000, 33_000, 29_000]

    def test_goes_on_from_the_fraction_that_was_carried(self):
        reads = meter("100.0", "103.8", "107.1", "110.0")

        found = periods(reads, settled=[(1, START + timedelta(days=30), 8_000)])

        assert found["billed_e4"].to_list() == [40_000, 30_000]

    def test_begins_with_the_fraction_of_the_first_register(self):
        found = periods(meter("100.5", "101.1"))

        assert found["billed_e4"].to_list() == [10_000]
        assert found["carried_e4"].to_list() == [1_000]

    def test_counts_a_rollover_near_the_end_of_the_dials(self):
        """WX-1.5a: six dials, 999,872 to 143 is 271."""
        found = periods(meter(999_372, 999_622, 999_872, 143))

        assert found["registered_e4"].to_list() == [2_500_000, 2_500_000, 2_710_000]
        assert found["problem"].to_list() == [None, None, None]

    def test_holds_a_lower_read_that_is_no_rollover(self):
        found = periods(meter(500, 512, 509, 530))

        assert found["problem"].to_list() == [None, NEGATIVE_READ, NEGATIVE_READ]

    def test_holds_a_rollover_far_above_the_usual(self):
        found = periods(meter(900_000, 900_100, 900_200, 143))

        assert found["problem"].to_list() == [None, None, NEGATIVE_READ]

    def test_holds_a_rollover_that_has_nothing_to_be_compared_with(self):
        assert periods(meter(999_872, 143))["problem"].to_list() == [NEGATIVE_READ]

    def test_joins_both_meters_of_an_exchange_in_one_period(self):
        """WX-1.5b: 18 CCF and 5,230 gallons are 24.9920 CCF; 24 billed, 0.9920 carried."""
        exchanged = START + timedelta(days=30)
        old = meter(4512, 4530, removed=exchanged)
        new = meter(0, 523, unit="gallons", multiplier=10, first_day=30, installation=2)

        found = periods(old + new)

        assert found["registered_e4"].to_list() == [249_920]
        assert found["billed_e4"].to_list() == [240_000]
        assert found["carried_e4"].to_list() == [9_920]
        assert found.row(0, named=True)["ends_on"] == START + timedelta(days=60)
        assert found["to_read_id"].to_list() == [201]

    def test_waits_for_the_first_read_after_an_exchange(self):
        exchanged = START + timedelta(days=30)

        assert periods(meter(4512, 4530, removed=exchanged)).is_empty()

    def test_holds_an_exchange_without_a_final_read(self):
        old = meter(4512, removed=START + timedelta(days=30))
        new = meter(0, 5, first_day=30, installation=2)

        found = periods(old + new, settled=[(1, START, 0)])

        assert found["problem"].to_list() == [MISSING_READ]

    def test_splits_a_read_between_two_occupants(self):
        """The outgoing final read is the incoming start read: one row, two uses (rulebook §1.2)."""
        moved = START + timedelta(days=30)
        occupants = [(1, 7, START, moved), (2, 7, moved, None)]

        found = periods(meter(10, 14, 21), agreements=occupants)

        assert found["agreement_id"].to_list() == [1, 2]
        assert found["billed_e4"].to_list() == [40_000, 70_000]

    def test_holds_an_agreement_that_starts_without_a_read(self):
        late = [(1, 7, START + timedelta(days=10), None)]

        found = periods(meter(10, 14, 21), agreements=late)

        assert found["problem"].to_list() == [NO_START_READ]

    def test_bills_exactly_what_was_registered_where_fractions_are_billed(self):
        found = periods(meter("10", "13.8"), policy=EXACT_CCF)

        assert found["billed_e4"].to_list() == [38_000]
        assert found["carried_e4"].to_list() == [0]

    @given(
        first=st.integers(0, 5_000_000_000),
        steps=st.lists(st.integers(0, 90_000_000), min_size=1, max_size=24),
    )
    def test_loses_no_whole_unit_between_bills(self, first, steps):
        """INV-8: the billed units of all periods are floor(last) − floor(first)."""
        registers = [first]
        for step in steps:
            registers.append(registers[-1] + step)
        found = periods(meter(*(Decimal(r) / 10_000 for r in registers), dials=10))

        assert found["billed_e4"].sum() // 10_000 == registers[-1] // 10_000 - first // 10_000
        assert found["registered_e4"].sum() == registers[-1] - first
