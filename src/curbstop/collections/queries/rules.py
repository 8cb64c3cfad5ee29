"""What the city has decided about late bills and deposits, as rules of the domain."""

from datetime import date
from decimal import Decimal

from curbstop.collections.domain.deposits import AmountRule
from curbstop.collections.domain.late_charges import InterestRule, LateRule
from curbstop.ordinances.queries import NoSuchRule, RuleValueRow, value_on


def optional_value(code: str, on: date) -> RuleValueRow | None:
    """Return a value that a city may leave out, or None."""
    try:
        return value_on(code, on)
    except NoSuchRule:
        return None


def late_rules_on(on: date) -> tuple[LateRule, ...]:
    """Return the steps of the penalty for a bill that was due on a day: the late one, and a second if there is one.

    :raises NoSuchRule: if the city has no penalty rule in force on that day
    """
    way = value_on("penalty.late_rule", on)
    first = LateRule(
        way=way.words[0],  # type: ignore[arg-type]  # the vocabulary admits only the ways of a rule
        percent=value_on("penalty.late_percent", on).decimal,
        flat_cents=value_on("penalty.late_amount", on).cents,
        minimum_cents=_cents("penalty.late_minimum", on) or 0,
        cap_cents=_cents("penalty.late_cap", on),
        owed_cents_min=_cents("penalty.owed_min", on) or 0,
        grace_days=_number("penalty.grace_days", on),
        wait_business_days=_number("penalty.wait_business_days", on),
        citation=way.citation,
    )
    again = optional_value("penalty.second_percent", on)
    if again is None:
        return (first,)
    second = LateRule(
        step="second",
        way="percent",
        percent=again.decimal,
        owed_cents_min=first.owed_cents_min,
        grace_days=value_on("penalty.second_after_days", on).number,
        wait_business_days=first.wait_business_days,
        citation=again.citation,
    )
    return (first, second)


def interest_rule_on(on: date) -> InterestRule:
    """Return the interest on a bill that was due on a day.

    :raises NoSuchRule: if the city has no interest in force on that day
    """
    percent = value_on("penalty.interest_percent_yearly", on)
    on_what = optional_value("penalty.interest_on", on)
    return InterestRule(
        percent_yearly=percent.decimal,
        on_penalty=on_what is not None and "penalty" in on_what.words,
        citation=percent.citation,
    )


def waiver_limit_cents(on: date) -> int:
    """Return up to how much one person waives alone; nothing, if the city does not say."""
    return _cents("penalty.waiver_alone_max", on) or 0


def low_income_waiver_months(on: date) -> int | None:
    """Return in how many months interest of a low-income household is waived once; None where it never is."""
    months = optional_value("penalty.low_income_waiver_months", on)
    return None if months is None else months.number


def deposit_rule_on(on: date, *, customer_class: str = "") -> AmountRule:
    """Return how much a deposit is on a day for a class.

    :raises NoSuchRule: if the city asks for no deposits
    """
    way = optional_value("deposit.amount_rule", on)
    months = value_on("deposit.months", on)
    flat = optional_value(f"fee.deposit_{customer_class or 'residential'}", on)
    return AmountRule(
        way=way.words[0] if way else "months_of_average",  # type: ignore[arg-type]  # as above
        months=months.decimal,
        flat_cents=flat.cents if flat else 0,
        assumed_month_cents=_cents("deposit.assumed_month", on) or 0,
        round_up_to_cents=_cents("deposit.round_up_to", on) or 1,
        citation=(way or months).citation,
    )


def deposit_percent(on: date) -> Decimal:
    """Return the yearly interest on deposits; zero where the city pays none."""
    percent = optional_value("deposit.interest_percent_yearly", on)
    return Decimal(0) if percent is None else percent.decimal


def good_months_needed(on: date) -> int:
    """Return how many clean months a deposit is kept.

    :raises NoSuchRule: if the city does not say
    """
    return value_on("deposit.good_months", on).number


def deposit_increase(on: date) -> tuple[int, int, Decimal]:
    """Return after how many late bills in how many months the deposit grows, and to which multiple; 0 for never."""
    late = optional_value("deposit.increase_after_late_bills", on)
    if late is None:
        return 0, 12, Decimal(1)
    factor = optional_value("deposit.increase_factor", on)
    return late.number, _number("deposit.increase_within_months", on) or 12, factor.decimal if factor else Decimal(2)


def _cents(code: str, on: date) -> int | None:
    value = optional_value(code, on)
    return None if value is None else value.cents


def _number(code: str, on: date) -> int:
    value = optional_value(code, on)
    return 0 if value is None else value.number
