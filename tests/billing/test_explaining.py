"""A line's derivation, as a clerk reads it to a customer in English or Spanish."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from curbstop.billing.domain.comparing import Cause, Change, Part
from curbstop.billing.domain.explaining import changed, explained, how, unit_words, why
from curbstop.billing.domain.wording import CHANGES, UNITS, WHY


@dataclass(frozen=True)
class Line:
    component: str
    label: str
    quantity: Decimal = Decimal(1)
    unit: str = "each"
    unit_price: Decimal = Decimal(1)
    derivation: dict[str, Any] = field(default_factory=dict)


class TestHow:
    @pytest.mark.parametrize(
        ("quantity", "unit", "price", "derivation", "english", "spanish"),
        [
            ("61.00000000", "day", "0.36800000", {}, "61 days × $0.368", "61 días × $0.368"),
            ("1", "day", "0.25", {}, "1 day × $0.25", "1 día × $0.25"),
            ("10.16670000", "ccf", "4.37", {}, "10.1667 CCF × $4.37", "10.1667 CCF × $4.37"),
            ("61", "eru_day", "0.486", {}, "61 ERU days × $0.486", "61 días-ERU × $0.486"),
            ("2.5", "eru", "30", {}, "2.5 ERU × $30.00", "2.5 ERU × $30.00"),
            ("1", "period", "22.08", {}, "1 billing period × $22.08", "1 período × $22.08"),
            ("1000", "gallons", "0.00395", {}, "1,000 gal × $0.00395", "1,000 gal × $0.00395"),
            ("2", "each", "5", {}, "2 × $5.00", "2 × $5.00"),
            ("3", "yard_visit", "5", {}, "3 yard visit × $5.00", "3 yard visit × $5.00"),
            ("-2", "ccf", "5", {}, "−2 CCF × $5.00", "−2 CCF × $5.00"),
            ("1", "each", "-7.5", {}, "1 × −$7.50", "1 × −$7.50"),
            (
                "102.61", "percent", "0.2", {"cap": "6"},
                "20 % of $102.61, at most $6.00", "20 % de $102.61, como máximo $6.00",
            ),
            ("66.15", "percent", "0.2", {}, "20 % of $66.15", "20 % de $66.15"),
        ],
    )  # fmt: skip
    def test_says_what_was_multiplied(self, quantity, unit, price, derivation, english, spanish):
        facts = Decimal(quantity), unit, Decimal(price), derivation

        assert how(*facts) == english
        assert how(*facts, language="es") == spanish


class TestWhy:
    @pytest.mark.parametrize(
        ("derivation", "english", "spanish"),
        [
            ({}, "", ""),
            ({"rounding": "half_up_cent", "quantity": "1"}, "", ""),
            (
                {"tier": 1, "above": "0", "up_to": "10.1667", "unit": "ccf"},
                "The first 10.1667 CCF",
                "Los primeros 10.1667 CCF",
            ),
            (
                {"tier": 2, "above": "4", "up_to": "14", "unit": "ccf"},
                "Above 4 and up to 14 CCF",
                "Más de 4 y hasta 14 CCF",
            ),
            ({"tier": 3, "above": "14", "unit": "ccf"}, "Above 14 CCF", "Más de 14 CCF"),
            ({"tier": 1, "above": "0", "unit": "ccf"}, "All CCF", "Todo el consumo"),
            (
                {"tier": 1, "up_to": "4", "unit": "kgal", "prorated_from_days": "60", "days": "61"},
                "The first 4 kgal; the steps are for 61 days instead of 60",
                "Los primeros 4 kgal; los escalones son para 61 días en vez de 60",
            ),
            (
                {"prorated_from_days": "60", "days": "31"},
                "31 days instead of 60, so by the day",
                "31 días en vez de 60, por eso se cobra por día",
            ),
            ({"of": ["water_service"]}, "On Water service", "Sobre Water service"),
            (
                {"of": ["water_service", "fire", "sewer_use"]},
                "On Water service, fire and sewer use",
                "Sobre Water service, fire y sewer use",
            ),
            (
                {"schedule": "water_and_sewer", "version": "2026-07-01"},
                "Rate “water and sewer” in force since July 1, 2026",
                "Tarifa “water and sewer” vigente desde el 1 de julio de 2026",
            ),
            ({"schedule": "smc", "version": "older"}, "Rate “smc”", "Tarifa “smc”"),
            (
                {"quantity_is": "min(usage,winter_average)", "inputs": {"usage": "14", "winter_average": "6"}},
                "No more than 6 are counted",
                "No se cuentan más de 6",
            ),
            (
                {"counted_is": "max((usage-4),0)", "inputs": {"usage": "14"}, "values": {"multiplier": "1.5"}},
                "4 are included and cost nothing; at 1.5 times the price",
                "4 están incluidos y no cuestan; a 1.5 veces el precio",
            ),
            (
                {"method": "minimum", "least": "18.3", "of": ["water_service"]},
                "Up to the least amount of $18.30; on Water service",
                "Hasta el importe mínimo de $18.30; sobre Water service",
            ),
            (
                {"inputs": {"period_days": "60"}, "days": "27"},
                "A part of 60 days in which the rate changed",
                "Una parte de 60 días en los que cambió la tarifa",
            ),
        ],
    )
    def test_says_what_quantity_and_price_do_not(self, derivation, english, spanish):
        labels = {"water_service": "Water service"}

        assert why(derivation, labels=labels) == english
        assert why(derivation, language="es", labels=labels) == spanish

    def test_has_no_raw_key_of_the_engine(self):
        everything = {
            "charge": "water_use", "schedule": "water_and_sewer", "version": "2026-07-01", "section": "13.1",
            "unit": "ccf", "tier": 1, "above": "0", "up_to": "10", "quantity": "10", "unit_price": "4.37",
            "days": "61", "prorated_from_days": "60", "rounding": "half_up_cent",
        }  # fmt: skip

        assert "_" not in why(everything)


class TestExplained:
    def test_names_what_a_tax_is_on_by_the_labels_of_the_bill(self):
        water = Line("water_use", "Water use")
        tax = Line("tax", "Utility tax", derivation={"of": ["water_use"]})

        assert [each.why for each in explained([water, tax])] == ["", "On Water use"]
        assert (
            explained([water, tax], "es", {"water_use": "Consumo de agua", "tax": ""})[1].why == "Sobre Consumo de agua"
        )
        assert explained([tax], "es", {"tax": "Impuesto"})[0].label == "Impuesto"

    def test_tells_the_steps_of_one_charge_apart(self):
        first = Line("water_use", "Water use", derivation={"tier": 1, "above": "0", "up_to": "10.1667"})
        second = Line("water_use", "Water use", derivation={"tier": 2, "above": "10.1667", "up_to": "16000"})
        only = Line("sewer_use", "Sewer use", derivation={"tier": 1, "above": "0"})

        english = [each.label for each in explained([first, second, only])]
        spanish = [each.label for each in explained([first, second], "es", {"water_use": "Consumo de agua"})]

        assert english == ["Water use, first 10.17", "Water use, above 10.17", "Sewer use"]
        assert spanish == ["Consumo de agua, primeros 10.17", "Consumo de agua, más de 10.17"]


class TestWords:
    def test_have_the_same_keys_in_every_language(self):
        for texts in (UNITS, WHY):
            assert set(texts["en"]) == set(texts["es"])

    def test_name_a_unit_nobody_thought_of_by_its_own_words(self):
        assert unit_words("acre_foot") == "acre foot"


class TestChanged:
    CHANGE = Change(
        2, 1, 6000, 8760,
        (Part(Cause.USE, 2405, Decimal(10), Decimal(14), "ccf"), Part(Cause.RATE, 355)),
    )  # fmt: skip

    def test_says_each_part_with_its_cents(self):
        assert changed(self.CHANGE).short == (
            "You owe $27.60 more than with your last bill. Use (14 CCF instead of 10): +$24.05; Changed rates: +$3.55."
        )
        assert changed(self.CHANGE, "es").short == (
            "Debe $27.60 más que con su factura anterior."
            " Consumo (14 CCF en vez de 10): +$24.05; Cambio de tarifas: +$3.55."
        )

    def test_says_so_where_nothing_changed_or_less_is_due(self):
        assert changed(Change(2, 1, 6000, 6000, ())).short == "You owe as much as with your last bill."
        less = Change(2, 1, 62_048, 19_892, (Part(Cause.CORRECTION, -42_156),))
        assert changed(less).short == (
            "You owe $421.56 less than with your last bill. Corrections on your account: −$421.56."
        )

    def test_has_words_for_every_cause_in_every_language(self):
        for words in CHANGES.values():
            assert set(words) == set(CHANGES["en"])
            assert {cause.value for cause in Cause} <= set(words)
