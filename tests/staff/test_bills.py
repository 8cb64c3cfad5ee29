"""A derivation reads as a sentence a clerk can say to a customer."""

import pytest

from curbstop.staff.queries.bills import explanation_of, unit_words


class TestExplanationOf:
    @pytest.mark.parametrize(
        ("derivation", "sentence"),
        [
            ({}, ""),
            ({"tier": 1, "above": "0", "up_to": "4"}, "tier 1, above 0 up to 4"),
            ({"tier": 3, "above": "14"}, "tier 3, above 14"),
            ({"cap": "12"}, "at most 12 are charged"),
            ({"prorated_from_days": "60", "days": "31"}, "prorated to 31 days from 60"),
            ({"of": ["water", "sewer"]}, "computed on water, sewer"),
            ({"schedule": "residential", "version": "2026"}, "schedule residential 2026"),
            ({"rounding": "half_up_cent"}, "rounded half-up to the cent"),
        ],
    )
    def test_says_what_quantity_and_price_do_not(self, derivation, sentence):
        assert explanation_of(derivation) == sentence


class TestUnitWords:
    @pytest.mark.parametrize(
        ("unit", "words"), [("ccf", "CCF"), ("day", "days"), ("each", ""), ("equivalent_unit", "equivalent unit")]
    )
    def test_are_a_clerks_own(self, unit, words):
        assert unit_words(unit) == words
