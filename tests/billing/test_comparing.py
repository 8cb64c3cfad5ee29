"""Why a bill changed: every part of the difference has a cause, and the parts add up to the cent."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.billing.domain.charges import charge
from curbstop.billing.domain.comparing import BILLED_SCHEMA, Cause, Change, Money, changes
from curbstop.rates.domain.tariff.reader import compile_tariff

WATER = """
tariff: water
unit: ccf
section: "13.1"
period: {{standard_days: 60, as_is_from: 55, as_is_to: 65, months: 2}}
multiplier: {{by: city_limits, table: {{inside: 1, outside: {outside}}}}}
components:
  - key: water_service
    service: water
    label: {{en: Water service, es: Servicio de agua}}
    base: {{by: meter_size, table: {{5/8": {base}, 1": 50.00}}}}
  - key: water_use
    service: water
    label: {{en: Water use, es: Consumo de agua}}
    classes: [home]
    tiers: [{{up_to: 10, price: {first}}}, {{price: 5.01}}]
  - key: shop_use
    service: water
    label: {{en: Water use, es: Consumo de agua}}
    classes: [shop]
    price: 4.37
  - key: minimum
    service: water
    label: {{en: Minimum, es: Mínimo}}
    minimum: {{per_day: 0.70}}
    of: [water_service, water_use, shop_use]
  - key: tax
    service: tax
    label: {{en: Utility tax, es: Impuesto}}
    percent: 20
    of: [water_service, water_use, shop_use]
    cap_per_month: 9.00
"""
STORMWATER = """
tariff: stormwater
unit: each
section: "13.3"
components:
  - key: stormwater
    service: storm
    label: {en: Stormwater, es: Aguas pluviales}
    quantity: eru
    unit: eru
    per_day: 0.486
"""
SCHEDULES = {
    1: compile_tariff(WATER.format(base="20.00", first="3.00", outside="1.5")),
    2: compile_tariff(WATER.format(base="21.46", first="3.15", outside="1.6")),
    3: compile_tariff(STORMWATER),
}
MAY = date(2026, 5, 1)


def segment(bill: int, agreement: int, version: int, **facts: Any) -> dict[str, Any]:
    days, starts_on = facts.pop("days", 60), facts.pop("starts_on", MAY)
    row = dict.fromkeys(BILLED_SCHEMA) | {
        "bill": bill, "account_id": 1, "agreement_id": agreement, "service_id": 1, "schedule_version_id": version,
        "customer_class": "home", "starts_on": starts_on, "ends_on": starts_on + timedelta(days=days), "days": days,
        "inputs": '{"city_limits": "inside"}', "cents": 0,
    }  # fmt: skip
    if version != 3:
        row |= {"usage_id": 1, "quantity": Decimal(10), "unit": "ccf", "meter_size": '5/8"'}
    return row | facts


def storm(bill: int, eru: str = "1", **facts: Any) -> dict[str, Any]:
    return segment(bill, 2, 3, inputs=f'{{"eru": "{eru}"}}', customer_class="", **facts)


def billed(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Price the segments, as the bills did when they were made."""
    frame = pl.DataFrame(rows, schema=BILLED_SCHEMA)
    states = frame.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("agreement_id"))
    cents = dict(charge(states, SCHEDULES, {}).lines.group_by("agreement_id").agg(pl.sum("amount_cents")).iter_rows())
    return frame.with_columns(pl.Series("cents", [cents[row] for row in range(frame.height)], dtype=pl.Int64))


def change_of(last: list[dict[str, Any]], this: list[dict[str, Any]], **balance: tuple[int, int]) -> Change:
    frame = billed([*last, *this])
    carried, corrected = balance.get("carried", (0, 0)), balance.get("corrected", (0, 0))
    money = [
        Money(bill, int(frame.filter(bill=bill)["cents"].sum()), carried[bill - 1], corrected[bill - 1])
        for bill in (1, 2)
    ]
    ((found),) = changes([(money[0], money[1])], frame, SCHEDULES)
    return found


def parts_of(change: Change) -> dict[str, int]:
    return {part.cause.value: part.cents for part in change.parts}


