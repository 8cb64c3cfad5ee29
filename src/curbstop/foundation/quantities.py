"""Quantities carry their unit; units are never mixed by accident and converted only when somebody says so.

Water uses the published factors of rulebook §0.1: 1 CCF = 100 cubic feet = 748 gallons, 1 kgal = 1,000 gallons.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class Unit(StrEnum):
    """What a quantity counts."""

    GALLONS = "gallons"
    KGAL = "kgal"
    CUBIC_FEET = "cubic_feet"
    CCF = "ccf"
    KILOLITER = "kiloliter"
    EACH = "each"
    DAY = "day"
    ERU = "eru"


# Gallons in one of each unit of volume. 748 gallons in 100 cubic feet is the tariffs' factor (rulebook §0.1), not the
# physical 748.05; a gallon is 231 cubic inches by definition, which is 3.785411784 liters.
_GALLONS_IN = {
    Unit.GALLONS: Fraction(1),
    Unit.KGAL: Fraction(1000),
    Unit.CUBIC_FEET: Fraction(748, 100),
    Unit.CCF: Fraction(748),
    Unit.KILOLITER: Fraction(1_000_000_000_000, 3_785_411_784),
}

# One digit more than any register and enough below the point for a chain of tariff steps.
_PLACES = Decimal("1E-10")


class UnitMismatch(TypeError):
    """Two quantities of different units met where only one unit makes sense."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact amount of one unit."""

    amount: Decimal
    unit: Unit

    def __post_init__(self) -> None:
        assert isinstance(self.amount, Decimal), "quantities are exact, never binary floats"

    def __add__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.amount + other._in_same_unit(self.unit), self.unit)

    def __sub__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.amount - other._in_same_unit(self.unit), self.unit)

    def __lt__(self, other: "Quantity") -> bool:
        return self.amount < other._in_same_unit(self.unit)

    def __le__(self, other: "Quantity") -> bool:
        return self.amount <= other._in_same_unit(self.unit)

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"

    def to(self, unit: Unit) -> "Quantity":
        """Return the same volume in another unit, to ten decimals.

        :raises UnitMismatch: if one of the two units is not a volume
        """
        if unit is self.unit:
            return self
        if self.unit not in _GALLONS_IN or unit not in _GALLONS_IN:
            message = f"{self.unit} cannot be turned into {unit}."
            raise UnitMismatch(message)
        exact = Fraction(self.amount) * _GALLONS_IN[self.unit] / _GALLONS_IN[unit]
        return Quantity((Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(_PLACES), unit)

    def _in_same_unit(self, unit: Unit) -> Decimal:
        if self.unit is not unit:
            message = f"{self.unit} and {unit} cannot be added or compared; convert one of them first."
            raise UnitMismatch(message)
        return self.amount


def ratio(unit: Unit, to: Unit) -> Fraction:
    """Return exactly how many of `to` one `unit` is, for columns that are converted whole.

    :raises UnitMismatch: if one of the two units is not a volume
    """
    if unit not in _GALLONS_IN or to not in _GALLONS_IN:
        message = f"{unit} cannot be turned into {to}."
        raise UnitMismatch(message)
    return _GALLONS_IN[unit] / _GALLONS_IN[to]
