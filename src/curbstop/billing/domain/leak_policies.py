"""What a city gives back for a leak, as data: nine published policies differ in the words below and in nothing else.

Chesapeake compares with the average use, Cookeville with the average bill; Wildwood gives half of the excess back once
ever, Ventura prices it one tier lower every five years (rulebook §2.6).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from curbstop.billing.domain.adjustments import (
    PolicyRefused,
    count_of,
    fields_of,
    number_of,
    word_of,
)
from curbstop.foundation.quantities import Quantity, Unit

BASELINES = ("previous", "same_period", "months", "normal", "history")
METHODS = ("volume", "dollars", "tier_lower")
CONDITIONS = ("account_current", "use_is_normal_again", "repaired")
HUNDRED = Decimal(100)
VOLUMES = tuple(unit.value for unit in (Unit.GALLONS, Unit.KGAL, Unit.CUBIC_FEET, Unit.CCF, Unit.KILOLITER))

_REQUIRED = ("baseline", "method", "shares")
_OPTIONAL = (
    "label", "baseline_count", "baseline_factor", "normal_factor", "round_up_to", "unit", "increase_percent_min",
    "history_periods_min", "once_in_months", "once_ever", "bills_max", "largest_of", "apply_within_days",
    "conditions", "evidence", "pay_meanwhile", "sewer_all_if_not_in_sewer",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of the excess is given back, in percent, of the water and of the sewer charge."""

    water: Decimal
    sewer: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakPolicy:
    """One city's policy; `shares` are by where the leak was, under `any` for wherever."""

    label: str
    baseline: str
    baseline_count: int | None
    baseline_factor: Decimal
    normal_factor: Decimal
    method: str
    shares: Mapping[str, Shares]
    round_up_to: Decimal | None
    # What `round_up_to` counts in; as the meter is billed, if it is left out.
    unit: Unit | None
    increase_percent_min: Decimal
    history_periods_min: int
    once_in_months: int | None
    is_once_ever: bool
    bills_max: int
    largest_of: int | None
    apply_within_days: int | None
    conditions: tuple[str, ...]
    evidence: tuple[str, ...]
    pay_meanwhile: str
    is_sewer_all_if_not_in_sewer: bool

    def in_unit(self, unit: str) -> "LeakPolicy":
        """Return the policy with its volumes in the unit that a meter is billed in."""
        if self.unit is None or self.round_up_to is None or self.unit == unit:
            return self
        return replace(self, round_up_to=Quantity(self.round_up_to, self.unit).to(Unit(unit)).amount)

    @property
    def places(self) -> tuple[str, ...]:
        """Return where a leak may have been for this policy."""
        return tuple(self.shares)

    def shares_at(self, place: str) -> Shares | None:
        """Return what is given back for a leak at a place; nothing if the policy leaves it out."""
        return self.shares.get(place) or self.shares.get("any")


def read_leak_policy(value: Any) -> LeakPolicy:
    """Return the policy of `adjustment.leak_policy`.

    :raises PolicyRefused: if a field is unknown, missing or not as expected
    """
    fields = fields_of(value, required=_REQUIRED, optional=_OPTIONAL)
    baseline = word_of(fields, "baseline", BASELINES)
    count = count_of(fields, "baseline_count")
    if count is None and baseline != "history":
        raise PolicyRefused("baseline_count is missing")
    return LeakPolicy(
        label=str(fields.get("label") or ""),
        baseline=baseline,
        baseline_count=count,
        baseline_factor=number_of(fields, "baseline_factor", "1") or Decimal(1),
        normal_factor=number_of(fields, "normal_factor", "1.5") or Decimal(1),
        method=word_of(fields, "method", METHODS),
        shares=_shares(fields["shares"]),
        round_up_to=number_of(fields, "round_up_to"),
        unit=Unit(word_of(fields, "unit", VOLUMES)) if fields.get("unit") else None,
        increase_percent_min=number_of(fields, "increase_percent_min", "0") or Decimal(0),
        history_periods_min=count_of(fields, "history_periods_min", 1) or 0,
        once_in_months=count_of(fields, "once_in_months"),
        is_once_ever=word_of(fields, "once_ever", ("no", "yes")) == "yes",
        bills_max=count_of(fields, "bills_max", 1) or 1,
        largest_of=count_of(fields, "largest_of"),
        apply_within_days=count_of(fields, "apply_within_days"),
        conditions=_words(fields, "conditions", CONDITIONS),
        evidence=_words(fields, "evidence"),
        pay_meanwhile=word_of(fields, "pay_meanwhile", ("undisputed", "average")),
        is_sewer_all_if_not_in_sewer=word_of(fields, "sewer_all_if_not_in_sewer", ("no", "yes")) == "yes",
    )


def _shares(value: Any) -> dict[str, Shares]:
    if not isinstance(value, Mapping) or not value:
        raise PolicyRefused("shares: expected a place, or any, with its water and sewer percent")
    shares = {}
    for place, each in value.items():
        fields = fields_of(each, required=("water",), optional=("sewer",))
        water, sewer = number_of(fields, "water"), number_of(fields, "sewer", "0")
        if water is None or sewer is None or max(water, sewer) > HUNDRED:
            raise PolicyRefused(f"shares.{place}: expected percentages up to 100")
        shares[str(place)] = Shares(water, sewer)
    return shares


def _words(fields: Mapping[str, Any], name: str, known: tuple[str, ...] = ()) -> tuple[str, ...]:
    value = fields.get(name) or []
    if not isinstance(value, list):
        raise PolicyRefused(f"{name}: expected a list")
    words = tuple(str(each) for each in value)
    unknown = [word for word in words if known and word not in known]
    if unknown:
        raise PolicyRefused(f"{name}: {unknown[0]} is unknown (expected of: {', '.join(known)})")
    return words
