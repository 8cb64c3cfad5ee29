"""What may be noticed about a read, as the review list names it, and what was found in words (rulebook §3.2)."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

SOURCES: Final = {
    "same_period_last_year": "in the same days last year",
    "prior_three": "in the last three periods",
    "prior_period": "in the last period",
    "class_average": "for meters of this size",
}


class Code(StrEnum):
    """What was noticed."""

    HIGH = "HIGH"
    LOW = "LOW"
    ZERO = "ZERO"
    STOPPED = "ZERO2"
    INACTIVE = "INACTIVE"
    NEGATIVE = "NEG"
    ROLLOVER = "ROLL"
    OVER_ESTIMATE = "OVER_EST"
    ESTIMATES = "EST_MAX"
    MISSING = "MISSING"
    SAME = "SAME"
    EXCHANGE = "EXCH"
    MULTIPLIER = "MULT"
    DAYS = "DAYS"
    TRANSPOSED = "TRANSPOSE"
    OFFSET = "OFFSET"
    LEAK = "LEAK"
    REVERSE = "REVERSE"
    SPIKE = "SPIKE"
    GAP = "GAP"


MEANINGS: Final = {
    Code.HIGH: "Use a day is far above the usual.",
    Code.LOW: "Use a day is far below the usual.",
    Code.ZERO: "Nothing was used on an active service.",
    Code.STOPPED: "Nothing was used twice in a row: the meter may have stopped.",
    Code.INACTIVE: "Water was used where no account is active.",
    Code.NEGATIVE: "The register is lower than before, and that is no rollover by the city's rule.",
    Code.ROLLOVER: "The register passed its last number and began again.",
    Code.OVER_ESTIMATE: "The register is lower than an estimate before it: the estimated periods are spread again.",
    Code.ESTIMATES: "More estimates in a row than the city allows.",
    Code.MISSING: "No read came.",
    Code.SAME: "The same use as in the period before, to the unit.",
    Code.EXCHANGE: "The meter was exchanged in this period.",
    Code.MULTIPLIER: "The new meter has another multiplier than the old one.",
    Code.DAYS: "The period is shorter or longer than the city's.",
    Code.TRANSPOSED: "Two digits may have changed places: with them put right the use is usual.",
    Code.OFFSET: "The register and the intervals between two reads differ: look at the endpoint.",
    Code.LEAK: "Water flowed without a rest, as the intervals tell.",
    Code.REVERSE: "Water ran backwards, as the intervals tell.",
    Code.SPIKE: "An interval has more than the meter can pass.",
    Code.GAP: "Intervals are missing.",
}

# What intervals show about the period that a read ends.
INTERVAL_CODES: Final = frozenset({Code.OFFSET, Code.LEAK, Code.REVERSE, Code.SPIKE, Code.GAP})


def found_words(code: str, values: Mapping[str, Any], *, baseline: Decimal | None, source: str) -> str:
    """Return what was found as a sentence: the use beside the usual, or the register beside the one before."""
    if code in INTERVAL_CODES:
        return _interval_words(values)
    if code == Code.TRANSPOSED:
        return f"Read {_units(values, 'register_e4')}; {_units(values, 'suggested_e4')} would be usual."
    if code in {Code.NEGATIVE, Code.OVER_ESTIMATE, Code.ROLLOVER}:
        return f"The register went from {_units(values, 'from_register_e4')} to {_units(values, 'register_e4')}."
    if code == Code.ESTIMATES:
        return f"{values['estimates']} estimates in a row."
    if code == Code.MISSING:
        return "No read came" + (f": {values['skip_code'].replace('_', ' ')}." if values.get("skip_code") else ".")
    return _used_words(values, baseline=baseline, source=source)


def _used_words(values: Mapping[str, Any], *, baseline: Decimal | None, source: str) -> str:
    days = values["days"]
    used = f"{values['used']:,.4f}".rstrip("0").rstrip(".") + f" in {days} days"
    if baseline is None:
        return f"{used}; nothing to compare with."
    return f"{used}; {baseline * days:,.1f} would be usual ({SOURCES.get(source, source)})."


def _interval_words(values: Mapping[str, Any]) -> str:
    """Return what intervals showed in a period: the two sums beside each other, or when it was."""
    if "interval_e4" in values:
        return f"{_units(values, 'registered_e4')} by the register; {_units(values, 'interval_e4')} by the intervals."
    return f"From {values['starts_on']}, in {values['times']} stretches of days, told as alerts."


def _units(values: Mapping[str, Any], name: str) -> str:
    register = values.get(name)
    return "unknown" if register is None else f"{Decimal(register) / 10_000:,.4f}".rstrip("0").rstrip(".")
