"""The worked examples of rulebook §1.5 and §1.7, from a file that a billing clerk can read."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
import yaml

from curbstop.foundation.quantities import Unit
from curbstop.metering.domain.baselines import CLASS_COLUMNS, PAST_COLUMNS, Method, with_baseline
from curbstop.metering.domain.estimates import with_estimate
from curbstop.metering.domain.meter_tests import TestRules as Rules
from curbstop.metering.domain.meter_tests import back_billed_since, corrected_since, true_volume
from curbstop.metering.domain.segments import UsagePolicy
from curbstop.metering.domain.submeters import LINK_COLUMNS
from curbstop.metering.domain.true_up import largest_remainder, respread_registers
from curbstop.metering.domain.usage import usage_periods

EXAMPLES = yaml.safe_load(Path(__file__).with_name("worked_reads.yaml").read_text(encoding="utf-8"))
MASTER, SUBMETER = 7, 8
POLICY = UsagePolicy(
    unit=Unit.CCF, whole_units=True, rollover_percent_min=Decimal(90), rollover_usage_factor_max=Decimal(3)
)
POINTS = {
    "installation_id": pl.Int64, "service_point_id": pl.Int64, "on_day": pl.Date, "register_e4": pl.Int64,
    "read_id": pl.Int64, "read_kind": pl.String, "dials": pl.Int64, "multiplier_e2": pl.Int64, "unit": pl.String,
    "meter_size": pl.String, "removed_on": pl.Date, "side": pl.String, "rolled": pl.Boolean, "hold": pl.String,
}  # fmt: skip


def points_of(meter, *, number, place):
    return [
        {
            "installation_id": number,
            "service_point_id": place,
            "on_day": day,
            "register_e4": int(Decimal(str(register)) * 10_000),
            "read_id": None if index == 0 else number * 100 + index,
            "read_kind": None if index == 0 else "actual",
            "dials": meter["dials"],
            "multiplier_e2": 100 * meter.get("multiplier", 1),
            "unit": meter["unit"],
            "meter_size": '1"',
            "removed_on": meter.get("taken_out"),
            "side": meter.get("side", ""),
            "rolled": False,
            "hold": None,
        }
        for index, (day, register) in enumerate(meter["reads"].items())
    ]


def settled(example):
    rows = [row for n, meter in enumerate(example["meters"], 1) for row in points_of(meter, number=n, place=MASTER)]
    links = pl.DataFrame(schema=LINK_COLUMNS)
    if "submeter" in example:
        rows += points_of(example["submeter"], number=9, place=SUBMETER)
        purpose = example["submeter"].get("purpose", "billed")
        links = pl.DataFrame([(MASTER, SUBMETER, purpose, date(2026, 1, 5), None)], schema=LINK_COLUMNS, orient="row")
    agreement = {"agreement_id": [1], "service_point_id": [MASTER], "starts_on": [date(2026, 1, 5)], "ends_on": [None]}
    return usage_periods(
        points=pl.DataFrame(rows, schema=POINTS),
        agreements=pl.DataFrame(agreement, schema_overrides={"ends_on": pl.Date}),
        settled=pl.DataFrame(schema={"agreement_id": pl.Int64, "settled_on": pl.Date, "carried_e4": pl.Int64}),
        policy=POLICY,
        submeters=links,
    )


def units(column):
    return [Decimal(value) / 10_000 for value in column]


class TestWorkedReads:
    @pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["example"])
    def test_bill_what_the_rule_book_says(self, example):
        found = settled(example)

        assert found["problem"].to_list() == [None] * found.height
        assert units(found["registered_e4"]) == [Decimal(str(value)) for value in example["counted"]]
        assert units(found["billed_e4"]) == [Decimal(str(value)) for value in example["bill"]]
        if "left" in example:
            assert units(found["carried_e4"]) == [Decimal(str(value)) for value in example["left"]]
        if "sewer" in example:
            assert units(found["billed_e4"] - found["unreturned_e4"]) == example["sewer"]


class TestEstimates:
    def estimate(self, *, past, on, unit="ccf", multiplier=1, register=500, methods=tuple(Method), classes=()):
        rows = pl.DataFrame(
            {
                "installation_id": [1], "agreement_id": [1], "service_id": [1], "meter_size": ['5/8"'],
                "from_on": [date(2026, 6, 2)], "on_day": [on], "from_register_e4": [register * 10_000],
                "dials": [6], "multiplier_e2": [multiplier * 100], "unit": [unit],
            }
        )  # fmt: skip
        history = [(1, start, end, int(Decimal(str(used)) * 10_000), (end - start).days) for start, end, used in past]
        usual = with_baseline(
            rows,
            past=pl.DataFrame(history, schema=PAST_COLUMNS, orient="row"),
            classes=pl.DataFrame(list(classes), schema=CLASS_COLUMNS, orient="row"),
            methods=methods,
        )
        (row,) = with_estimate(usual, Unit.CCF).rows(named=True)
        return row["base_source"], row["register_e4"] and row["register_e4"] // 10_000 - register

    def test_takes_the_same_days_last_year_first(self):
        """WX-1.5d: last year 18 units in 31 days, now 29 days: 16.84, so 17."""
        past = [
            (date(2025, 6, 1), date(2025, 7, 2), 18),
            (date(2026, 5, 2), date(2026, 6, 2), 40),
        ]

        assert self.estimate(past=past, on=date(2026, 7, 1)) == ("same_period_last_year", 17)

    def test_takes_the_mean_of_three_periods_without_a_year(self):
        past = [
            (date(2026, 2, 2), date(2026, 3, 4), 9),
            (date(2026, 3, 4), date(2026, 4, 3), 10),
            (date(2026, 4, 3), date(2026, 5, 3), 11),
            (date(2026, 5, 3), date(2026, 6, 2), 12),
        ]

        assert self.estimate(past=past, on=date(2026, 7, 2)) == ("prior_three", 11)
        assert self.estimate(past=past, on=date(2026, 7, 2), methods=[Method.PRIOR]) == ("prior_period", 12)

    def test_takes_the_class_for_a_meter_without_a_past(self):
        classes = [(1, '5/8"', 3_000_000, 1_000)]

        assert self.estimate(past=[], on=date(2026, 7, 2), classes=classes) == ("class_average", 9)

    def test_does_not_guess_from_nothing(self):
        assert self.estimate(past=[], on=date(2026, 7, 2)) == (None, None)

    def test_counts_in_the_registers_own_unit(self):
        """9 CCF are 6,732 gallons: 673 on a register that counts tens."""
        classes = [(1, '5/8"', 90_000, 30)]

        assert self.estimate(past=[], on=date(2026, 7, 2), unit="gallons", multiplier=10, classes=classes)[1] == 673

    def test_compares_february_29_with_february_28(self):
        rows = pl.DataFrame(
            {
                "installation_id": [1], "agreement_id": [1], "service_id": [1], "meter_size": ["1"],
                "from_on": [date(2028, 1, 30)], "on_day": [date(2028, 2, 29)],
            }
        )  # fmt: skip
        past = pl.DataFrame([(1, date(2027, 1, 30), date(2027, 2, 28), 90_000, 29)], schema=PAST_COLUMNS, orient="row")

        found = with_baseline(rows, past=past, classes=pl.DataFrame(schema=CLASS_COLUMNS), methods=[Method.LAST_YEAR])

        assert found.select("base_e4", "base_days").row(0) == (90_000, 29)


class TestTrueUp:
    def test_spreads_nine_units_by_days(self):
        """WX-1.5e: 500 to 509 in 30 and 32 days: 4.35 and 4.65, so 4 and 5; never a negative use."""
        assert largest_remainder(9, [30, 32]) == (4, 5)
        assert respread_registers(start_e4=5_000_000, end_e4=5_090_000, days=[30, 32]) == (5_040_000,)

    def test_begins_no_period_below_the_last_actual_read(self):
        assert respread_registers(start_e4=5_003_000, end_e4=5_009_000, days=[30, 32]) == (5_003_000,)

    def test_serves_the_earlier_of_equal_remainders(self):
        assert largest_remainder(10, [30, 30, 30]) == (4, 3, 3)


class TestMeterTests:
    """WX-1.5f: dividing by the error is right, multiplying by it is not."""

    def test_divide(self):
        fast, slow = true_volume(Fraction(120), Fraction("4.2")), true_volume(Fraction(120), Fraction(-6))

        assert round(fast, 2) == Fraction("115.16")
        assert round(120 - fast, 2) == Fraction("4.84")
        assert round(slow - 120, 2) == Fraction("7.66")

    def test_correct_a_submeter_of_a_wholesale_contract(self):
        """WX-1.7a: 62.0 on a meter 5 % slow were 65.263, so the master owed 914.737 and paid 3.263 too much."""
        true = true_volume(Fraction(62), Fraction(-5))

        assert round(true, 3) == Fraction("65.263")
        assert round(980 - true, 3) == Fraction("914.737")

    def test_go_back_as_far_as_the_city_says(self):
        gridley = Rules(tolerance_percent=Fraction(2), fast_months_max=6, slow_months_max=12)
        found = date(2026, 8, 31)

        assert corrected_since(found_on=found, error_percent=Fraction(3), rules=gridley) == date(2026, 2, 28)
        assert corrected_since(found_on=found, error_percent=Fraction(-3), rules=gridley) == date(2025, 8, 31)
        assert corrected_since(found_on=found, error_percent=Fraction(2), rules=gridley) is None

    def test_bill_a_stopped_meter_no_further_back_than_the_city_allows(self):
        """Gridley: three months; the meter stopped a year ago."""
        since = back_billed_since(stopped_on=date(2025, 5, 1), found_on=date(2026, 5, 15), months_max=3)

        assert since == date(2026, 2, 15)
