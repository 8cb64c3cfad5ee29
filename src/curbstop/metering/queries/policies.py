"""The city's rules of measuring, as they stood on a day."""

from datetime import date

from curbstop.foundation.quantities import Unit, ratio
from curbstop.metering.domain.baselines import Method
from curbstop.metering.domain.segments import UsagePolicy
from curbstop.metering.domain.validation import ReadLimits
from curbstop.ordinances.queries import NoSuchRule, RuleValueRow, value_on


def usage_policy_on(on: date) -> UsagePolicy:
    """Return the city's rules of measuring as they stood on a day.

    :raises NoSuchRule: if the city pack says nothing about one of them
    """
    final = rule_or_none("metering.final_fraction", on)
    return UsagePolicy(
        unit=Unit(value_on("metering.usage_unit", on).value),
        whole_units=value_on("metering.usage_rounding", on).value == "whole_units_carried",
        rollover_percent_min=value_on("metering.rollover_share_min", on).decimal,
        rollover_usage_factor_max=value_on("metering.rollover_usage_factor_max", on).decimal,
        final_fraction_billed=final is not None and final.value == "billed",
    )


def rule_or_none(code: str, on: date) -> RuleValueRow | None:
    """Return a rule that a city may leave out."""
    try:
        return value_on(code, on)
    except NoSuchRule:
        return None


def read_limits_on(on: date) -> ReadLimits:
    """Return the limits that reads are reviewed with; what makes a bill listed makes its read listed before."""

    def number(code: str) -> float | None:
        rule = rule_or_none(code, on)
        return None if rule is None else float(rule.decimal)

    def whole(code: str) -> int | None:
        rule = rule_or_none(code, on)
        return None if rule is None else rule.number

    unit = Unit(value_on("metering.usage_unit", on).value)
    holding = rule_or_none("metering.exceptions_that_hold", on)
    # Changes are written in CCF (rulebook §3.2), whatever the city bills in.
    per_ccf = float(ratio(Unit.CCF, unit))
    return ReadLimits(
        unit=unit,
        high_factor=number("billing.usage_high_factor"),
        high_change=(number("billing.usage_high_change_min") or 0.0) * per_ccf,
        low_factor=number("billing.usage_low_factor"),
        low_change=(number("billing.usage_low_change_min") or 0.0) * per_ccf,
        days_min=whole("billing.period_days_min"),
        days_max=whole("billing.period_days_max"),
        estimates_max=whole("metering.estimates_in_a_row_max"),
        same_use_min=number("metering.same_use_min"),
        holding=frozenset(holding.words) if holding else frozenset(),
    )


def estimate_methods_on(on: date) -> tuple[Method, ...]:
    """Return the ways to estimate a read, in the city's order."""
    rule = rule_or_none("metering.estimate_methods", on)
    return tuple(Method(word) for word in rule.words) if rule else tuple(Method)
