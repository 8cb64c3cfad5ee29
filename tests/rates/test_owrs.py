"""The Open Water Rate Specification: what it may say, and how a file that says it badly is refused."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from textwrap import dedent, indent

import polars as pl
import pytest

from curbstop.rates.domain.owrs.reader import read_owrs
from curbstop.rates.domain.pricing import PricedRows, price_class
from curbstop.rates.domain.schedule import Schedule


def home(fields: str) -> Schedule:
    text = "metadata:\n  bill_unit: ccf\nrate_structure:\n  HOME:\n" + indent(dedent(fields), "    ")
    return read_owrs(text, "town.owrs")


def bill(fields: str, **inputs: str) -> Fraction:
    priced = rows(fields, [inputs])
    assert priced.reason(0) == ""
    (amount,) = priced.unrounded().fractions()
    return amount


def rows(fields: str, inputs: Sequence[Mapping[str, str | None]]) -> PricedRows:
    return price_class(home(fields).classes["HOME"], pl.DataFrame(inputs, infer_schema_length=None))


TIERS = """
    tier_starts: [0, 11]
    tier_prices: [1.5, 2]
    commodity_charge: Tiered
    bill: commodity_charge
    """


class TestReadOwrs:
    def test_reads_both_dialects_alike(self) -> None:
        suffixed = TIERS.replace("starts:", "starts_commodity:").replace("prices:", "prices_commodity:")
        assert bill(TIERS, usage="14.5") == bill(suffixed, usage="14.5") == 24

    def test_ends_a_tier_one_unit_before_the_next_starts(self) -> None:
        assert bill(TIERS, usage="10") == 15
        assert bill(TIERS, usage="10.5") == 16

    def test_finds_a_price_by_several_keys(self) -> None:
        fields = """
            flat_rate:
              depends_on: [season, meter_size]
              values:
                Winter|1|1/2": 2
                Summer|5/8": 3
            commodity_charge: flat_rate*usage_ccf
            bill: commodity_charge
            """
        for size in ('1|1/2"', '1 1/2"', '1-1/2"'):
            assert bill(fields, usage="10", season="Winter", meter_size=size) == 20
        refused = rows(fields, [{"usage": "1", "season": "Winter", "meter_size": '5/8"'}])
        assert refused.reason(0) == 'flat_rate: season and meter_size Winter|5/8" is not in its table'

    def test_prices_a_budget_in_whole_units(self) -> None:
        fields = """
            indoor: hhsize*55*30/748
            outdoor: 2.5
            budget: indoor+outdoor
            tier_starts: [0, indoor, 100%, 150%]
            tier_prices: [1, 2, 3, 4]
            commodity_charge: Budget
            bill: commodity_charge
            """
        # indoor 6.6 is 7 units, the budget 7 + 2 (half to even) = 9, half as much again 13.5 is 14.
        assert bill(fields, usage="20", hhsize="3") == 7 + 2 * 2 + 5 * 3 + 6 * 4

    def test_follows_a_formula_with_credits(self) -> None:
        fields = """
            service_charge: 30
            discount: 20
            bill: (service_charge+8*number_dwelling_units)*1.5-discount
            """
        assert bill(fields, usage="0", number_dwelling_units="2") == 49

    def test_divides_exactly(self) -> None:
        assert bill("service_charge: 1/3+1/6\nbill: service_charge", usage="0") == Fraction(1, 2)

    def test_bills_one_tier_as_a_price_for_every_unit(self) -> None:
        fields = TIERS.replace("[0, 11]", "[1]").replace("[1.5, 2]", "[3.19]")
        assert bill(fields, usage="10") == Fraction("31.9")

    def test_takes_a_formula_from_a_table(self) -> None:
        fields = """
            sewer_charge:
              depends_on: rate_class
              values: {C1: 0.87*usage_ccf, C2: 2}
            bill: sewer_charge
            """
        assert bill(fields, usage="10", rate_class="C1") == Fraction("8.7")
        assert bill(fields, usage="10", rate_class="C2") == 2

    def test_prices_the_other_rows_of_a_batch_with_a_bad_one(self) -> None:
        inputs = [{"usage": "5"}, {"usage": "five"}, {"usage": "-5"}, {"usage": "12"}]
        priced = rows(TIERS, inputs)
        assert [priced.reason(row) for row in range(4)] == [
            "",
            "commodity_charge: the input usage is not a number",
            "commodity_charge: the input usage is negative",
            "",
        ]
        assert [priced.unrounded().fractions()[row] for row in (0, 3)] == [Fraction("7.5"), 19]

    def test_refuses_a_row_for_the_choice_it_took_and_no_other(self) -> None:
        """The same field serves one row by a table and every row by the bill."""
        fields = """
            pumping_charge: lift*usage_ccf
            zone_charge:
              depends_on: zone
              values: {A: 1, B: pumping_charge}
            bill: zone_charge
            """
        both = [{"usage": "2", "zone": "A", "lift": None}, {"usage": "2", "zone": "B", "lift": None}]
        priced = rows(fields, both)
        assert [priced.reason(row) for row in (0, 1)] == ["", "pumping_charge: needs the input lift"]
        always = fields.replace("bill: zone_charge", "bill: zone_charge+pumping_charge")
        assert rows(always, both).is_refused.all()


REFUSED = {
    "tier_prices: [1]\ntier_starts: [0, 5]\ncommodity_charge: Tiered\nbill: commodity_charge": (
        "tier_prices",
        "there are 2 tier starts and 1 tier prices",
    ),
    "tier_starts: [0, 5]\ncommodity_charge: Tiered\nbill: commodity_charge": (
        "tier_prices",
        "commodity_charge is tiered, but tier_prices is missing",
    ),
    "tier_starts: [0, ]\ntier_prices: [1, 2]\ncommodity_charge: Tiered\nbill: commodity_charge": (
        "tier_prices",
        "there are 1 tier starts and 2 tier prices",
    ),
    "tier_starts:\n  - 0\n  -\ntier_prices: [1, 2]\ncommodity_charge: Tiered\nbill: commodity_charge": (
        "tier_starts",
        "a tier is empty",
    ),
    "service_charge: 5": ("bill", "the class has no bill formula"),
    "bill: service_charge": ("bill", "uses service_charge, which the file never defines"),
    "a: b\nb: a\nbill: a": ("a", "the field is defined by itself"),
    "service_charge: [1, 2]\nbill: service_charge": (
        "service_charge",
        "is a list where one number is expected",
    ),
    "bill: __import__('os').system('true')": (
        "bill",
        "“__import__('os').system('true')” is not a number or a formula at character 11",
    ),
    "bill: 1+": ("bill", "“1+” is not a number or a formula at character 2"),
    "service_charge: {depends_on: size, values: }\nbill: service_charge": (
        "service_charge",
        "the table has no values",
    ),
    "service_charge: {values: {a: 1}}\nbill: service_charge": (
        "service_charge",
        "a table has depends_on and values",
    ),
    "tier_starts: [0, 50%]\ntier_prices: [1, 2]\ncommodity_charge: Budget\nbill: commodity_charge": (
        "budget",
        "50% of a budget that is not defined",
    ),
    'rate: {depends_on: size, values: {1": 2}}\nbill: rate*size': (
        "bill",
        "reckons with size, which is not a number",
    ),
}


class TestRefuseRateFile:
    @pytest.mark.parametrize("fields", REFUSED, ids=[message for _, message in REFUSED.values()])
    def test_names_class_and_field(self, fields: str) -> None:
        schedule = home(fields)
        assert schedule.classes == {}
        (problem,) = schedule.problems
        assert (problem.file, problem.class_name) == ("town.owrs", "HOME")
        assert (problem.field, problem.message) == REFUSED[fields]
        assert problem.line > 0

    def test_keeps_the_other_classes(self) -> None:
        text = "metadata: {}\nrate_structure:\n  GOOD: {bill: 5}\n  BAD: {bill: }\n"
        schedule = read_owrs(text, "town.owrs")
        assert list(schedule.classes) == ["GOOD"]
        assert [str(each) for each in schedule.problems] == [
            "town.owrs: BAD: bill: the class has no bill formula (line 4)"
        ]

    def test_refuses_a_key_given_twice_instead_of_taking_the_last(self) -> None:
        schedule = home("service_charge: 5\nservice_charge: 6\nbill: service_charge")
        assert schedule.classes == {}
        assert [str(each) for each in schedule.problems] == [
            "town.owrs: HOME: service_charge: this key is given twice (line 6)"
        ]

    @pytest.mark.parametrize(
        "text", ["", "- 1", "a: [", "metadata: {bill_unit: buckets}\nrate_structure: {A: {bill: 1}}"]
    )
    def test_refuses_what_is_no_rate_file(self, text: str) -> None:
        schedule = read_owrs(text, "town.owrs")
        assert schedule.classes == {}
        assert schedule.problems

    def test_refuses_an_alias_which_may_unfold_without_end(self) -> None:
        schedule = home("tier_starts: &a [0, *a]\nbill: 1")
        (problem,) = schedule.problems
        assert (problem.field, problem.message) == ("tier_starts", "is an alias of another place; write it out")

    def test_refuses_a_formula_without_end(self) -> None:
        for text in ("(" * 5_000, "1" + "+1" * 5_000, "1e999999999"):
            assert home(f"bill: {text}").problems


class TestRefuseRow:
    def test_that_divides_by_zero(self) -> None:
        priced = rows("bill: usage_ccf/efficiency", [{"usage": "1", "efficiency": each} for each in ("0", "2")])
        assert [priced.reason(row) for row in (0, 1)] == ["bill: divides by zero", ""]

    def test_whose_credits_are_more_than_its_charges(self) -> None:
        priced = rows("credit: 0-20\nbill: usage_ccf+credit", [{"usage": "19"}, {"usage": "21"}])
        assert [priced.reason(row) for row in (0, 1)] == ["bill: the bill is negative", ""]

    def test_with_a_number_that_no_meter_shows(self) -> None:
        priced = rows(TIERS, [{"usage": "1e40"}, {"usage": "99999999999999"}, {"usage": "3"}])
        assert priced.reason(0) == "commodity_charge: the input usage is larger than 1,000,000,000,000,000"
        assert priced.reason(1) == "commodity_charge: the charge is larger than $10,000,000,000,000"
        assert priced.cents().tolist()[2] == 450


class TestFindInTable:
    @pytest.mark.parametrize("size", ['5/8"', "5/8''", "5/8”", '5/8 "', "5/8 inch", "5/8 in."])
    def test_reads_inches_in_every_spelling(self, size: str) -> None:
        fields = 'service_charge: {depends_on: meter_size, values: {5/8": 3, 1": 4}}\nbill: service_charge'
        assert bill(fields, usage="0", meter_size=size) == 3

    def test_reads_a_number_with_idle_zeros(self) -> None:
        fields = "service_charge: {depends_on: [size, zone], values: {0.75|1: 3, 10|2.50: 4}}\nbill: service_charge"
        assert bill(fields, usage="0", size="0.750", zone="1.0") == 3
        assert bill(fields, usage="0", size="10", zone="2.5") == 4

    def test_takes_tiers_from_a_table(self) -> None:
        fields = TIERS.replace(
            "commodity_charge: Tiered",
            "commodity_charge: {depends_on: kind, values: {A: Tiered, B: 3*usage_ccf}}",
        )
        assert bill(fields, usage="14.5", kind="A") == 24
        assert bill(fields, usage="10", kind="B") == 30

    def test_refuses_a_price_that_is_written_as_missing(self) -> None:
        (problem,) = home("service_charge: NA\nbill: service_charge").problems
        assert (problem.field, problem.message) == ("service_charge", "uses NA, which the file never defines")
