"""Quantities: units never mix by accident, and water is converted with the published factors."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.foundation.quantities import Quantity, Unit, UnitMismatch

VOLUMES = [Unit.GALLONS, Unit.KGAL, Unit.CUBIC_FEET, Unit.CCF, Unit.KILOLITER]
AMOUNTS = st.decimals(min_value=0, max_value=10**7, places=4)


class TestAdd:
    def test_adds_the_same_unit(self):
        assert Quantity(Decimal("1.5"), Unit.CCF) + Quantity(Decimal(2), Unit.CCF) == Quantity(Decimal("3.5"), Unit.CCF)

    def test_refuses_another_unit(self):
        ccf, gallons = Quantity(Decimal(1), Unit.CCF), Quantity(Decimal(748), Unit.GALLONS)
        for mix in (lambda: ccf + gallons, lambda: ccf - gallons, lambda: ccf < gallons, lambda: ccf <= gallons):
            with pytest.raises(UnitMismatch, match="convert one of them first"):
                mix()

    def test_refuses_a_binary_float(self):
        with pytest.raises(AssertionError):
            Quantity(1.5, Unit.CCF)


class TestConvert:
    @pytest.mark.parametrize(
        ("amount", "unit", "to", "expected"),
        [
            ("1", Unit.CCF, Unit.GALLONS, "748"),
            ("1", Unit.CCF, Unit.CUBIC_FEET, "100"),
            ("1", Unit.KGAL, Unit.GALLONS, "1000"),
            ("5230", Unit.GALLONS, Unit.CCF, "6.9919786096"),  # WX-1.5b: 523 units of ten gallons
            ("1", Unit.KILOLITER, Unit.GALLONS, "264.1720523581"),
        ],
    )
    def test_uses_the_published_factors(self, amount, unit, to, expected):
        assert Quantity(Decimal(amount), unit).to(to) == Quantity(Decimal(expected), to)

    def test_refuses_what_is_not_a_volume(self):
        with pytest.raises(UnitMismatch, match="each cannot be turned into ccf"):
            Quantity(Decimal(3), Unit.EACH).to(Unit.CCF)

    @given(AMOUNTS, st.sampled_from(VOLUMES), st.sampled_from(VOLUMES))
    def test_comes_back_to_where_it_began(self, amount, unit, to):
        there = Quantity(amount, unit)
        assert abs(there.to(to).to(unit).amount - amount) < Decimal("0.000001")
