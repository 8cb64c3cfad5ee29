"""A tariff written as a rate file of the other language is read back with equal bills."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from curbstop.cli.rates import app
from curbstop.rates.domain.owrs.reader import read_owrs
from curbstop.rates.domain.owrs.writer import write_owrs
from curbstop.rates.domain.pricing import price_class
from curbstop.rates.domain.schedule import Schedule, ScheduleRefused
from curbstop.rates.domain.tariff.reader import compile_tariff
from tests.rates.test_worked_bills import tariff

HEAD = 'tariff: hilltop\nunit: kgal\nsection: "1"\n'
SIZES = ('5/8"', '1 1/2"', "odd: [size] #7")
ZONES = ("inside", "outside")

prices = st.decimals(0, 10**4, places=4).map(lambda each: f"{each:f}")


def table(by: str, keys: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Draw a table of prices by one input."""
    drawn = st.lists(prices, min_size=len(keys), max_size=len(keys))
    return drawn.map(
        lambda found: f"{{by: {by}, table: {json.dumps(dict(zip(keys, map(float, found), strict=True)))}}}"
    )


tables = st.one_of(prices, table("meter_size", SIZES), table("zone", ZONES))


@st.composite
def tier_lists(draw: st.DrawFn) -> str:
    ends = sorted(draw(st.lists(st.decimals("0.5", 500, places=2), max_size=4, unique=True)))
    tiers = [f"{{up_to: {end:f}, price: {draw(tables)}}}" for end in ends]
    return f"[{', '.join([*tiers, f'{{price: {draw(tables)}}}'])}]"


@st.composite
def components(draw: st.DrawFn) -> str:
    included = draw(st.sampled_from(["", ", included: 3.5", ", included: 2"]))
    return draw(
        st.one_of(
            tables.map(lambda each: f"base: {each}"),
            tables.map(lambda each: f"price: {each}"),
            tables.map(lambda each: f"per_day: {each}"),
            tables.map(lambda each: f"price: {each}, quantity: carts"),
            tier_lists().map(lambda each: f"tiers: {each}{included}"),
            st.tuples(tier_lists(), tier_lists()).map(
                lambda each: f"tiers: {{by: zone, table: {{inside: {each[0]}, outside: {each[1]}}}}}{included}"
            ),
        )
    )


def document(forms: list[str], multiplier: str = "") -> str:
    named = (
        f"  - {{key: part_{place}, service: water, label: {{en: a, es: b}}, {each}}}\n"
        for place, each in enumerate(forms)
    )
    return f"{HEAD}{multiplier}components:\n{''.join(named)}"


def rows(usages: list[Decimal]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"usage": str(usage), "days": "31", "meter_size": size, "zone": zone, "carts": "2"}
            for usage in usages
            for size in SIZES
            for zone in ZONES
        ]
    )


def read_back(schedule: Schedule) -> Schedule:
    read = read_owrs(write_owrs(schedule), "hilltop.owrs")
    assert read.problems == ()
    return read


class TestWriteOwrs:
    @given(
        st.lists(components(), min_size=1, max_size=4),
        st.sampled_from(["", "multiplier: {by: zone, table: {inside: 1, outside: 1.25}}\n"]),
        st.lists(st.decimals(0, 2000, places=4), min_size=1, max_size=4),
    )
    def test_bills_alike_when_it_is_read_back(self, forms: list[str], multiplier: str, usages: list[Decimal]) -> None:
        schedule = compile_tariff(document(forms, multiplier))
        read = read_back(schedule)
        ours = price_class(schedule.classes[""], rows(usages))
        theirs = price_class(read.classes["ALL"], rows(usages))
        assert not ours.is_refused.any()
        assert not theirs.is_refused.any()
        assert ours.unrounded().fractions() == theirs.unrounded().fractions()
        assert ours.cents().tolist() == theirs.cents().tolist()
        assert read.unit == "kgal"

    @pytest.mark.parametrize("name", ["canby_tiers", "phoenix_oregon", "portland_hydrant", "chesapeake_2024"])
    def test_writes_the_worked_tariffs(self, name: str) -> None:
        schedule = compile_tariff(tariff(name))
        read = read_back(schedule)
        keys = {"meter_size": '5/8"', "city_limits": "outside"}
        frame = pl.DataFrame([{"usage": str(each), "days": "30", **keys} for each in range(40)])
        ours, theirs = price_class(schedule.classes[""], frame), price_class(read.classes["ALL"], frame)
        assert ours.unrounded().fractions() == theirs.unrounded().fractions()

    def test_keeps_the_classes(self) -> None:
        schedule = compile_tariff(document(["price: 2, classes: [home]", "price: 3, classes: [shop]"]))
        assert list(read_back(schedule).classes) == ["home", "shop"]

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("chesapeake", "water_service: the specification neither rounds nor compares"),
            ("hampton_roads_sanitation", "sewer_minimum: the specification counts nothing on rounded lines"),
            ("norfolk_stormwater", "unit: each is no unit of water"),
            ("mesa_low_income", "seasons: the specification works out no seasons, months or defaults"),
            ("newport_news_drought", "drought_flat: the specification has no conditions"),
        ],
    )
    def test_refuses_by_name_what_it_cannot_say(self, name: str, said: str) -> None:
        with pytest.raises(ScheduleRefused) as refusal:
            write_owrs(compile_tariff(tariff(name)))
        assert said in [f"{each.field}: {each.message}" for each in refusal.value.problems]

    def test_refuses_an_input_with_the_name_of_a_price(self) -> None:
        with pytest.raises(ScheduleRefused, match="has a name that the specification gives to prices"):
            write_owrs(compile_tariff(document(["price: 2, quantity: late_charges"])))


class TestExport:
    def invoke(self, *arguments: Any) -> Any:
        return CliRunner().invoke(app, ["export", *map(str, arguments)])

    def test_writes_a_file_that_can_be_checked(self, tmp_path: Path) -> None:
        ours, theirs = tmp_path / "water.yaml", tmp_path / "water.owrs"
        ours.write_text(document(["base: 5"]), encoding="utf-8")
        assert self.invoke(ours, "--out", theirs).exit_code == 0
        assert CliRunner().invoke(app, ["check", str(theirs)]).exit_code == 0

    def test_says_what_cannot_be_written_and_writes_nothing(self, tmp_path: Path) -> None:
        ours, theirs = tmp_path / "water.yaml", tmp_path / "water.owrs"
        ours.write_text(document(["base: 5", "minimum: 9, of: part_0"]), encoding="utf-8")
        answer = self.invoke(ours, "--out", theirs)
        assert answer.exit_code == 1
        assert "part_1" in answer.output
        assert not theirs.exists()