class TestChanges:
    def test_split_days_use_and_rate_in_this_order(self):
        """By hand, with a tax of 20 % that is at most $18.00."""
        found = change_of([segment(1, 1, 1)], [segment(2, 1, 2, days=62, quantity=Decimal(14))])

        # 20.00 + 10 × 3.00 = 50.00 and tax 10.00; 62 days are a usual period and change nothing.
        # 14 CCF: 20.00 + 30.00 + 4 × 5.01 = 70.04 and tax 14.01: 84.05, so the use is 24.05.
        # At the new rate: 21.46 + 31.50 + 20.04 = 73.00 and tax 14.60: 87.60, so the rate is 3.55.
        assert (found.was_cents, found.now_cents) == (6000, 8760)
        assert parts_of(found) == {"use": 2405, "rate": 355}
        use = found.parts[0]
        assert (use.was, use.now, use.unit) == (Decimal(10), Decimal(14), "ccf")

    def test_gives_a_long_period_to_the_days(self):
        found = change_of([segment(1, 1, 1)], [segment(2, 1, 1, days=90)])

        # 90 × 0.33333333 = 30.00 for the service; ten CCF stay in the first step. Tax 12.00.
        # The minimum of 90 × 0.70 = 63.00 lacks 3.00 to 60.00.
        assert parts_of(found) == {"days": 1500}

    def test_names_new_and_ended_services_and_other_classes_meters_and_units(self):
        began = change_of([segment(1, 1, 1)], [segment(2, 1, 1), storm(2)])
        ended = change_of([segment(1, 1, 1), storm(1)], [segment(2, 1, 1)])
        units = change_of([storm(1)], [storm(2, "2.5")])
        moved = change_of([segment(1, 1, 1)], [segment(2, 1, 1, customer_class="shop", meter_size='1"')])

        assert parts_of(began) == {"service": 2916}
        assert parts_of(ended) == {"service": -2916}
        assert parts_of(units) == {"other": 4374}
        assert set(parts_of(moved)) == {"other"}

    def test_tells_a_carried_balance_from_a_correction(self):
        found = change_of([segment(1, 1, 1)], [segment(2, 1, 1)], carried=(0, -40_156), corrected=(0, -42_156))

        assert parts_of(found) == {"carry_over": 2000, "correction": -42_156}

    def test_takes_the_parts_of_a_split_period_together(self):
        parts = [
            segment(2, 1, 1, days=30, quantity=Decimal(5)),
            segment(2, 1, 2, days=30, quantity=Decimal(5), starts_on=MAY + timedelta(days=30)),
        ]

        assert set(parts_of(change_of([segment(1, 1, 1)], parts))) <= {"rate", "other"}
        assert set(parts_of(change_of([*({**each, "bill": 1} for each in parts)], [segment(2, 1, 2)]))) <= {
            "rate",
            "other",
        }

    def test_has_no_part_where_nothing_changed(self):
        assert change_of([segment(1, 1, 1), storm(1)], [segment(2, 1, 1), storm(2)]).parts == ()


SEGMENT = st.fixed_dictionaries(
    {
        "schedule_version_id": st.sampled_from([1, 2]),
        "days": st.integers(1, 130),
        "quantity": st.decimals(0, 90, places=4),
        "customer_class": st.sampled_from(["home", "shop"]),
        "meter_size": st.sampled_from(['5/8"', '1"']),
        "inputs": st.sampled_from(['{"city_limits": "inside"}', '{"city_limits": "outside"}']),
    }
)
CENTS = st.integers(-100_000, 100_000)


def a_bill(bill: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    water = st.lists(SEGMENT, min_size=0, max_size=2).map(
        lambda facts: [
            {
                **segment(
                    bill, 1, each["schedule_version_id"], days=each["days"], starts_on=MAY + place * timedelta(150)
                ),
                **each,
            }
            for place, each in enumerate(facts)
        ]
    )
    rain = st.lists(st.decimals("0.1", 9, places=1).map(lambda eru: storm(bill, str(eru))), max_size=1)
    return st.tuples(water, rain).map(lambda both: both[0] + both[1])


class TestParts:
    @given(a_bill(1), a_bill(2), st.tuples(CENTS, CENTS), st.tuples(CENTS, CENTS))
    def test_add_up_to_the_difference_for_any_two_bills(self, last, this, carried, corrected):
        found = change_of(last, this, carried=carried, corrected=corrected)

        assert sum(part.cents for part in found.parts) == found.cents
        assert all(part.cents for part in found.parts)
        assert [part.cause for part in found.parts] == sorted(
            (part.cause for part in found.parts), key=list(Cause).index
        )

    @given(st.lists(st.tuples(SEGMENT, SEGMENT), min_size=1, max_size=3))
    def test_are_the_same_one_by_one_as_in_a_batch(self, pairs):
        rows = [
            {**segment(2 * place + side, 1, each["schedule_version_id"], days=each["days"]), **each}
            for place, pair in enumerate(pairs)
            for side, each in enumerate(pair)
        ]
        frame = billed(rows)
        money = [Money(bill, int(frame.filter(bill=bill)["cents"].sum()), 0) for bill in range(2 * len(pairs))]
        both = list(zip(money[::2], money[1::2], strict=True))

        together = changes(both, frame, SCHEDULES)

        assert together == [changes([pair], frame, SCHEDULES)[0] for pair in both]


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_a_name(cause):
    assert cause.value.replace("_", "").isalpha()
