from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from curbstop.journeys.imports.city_pack import read_folder, read_pack
from curbstop.ordinances.queries import city
from curbstop.rates.domain.charges import price
from curbstop.rates.domain.compiling import compile_document

PACKS = Path(__file__).parents[3] / "packs"


class TestShippedPacks:
    @pytest.mark.parametrize("name", sorted(path.name for path in PACKS.iterdir()))
    def test_are_read_without_a_mistake(self, name):
        assert read_pack(read_folder(PACKS / name)).tariffs

    @pytest.mark.django_db
    @pytest.mark.parametrize("name", sorted(path.name for path in PACKS.iterdir()))
    def test_can_be_put_in_force(self, name, load):
        load(PACKS / name)

        assert city().payee


class TestRatesOfLarkspurBend:
    @pytest.mark.parametrize(
        ("starts_on", "expected"),
        [
            # Rule book WX-2.2a: 21.46 + 78.74 + 14.78 + 37.10 = 152.08, and the tax capped at 6.00.
            (
                date(2024, 1, 1),
                {
                    "water_service": 2146,
                    "water_use": 7874,
                    "sewer_service": 1478,
                    "sewer_use": 3710,
                    "utility_tax": 600,
                },
            ),
            # WX-2.3b, method C: 10 × 4.37 + 4 × 9.32 = 80.98.
            (
                date(2026, 7, 1),
                {
                    "water_service": 2208,
                    "water_use": 8098,
                    "sewer_service": 1520,
                    "sewer_use": 3710,
                    "utility_tax": 600,
                },
            ),
        ],
    )
    def test_give_the_worked_bills(self, starts_on, expected):
        pack = read_pack(read_folder(PACKS / "larkspur-bend"))
        (version,) = [one for one in pack.tariffs["water_and_sewer"] if one.starts_on == starts_on]
        schedule = compile_document(version.content.document, "tariff", "water_and_sewer")
        row = {"customer_class": "residential", "usage": Decimal(14), "days": 60, "meter_size": '5/8"'}

        priced = price(schedule, pl.DataFrame([row]))

        sums = priced.lines.group_by("key").agg(pl.col("amount_cents").sum())
        assert dict(sums.iter_rows()) == expected
