"""The rest of the tariff format: what each field refuses, with its place, and how rows are refused that lack a fact."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from curbstop.rates.domain.charges import price
from curbstop.rates.domain.given import months_started
from curbstop.rates.domain.schedule import ScheduleRefused
from curbstop.rates.domain.tariff.reader import compile_tariff

HEAD = 'tariff: water\nunit: ccf\nsection: "13.04"\n'
USE = "{key: use, service: water, label: {en: Use, es: Consumo}, price: 2}"


def tariff(head: str = "", *components: str) -> str:
    """Return a tariff with more at its head, and one component for use below which others are written."""
    named = [
        f"{{key: more{place}, service: water, label: {{en: More, es: Más}}, {each}}}"
        for place, each in enumerate(components, 1)
    ]
    return HEAD + head + "components:\n" + "".join(f"  - {each}\n" for each in (USE, *named))


REFUSED_HEADS = {
    "rate_change: sometimes\n": "rate_change: expected one of split, read_date, bill_date, half_period",
    "period: {standard_days: 60, prorate: weekly}\n": "period.prorate: expected days, nearest or started",
    "period: {standard_days: 365/0}\n": "period.standard_days: “365/0”: expected a number",
    "period: {months: many}\n": "period.months: “many”: expected a number",
    "inputs: {eru: 2}\n": "inputs.eru: expected fields below it",
    "inputs: {eru: {least: 1}}\n": "inputs.eru.least: is not a field here; expected one of default, for, for_days",
    "inputs: {average: {for: month}}\n": "inputs.average.for: expected period, or for_days with their number",
    "inputs: {average: {for_days: 0}}\n": "inputs.average.for_days: expected a number above zero",
    "inputs: {average: {for: period, for_days: 30}}\n": "inputs.average.for_days: expected a number above zero, and no",
    "inputs: {average: {default: {by: [a, b], table: {x|y: 1}}}}\n": "inputs.average.default: a default is found",
    "inputs: {average: {default: {by: size}}}\n": "inputs.average.default: a table has `by` and `table`",
    "quantities: [budget]\n": "quantities: expected fields below it",
    "quantities: {budget: 2 * (3}\n": "quantities.budget: “2 * (3” is not a number or a formula",
    "quantities: {Budget: 2}\n": "quantities.Budget: “Budget” is not a name",
    "quantities: {budget: }\n": "quantities.budget: is missing; expected a text",
    "seasons: {season: summer}\n": "seasons.season: expected fields below it",
    "seasons: {season: {all: 01-01 to 12-31}}\n": "seasons.season.decided_by: is missing",
    "seasons: {season: {decided_by: whim, all: 01-01 to 12-31}}\n": "seasons.season.decided_by: expected one of",
    "seasons: {season: {decided_by: last_day, dry: 06-01 to 09-31}}\n": "seasons.season.dry: “06-01 to 09-31”: exp",
    "seasons: {season: {decided_by: last_day, dry: summer}}\n": "seasons.season.dry: “summer”: expected days such as",
    "seasons: {season: {decided_by: last_day, dry: 06-01 to 09-30}}\n": "seasons.season: 01-01 is in no season",
    "seasons: {season: {decided_by: last_day, a: 01-01 to 02-28, b: 03-01 to 12-31}}\n": (
        "seasons.season: 02-29 is in no season"
    ),
    "seasons: {season: {decided_by: last_day, a: 10-01 to 03-31, b: 03-31 to 09-30}}\n": (
        "seasons.season.b: 03-31 is in a too"
    ),
    "multiplier: {by: zone, table: {a: -1}}\n": "multiplier.a: “-1”: expected a number that is not negative",
}
REFUSED_COMPONENTS = {
    "base: {formula: 2 +}": "components[2].base.formula: “2 +” is not a number or a formula",
    "base: {formula: __import__('os')}": "components[2].base.formula: “__import__('os')” is not a number or a formula",
    "base: {formula: sqrt(2)}": "components[2].base.formula: “sqrt” with 1 numbers is no function; there are min, max",
    "base: {formula: 'round(2, 0)'}": "components[2].base.formula: the step of round is a number above zero",
    "base: {formula: Budget}": "components[2].base.formula: “Budget” is not a name",
    "base: {formula: 1, bands: 2}": "components[2].base.bands: is not a field here",
    "base: {of: area, bands: []}": "components[2].base.bands: is missing; expected a list",
    "base: {of: area, bands: [{up_to: 5, is: 1}, {up_to: 5, is: 2}, {is: 3}]}": "components[2].base.bands[2].up_to: b",
    "base: {of: area, bands: [{up_to: 5, is: 1}]}": "components[2].base.bands[1].up_to: the last band has no end",
    "base: {of: area, bands: [{is: 1}, {is: 2}]}": "components[2].base.bands[1].up_to: is missing",
    "base: {by: size, table: {a: 1}, else: 2}": "components[2].base.else: is not a field here",
    "base: 5, when: {}": "components[2].when: expected inputs with the words they must be",
    "base: 5, when: {formula: usage + 6}": "components[2].when.formula: “usage + 6” is not a condition",
    "base: 5, when: {season: }": "components[2].when.season: expected a name or a list of names",
    "base: 5, for_days: 0": "components[2].for_days: expected at least one day",
    "base: 5, prorate: started": "components[2].prorate: needs the tariff's period.standard_days, or for_days",
    "price: 1, quantity: {of: usage, up_to: 5}": "components[2].quantity.up_to: is not a field here",
    "price: 1, included: {formula: usage / 2}": (
        "components[2].included.formula: what limits a period cannot depend on its usage"
    ),
    "tiers: [{up_to: {formula: usage}, price: 1}, {price: 2}]": (
        "components[2].tiers[1].up_to.formula: what limits a period cannot depend on its usage"
    ),
    "percent: 15, of_unit_price: water": "components[2].of_unit_price: “water” is not a component above this one",
    "percent: 15, of_unit_price: use": "components[2].decimals: is missing; expected a number",
    "percent: 15, of_unit_price: use, decimals: 2.5": "components[2].decimals: expected a whole number up to 8",
    "percent: 15, of_unit_price: use, of: use, decimals: 2": "components[2].of_unit_price: has no `of` and no cap",
    "percent: 15, of: use, decimals: 2": "components[2].decimals: is for a percentage of the unit price",
    "percent: 1.2345678, of: use": "components[2].percent: a percentage has at most 6 decimals",
    "discount: 5": "components[2].of: is missing; name the components above",
    "discount_percent: 5, of: [use, tax]": "components[2].of: “tax” is not a component above this one",
    "maximum: {per_day: 1, per_week: 2}, of: use": "components[2].maximum.per_week: is not a field here",
}


def refusals(document: str) -> list[str]:
    with pytest.raises(ScheduleRefused) as refusal:
        compile_tariff(document)
    assert all(each.line for each in refusal.value.problems)
    return [f"{each.field}: {each.message}" for each in refusal.value.problems]


class TestRefuseTariff:
    @pytest.mark.parametrize("head", REFUSED_HEADS)
    def test_names_the_place_at_the_head(self, head: str) -> None:
        assert refusals(tariff(head))[0].startswith(REFUSED_HEADS[head])

    @pytest.mark.parametrize("component", REFUSED_COMPONENTS)
    def test_names_the_place_in_a_component(self, component: str) -> None:
        assert refusals(tariff("", component))[0].startswith(REFUSED_COMPONENTS[component])

    def test_refuses_a_quantity_that_is_defined_by_itself(self) -> None:
        head = "quantities: {indoor: budget / 2, budget: indoor + 1}\n"
        assert refusals(tariff(head)) == ["quantities.indoor: indoor is defined by itself"]

    def test_refuses_a_percentage_of_the_price_of_what_has_none(self) -> None:
        document = tariff("", "percent: 5, of: use", "percent: 15, of_unit_price: more1, decimals: 2")
        assert refusals(document) == ["components[3].of_unit_price: expected a component with a price for each unit"]

    @pytest.mark.parametrize(
        "head", ["rate_change: split\n", "seasons: {season: {decided_by: split, all: 01-01 to 12-31}}\n"]
    )
    def test_refuses_to_split_what_compares_the_use_with_a_number(self, head: str) -> None:
        """Six above the average are more than six in neither half: the split would lose the charge."""
        said = refusals(tariff(head, "base: 25, when: {formula: usage > 6}"))
        assert said == ["rate_change: a period cannot be split: more1 compares what was used with a number"]

    def test_refuses_a_misspelled_field_in_every_form(self) -> None:
        for form in ("base: 1", "per_day: 1", "price: 1", "minimum: 1, of: use", "discount_percent: 1, of: use"):
            assert refusals(tariff("", f"{form}, whenn: 1"))[0].startswith("components[2].whenn: is not a field here")


def reasons(document: str, *rows: dict[str, Any]) -> list[tuple[int, str]]:
    charges = price(compile_tariff(document), pl.DataFrame(rows, infer_schema_length=None))
    refused = {row for row, _ in charges.refusals.rows()}
    assert not refused & set(charges.lines["row"].to_list()), "a refused row has no line"
    return charges.refusals.sort("row").rows()


class TestRefuseRow:
    def test_that_lacks_a_count_an_average_or_a_table_key(self) -> None:
        document = tariff("", "price: 1, quantity: eru", "base: {by: cart, table: {32: 5}}")
        said = reasons(
            document,
            {"usage": 1, "eru": "1", "cart": "32"},
            {"usage": 1, "eru": None, "cart": "32"},
            {"usage": 1, "eru": "2", "cart": None},
            {"usage": 1, "eru": "2", "cart": "96"},
        )
        assert said == [
            (1, "more1: needs the input eru"),
            (2, "more2: needs the input cart"),
            (3, "more2: cart 96 is not in its table"),
        ]

    def test_that_divides_by_zero(self) -> None:
        document = tariff("", "price: {formula: 10 / homes}")
        said = reasons(document, {"usage": 1, "homes": "0"}, {"usage": 1, "homes": "4"})
        assert said == [(0, "more1: divides by zero")]

    def test_whose_formula_falls_below_zero(self) -> None:
        document = tariff("", "price: 3, quantity: {formula: usage - winter_average}")
        said = reasons(document, {"usage": 5, "winter_average": "6"}, {"usage": 7, "winter_average": "6"})
        assert said == [(0, "more1: the charge is negative")]

    def test_whose_discount_falls_below_zero(self) -> None:
        document = tariff("", "discount: {formula: 5 - usage}, of: use")
        assert reasons(document, {"usage": 9}, {"usage": 1}) == [(0, "more1: the charge is negative")]

    def test_whose_condition_cannot_be_told(self) -> None:
        document = tariff("", "base: 5, when: {tax_exempt: no}")
        assert reasons(document, {"usage": 1, "tax_exempt": None}) == [(0, "more1: needs the input tax_exempt")]

    def test_not_for_an_input_that_only_others_need(self) -> None:
        """Who has no fire line needs no size of it."""
        document = tariff("", "base: {by: fire_size, table: {4: 50}}, when: {has_fire_line: yes}")
        both = [
            {"usage": 1, "has_fire_line": "no", "fire_size": None},
            {"usage": 1, "has_fire_line": "yes", "fire_size": None},
        ]
        assert reasons(document, *both) == [(1, "more1: needs the input fire_size")]

    def test_not_for_a_side_of_a_choice_that_it_does_not_take(self) -> None:
        document = tariff("", "price: {formula: 'if(homes > 0, 10 / homes, 3)'}")
        assert reasons(document, {"usage": 1, "homes": "0"}, {"usage": 1, "homes": "4"}) == []

    def test_that_lies_in_two_seasons_which_are_to_be_split(self) -> None:
        head = "seasons: {season: {decided_by: split, wet: 10-01 to 03-31, dry: 04-01 to 09-30}}\n"
        document = tariff(head, "price: {by: season, table: {wet: 1, dry: 2}}")
        days = {"usage": 1, "days": 30}
        said = reasons(
            document,
            {**days, "starts_on": date(2026, 9, 15), "ends_on": date(2026, 10, 15)},
            {**days, "starts_on": date(2026, 12, 15), "ends_on": date(2027, 1, 15)},
        )
        assert said == [(0, "more1: needs the input season")]

    def test_of_a_class_without_a_rate_or_a_default(self) -> None:
        head = "inputs: {winter_average: {default: {by: customer_class, table: {home: 5}}}}\n"
        document = tariff(head, "price: 1, quantity: {at_most: winter_average}")
        rows = [{"usage": 9, "customer_class": name, "winter_average": None} for name in ("home", "shop")]
        assert reasons(document, *rows) == [(1, "more1: needs the input winter_average")]


class TestDecideSeason:
    @pytest.mark.parametrize(
        ("decided_by", "season"),
        [("read_date", "wet"), ("last_day", "dry"), ("first_day", "dry"), ("most_days", "dry")],
    )
    def test_by_the_day_that_the_tariff_names(self, decided_by: str, season: str) -> None:
        head = f"seasons: {{season: {{decided_by: {decided_by}, wet: 10-01 to 03-31, dry: 04-01 to 09-30}}}}\n"
        document = tariff(head, "base: {by: season, table: {wet: 1, dry: 2}}")
        row = {"usage": 0, "days": 30, "starts_on": date(2026, 9, 1), "ends_on": date(2026, 10, 1)}
        lines = price(compile_tariff(document), pl.DataFrame([row])).lines
        assert lines["amount_cents"].to_list() == [0, {"wet": 100, "dry": 200}[season]]

    def test_counts_february_29(self) -> None:
        head = (
            "seasons: {season: {decided_by: last_day, leap: 02-29 to 02-29, other: [01-01 to 02-28, 03-01 to 12-31]}}\n"
        )
        document = tariff(head, "base: {by: season, table: {leap: 29, other: 1}}")
        ends = [date(2028, 2, 29), date(2028, 3, 1), date(2028, 3, 2), date(2027, 3, 1)]
        rows = [{"usage": 0, "days": 30, "starts_on": date(2027, 1, 1), "ends_on": each} for each in ends]
        lines = price(compile_tariff(document), pl.DataFrame(rows)).lines.filter(key="more1")
        assert lines["amount_cents"].to_list() == [100, 2900, 100, 100]


class TestMonthsStarted:
    def test_counts_a_remainder_as_a_month(self) -> None:
        april = date(2026, 4, 20)
        ends = [date(2026, 5, 23), date(2026, 5, 20), date(2026, 4, 21), date(2027, 4, 20)]
        assert [months_started(april, each) for each in ends] == [2, 1, 1, 12]
