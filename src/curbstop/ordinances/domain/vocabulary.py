"""The rule codes that Curbstop looks up, each with its unit and the sentence a clerk reads.

A city writes a value for every required code. Codes that begin with `fee.` are the city's own:
it may add as many as its fee schedule has. Rule book §0: nothing numeric is hard-coded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class RuleUnit(StrEnum):
    """What a rule value is counted in; it decides how the value is written and read."""

    DOLLARS = "dollars"
    DAYS = "days"
    BUSINESS_DAYS = "business_days"
    MONTHS = "months"
    PERCENT = "percent"
    FACTOR = "factor"
    COUNT = "count"
    CCF = "ccf"
    CHOICE = "choice"
    CHOICES = "choices"
    DOLLARS_LIST = "dollars_list"


WHOLE_UNITS = frozenset({RuleUnit.DAYS, RuleUnit.BUSINESS_DAYS, RuleUnit.MONTHS, RuleUnit.COUNT})
DECIMAL_UNITS = frozenset({RuleUnit.DOLLARS, RuleUnit.PERCENT, RuleUnit.FACTOR, RuleUnit.CCF})


@dataclass(frozen=True, slots=True)
class RuleKind:
    """One code that the program looks up; `choices` are the words a choice may use."""

    code: str
    unit: RuleUnit
    sentence: str
    required: bool = True
    choices: tuple[str, ...] = ()


ALLOCATION_KEYS = (
    "past_due_first",
    "current_first",
    "oldest_bill_first",
    "newest_bill_first",
    "service_rank",
)

_U = RuleUnit
_KINDS = (
    RuleKind("billing.due_days", _U.DAYS, "Days from the bill date to the due date"),
    RuleKind("billing.period_days_standard", _U.DAYS, "Days of a standard billing period"),
    RuleKind("billing.period_days_min", _U.DAYS, "Shortest period billed without review"),
    RuleKind("billing.period_days_max", _U.DAYS, "Longest period billed without review"),
    RuleKind("billing.usage_high_factor", _U.FACTOR, "Usage over this multiple is reviewed"),
    RuleKind("billing.usage_high_change_min", _U.CCF, "… if it also rose by at least this"),
    RuleKind("billing.usage_low_factor", _U.FACTOR, "Usage under this multiple is reviewed"),
    RuleKind("billing.usage_low_change_min", _U.CCF, "… if it also fell by at least this"),
    RuleKind("billing.review_over", _U.DOLLARS, "Bills above this amount are reviewed"),
    RuleKind("metering.estimates_in_a_row_max", _U.COUNT, "Estimated reads allowed in a row"),
    RuleKind(
        "metering.rollover_share_min",
        _U.PERCENT,
        "A register may have rolled over only from this share of its full scale",
    ),
    RuleKind("metering.rollover_usage_factor_max", _U.FACTOR, "… and up to this multiple of use"),
    RuleKind("penalty.late_percent", _U.PERCENT, "Late penalty as a percentage"),
    RuleKind("penalty.late_amount", _U.DOLLARS, "Late penalty as an amount"),
    RuleKind(
        "penalty.late_rule",
        _U.CHOICE,
        "Which of percentage and amount is charged",
        choices=("greater", "lesser"),
    ),
    RuleKind("penalty.interest_percent_yearly", _U.PERCENT, "Simple interest a year on arrears"),
    RuleKind("cashiering.drawer_float", _U.DOLLARS, "Change fund of a drawer"),
    RuleKind("cashiering.drawer_cash_max", _U.DOLLARS, "Cash above this is dropped to the safe"),
    RuleKind("cashiering.denominations", _U.DOLLARS_LIST, "Notes and coins that are counted"),
    RuleKind("cashiering.recounts_max", _U.COUNT, "Recounts allowed after a blind count"),
    RuleKind("cashiering.over_short_note_over", _U.DOLLARS, "Difference that needs a note"),
    RuleKind(
        "cashiering.over_short_supervisor_over", _U.DOLLARS, "Difference that needs a supervisor"
    ),
    RuleKind("cashiering.over_short_manager_over", _U.DOLLARS, "Difference that needs a manager"),
    RuleKind(
        "cashiering.tenders",
        _U.CHOICES,
        "Kinds of payment the counter takes",
        choices=("cash", "check", "card"),
    ),
    RuleKind("cashiering.check_stale_days", _U.DAYS, "Age at which a check is refused"),
    RuleKind(
        "cashiering.cash_rounding",
        _U.CHOICE,
        "How the cash part of a payment is rounded",
        choices=("none", "nearest_five_cents"),
    ),
    RuleKind("cashiering.void_reason_letters_min", _U.COUNT, "Shortest reason for a void"),
    RuleKind(
        "cashiering.application_order",
        _U.CHOICES,
        "What a payment reaches first",
        choices=ALLOCATION_KEYS,
    ),
    RuleKind("cashiering.refund_hold_business_days", _U.BUSINESS_DAYS, "Wait before a refund"),
    RuleKind("treasury.deposit_days_max", _U.DAYS, "Days until receipts are at the bank"),
    RuleKind("deposit.months", _U.MONTHS, "Months of charges in a deposit", required=False),
    RuleKind("deposit.good_months", _U.MONTHS, "Clean months until it is returned", required=False),
    RuleKind("deposit.interest_percent_yearly", _U.PERCENT, "Interest on it", required=False),
    RuleKind("adjustment.representative_max", _U.DOLLARS, "Credit by a representative"),
    RuleKind("adjustment.lead_max", _U.DOLLARS, "Credit by a lead"),
    RuleKind("adjustment.supervisor_max", _U.DOLLARS, "Credit by a supervisor"),
    RuleKind("adjustment.manager_max", _U.DOLLARS, "Credit by a manager"),
    RuleKind("adjustment.window_days", _U.DAYS, "Days over which credits are added up"),
)

KNOWN: Mapping[str, RuleKind] = MappingProxyType({kind.code: kind for kind in _KINDS})


def kind_of(code: str) -> RuleKind | None:
    """Return what a code means; a `fee.` code of the city's own is an amount in dollars."""
    if code in KNOWN:
        return KNOWN[code]
    if code.startswith("fee.") and len(code) > len("fee."):
        return RuleKind(code, RuleUnit.DOLLARS, "A fee of the city's own", required=False)
    return None
