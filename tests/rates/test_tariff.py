"""The tariff format: every unit is priced once, and what is written badly is refused with its place."""

import json
from decimal import Decimal
from fractions import Fraction
from textwrap import dedent

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.rates.domain.charges import price
from curbstop.rates.domain.schedule import ScheduleRefused
from curbstop.rates.domain.tariff.reader import compile_tariff

HEAD = """\
tariff: water
unit: ccf
section: "13.04"
period: {standard_days: 60, months: 2}
components:
"""
WATER = "  - {key: use, service: water, label: {en: Use, es: Consumo}"


def tariff(*components: str, head: str = HEAD) -> str:
    return head + "".join(
        f"{WATER.replace('use', f'use{place}', 1)}, {each}}}\n" for place, each in enumerate(components, 1)
    )


TIERED = tariff("tiers: [{up_to: 4, price: 1.25}, {up_to: 9, price: 2.5}, {up_to: 20, price: 3.333}, {price: 5}]")


class TestPriceTiers:
    @given(
        st.lists(st.decimals(0, 10**6, places=4), min_size=1, max_size=20),
        st.integers(1, 200),
    )
    def test_prices_every_unit_once(self, usages: list[Decimal], days: int) -> None:
        """INV-9: the quantities of the tiers sum to the usage, however long the period was."""
        frame = pl.DataFrame(
            {"usage": usages, "days": [days] * len(usages)}, schema_overrides={"usage": pl.Decimal(18, 4)}
        )
        charges = price(compile_tariff(TIERED), frame)
        sums = charges.lines.group_by("row").agg(pl.col("quantity").sum()).sort("row")
        assert sums["quantity"].to_list() == usages

    @given(st.decimals(0, 40, places=4), st.decimals(0, 40, places=4))
    def test_never_costs_less_for_more(self, one: Decimal, other: Decimal) -> None:
        frame = pl.DataFrame(
            {"usage": sorted([one, other]), "days": [60, 60]}, schema_overrides={"usage": pl.Decimal(18, 4)}
        )
        lines = price(compile_tariff(TIERED), frame).lines
        less, more = (lines.filter(row=row)["amount_cents"].sum() for row in (0, 1))
        assert less <= more

    @given(st.decimals(0, 10**5, places=4), st.integers(1, 200))
    def test_follows_from_its_derivation(self, usage: Decimal, days: int) -> None:
        frame = pl.DataFrame({"usage": [usage], "days": [days]}, schema_overrides={"usage": pl.Decimal(18, 4)})
        lines = price(compile_tariff(TIERED), frame).lines
        said = lines.select(
            pl.col("derivation").str.json_decode(pl.Struct({"quantity": pl.String, "unit_price": pl.String}))
        )
        for derivation, cents in zip(said["derivation"], lines["amount_cents"], strict=True):
            amount = Fraction(derivation["quantity"]) * Fraction(derivation["unit_price"])
            assert cents == int(amount * 100 + Fraction(1, 2))

    def test_shows_the_first_price_where_nothing_was_used(self) -> None:
        lines = price(compile_tariff(TIERED), pl.DataFrame({"usage": [0], "days": [60]})).lines
        assert lines.select("tier", "quantity", "amount_cents").rows() == [(1, Decimal(0), 0)]

    def test_one_bill_is_a_batch_of_one(self) -> None:
        usages = [Decimal(each) for each in range(30)]
        together = price(compile_tariff(TIERED), pl.DataFrame({"usage": usages, "days": [61] * 30})).lines
        alone = [
            price(compile_tariff(TIERED), pl.DataFrame({"usage": [each], "days": [61]})).lines["amount_cents"].sum()
            for each in usages
        ]
        assert together.group_by("row").agg(pl.col("amount_cents").sum()).sort("row")["amount_cents"].to_list() == alone


class TestPriceComponents:
    def test_counts_sewer_up_to_the_winter_average(self) -> None:
        document = tariff("quantity: {of: usage, at_most: winter_average}, price: 2")
        frame = pl.DataFrame({"usage": [8, 8], "days": [60, 60], "winter_average": [5, 12]})
        assert price(compile_tariff(document), frame).lines["amount_cents"].to_list() == [1000, 1600]

    def test_finds_widths_by_meter_size(self) -> None:
        """Canby OR, May 2024: breaks at 7 and 12 for a small meter, at 11 and 19 for a larger one."""
        small = "[{up_to: 7, price: 2.08}, {up_to: 12, price: 2.61}, {price: 3.64}]"
        large = "[{up_to: 11, price: 2.08}, {up_to: 19, price: 2.61}, {price: 3.64}]"
        document = tariff(f'tiers: {{by: meter_size, table: {{5/8": {small}, 1": {large}}}}}')
        frame = pl.DataFrame({"usage": [13, 13], "days": [60, 60], "meter_size": ['5/8"', '1"']})
        lines = price(compile_tariff(document), frame).lines
        assert lines.filter(row=0)["quantity"].to_list() == [7, 5, 1]
        assert lines.filter(row=1)["quantity"].to_list() == [11, 2]

    def test_says_how_each_line_was_reckoned(self) -> None:
        document = tariff("base: 21.46")
        lines = price(
            compile_tariff(document), pl.DataFrame({"days": [69, 60]}), {"schedule": "water", "version": "2026-01-01"}
        ).lines
        assert lines["amount_cents"].to_list() == [2468, 2146]
        assert lines["unit"].to_list() == ["day", "period"]
        common = {
            "charge": "use1",
            "method": "price",
            "schedule": "water",
            "version": "2026-01-01",
            "section": "13.04",
            "unit": "period",
            "quantity_is": "within(days,60,60,1,days)",
            "unit_price_is": "within(days,60,60,21.46,round((21.46/60),8))",
            "rounding": "half_up_cent",
        }
        assert [json.loads(each) for each in lines["derivation"]] == [
            common
            | {"quantity": "69", "unit_price": "0.35766667", "days": "69", "prorated_from_days": "60"}
            | {"inputs": {"days": "69"}},
            common | {"quantity": "1", "unit_price": "21.46", "days": "60", "inputs": {"days": "60"}},
        ]

    def test_bills_only_the_classes_that_a_component_names(self) -> None:
        document = tariff("price: 2, classes: [home]", "price: 3, classes: [shop]", "base: 1.00")
        frame = pl.DataFrame({"usage": [10, 10, 10], "days": [60] * 3, "customer_class": ["home", "shop", "farm"]})
        charges = price(compile_tariff(document), frame)
        assert charges.lines.select("row", "key", "amount_cents").rows() == [
            (0, "use1", 2000),
            (0, "use3", 100),
            (1, "use2", 3000),
            (1, "use3", 100),
        ]
        assert charges.refusals.rows() == [
            (2, "farm: customer_class: the schedule has no such class (it has home, shop)")
        ]

    def test_refuses_a_row_without_its_inputs_and_bills_the_others(self) -> None:
        document = tariff("quantity: eru, per_day: 0.486, unit: eru")
        frame = pl.DataFrame({"days": [30, 30, 30], "eru": ["1", None, "-1"]})
        charges = price(compile_tariff(document), frame)
        assert charges.lines.select("row", "amount_cents").rows() == [(0, 1458)]
        assert charges.refusals.rows() == [(1, "use1: needs the input eru"), (2, "use1: the charge is negative")]


REFUSED = {
    "tiers: [{up_to: 5, price: 1}, {up_to: 5, price: 2}, {price: 3}]": "components[1].tiers[2].up_to: tiers must rise",
    "tiers: [{up_to: 5, price: 1}, {price: 2}, {price: 3}]": "components[1].tiers[2].up_to: is missing",
    "tiers: [{up_to: 5, price: 1}, {up_to: 9, price: 2}]": "components[1].tiers[2].up_to: the last tier has no end",
    "tiers: [{up_to: 5}, {price: 2}]": "components[1].tiers[1].price: is missing",
    "price: -2": "components[1].price: “-2”: expected a number that is not negative",
    "price: 2.123456789": "components[1].price: “2.123456789”: expected a number",
    "price: two": "components[1].price: “two”: expected a number",
    'price: {by: meter_size, table: {1": }}': 'components[1].price.1": “”: expected a number',
    "price: {by: meter_size}": "components[1].price: a table has `by` and `table`",
    "price: {by: [zone, season], table: {A: 1}}": "components[1].price.table.A: expected 2 keys with |",
    "pirce: 2": "components[1].key: expected exactly one of base, per_day, price, tiers, minimum, maximum, percent",
    "price: 2, base: 3": "components[1].key: expected exactly one of",
    "price: 2, capp: 3": "components[1].capp: is not a field here",
    "percent: 5, of: [water]": "components[1].of: “water” is not a component above this one",
    "base: 2, prorate: widths": "components[1].prorate: expected days, nearest, started or none",
    "price: 2, prorate: none": "components[1].prorate: there is nothing to prorate",
}


class TestRefuseTariff:
    @pytest.mark.parametrize("component", REFUSED)
    def test_names_the_place_and_what_was_expected(self, component: str) -> None:
        with pytest.raises(ScheduleRefused) as refusal:
            compile_tariff(tariff(component))
        (problem,) = refusal.value.problems
        assert f"{problem.field}: {problem.message}".startswith(REFUSED[component])
        assert problem.line == 6

    def test_lists_every_problem_at_once(self) -> None:
        with pytest.raises(ScheduleRefused) as refusal:
            compile_tariff(tariff("price: x", "price: y"))
        assert [each.field for each in refusal.value.problems] == ["components[1].price", "components[2].price"]

    @pytest.mark.parametrize(
        ("head", "field"),
        [
            (HEAD.replace("ccf", "buckets"), "unit"),
            (HEAD.replace('section: "13.04"\n', ""), "components[1].section"),
            (HEAD.replace("60", "0"), "period.standard_days"),
            (HEAD.replace("tariff:", "tarif:"), "tarif"),
            (HEAD.replace("water", "The Water"), "tariff"),
            (HEAD.replace("unit:", "name: {fr: Eau}\nunit:"), "name.fr"),
            (HEAD.replace("unit:", "tariff:"), "tariff"),
        ],
    )
    def test_names_a_field_of_the_head(self, head: str, field: str) -> None:
        with pytest.raises(ScheduleRefused) as refusal:
            compile_tariff(tariff("price: 2", head=head))
        assert refusal.value.problems[0].field == field

    def test_refuses_a_cap_per_month_without_months(self) -> None:
        document = tariff("price: 2", "percent: 20, of: use1, cap_per_month: 3", head=HEAD.replace(", months: 2", ""))
        with pytest.raises(ScheduleRefused, match=r"needs the tariff's period\.months"):
            compile_tariff(document)

    def test_takes_what_a_city_pack_adds_at_the_head(self) -> None:
        head = HEAD.replace("unit:", "service: water\neffective: 2026-07-01\nunit:")
        assert compile_tariff(tariff("price: 2", head=head)).unit == "ccf"

    def test_refuses_what_is_no_yaml(self) -> None:
        with pytest.raises(ScheduleRefused, match="is not YAML"):
            compile_tariff(dedent("tariff: [\n"))
