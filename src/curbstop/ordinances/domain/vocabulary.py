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
    CENTS = "cents"
    # Notes and coins: a clerk writes dollars, the count wants whole cents.
    FACES = "faces"
    ORDER = "order"
    # Lists and mappings of text, which the room that looks the code up reads by itself.
    POLICY = "policy"


WHOLE_UNITS = frozenset({RuleUnit.DAYS, RuleUnit.BUSINESS_DAYS, RuleUnit.MONTHS, RuleUnit.COUNT, RuleUnit.CENTS})
DECIMAL_UNITS = frozenset({RuleUnit.DOLLARS, RuleUnit.PERCENT, RuleUnit.FACTOR, RuleUnit.CCF})


@dataclass(frozen=True, slots=True)
class RuleKind:
    """One code that the program looks up; `choices` are the words a choice may use."""

    code: str
    unit: RuleUnit
    sentence: str
    required: bool = True
    choices: tuple[str, ...] = ()


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
    RuleKind("billing.hold_factor", _U.FACTOR, "Bills above this multiple of usual are held"),
    RuleKind("billing.hold_over", _U.DOLLARS, "… if they are also above this amount"),
    RuleKind("billing.hold_low_factor", _U.FACTOR, "Use below this share of usual holds its bill", required=False),
    RuleKind("billing.usage_same_over", _U.CCF, "The same use again is reviewed above this", required=False),
    RuleKind("billing.usage_of_class", _U.POLICY, "What each class uses a day, in CCF", required=False),
    RuleKind("billing.run_total_change_max", _U.PERCENT, "A run farther from its forecast waits", required=False),
    RuleKind("billing.held_days_max", _U.DAYS, "A service held longer is called stranded", required=False),
    RuleKind(
        "billing.holding_codes",
        _U.CHOICES,
        "Exceptions that hold a bill in this city besides the fuse",
        required=False,
        choices=("HIGH", "LOW", "ZERO", "EST", "SAME", "EXCH", "DAYS", "AMT", "FIRST", "FINAL"),
    ),
    RuleKind("metering.estimates_in_a_row_max", _U.COUNT, "Estimated reads allowed in a row"),
    RuleKind(
        "metering.rollover_share_min",
        _U.PERCENT,
        "A register may have rolled over only from this share of its full scale",
    ),
    RuleKind("metering.rollover_usage_factor_max", _U.FACTOR, "… and up to this multiple of use"),
    RuleKind(
        "metering.usage_unit",
        _U.CHOICE,
        "The unit that usage is billed in",
        choices=("ccf", "kgal", "gallons", "cubic_feet", "kiloliter"),
    ),
    RuleKind(
        "metering.usage_rounding",
        _U.CHOICE,
        "Whether a bill charges fractions of a unit, or whole units and carries the rest",
        choices=("exact", "whole_units_carried"),
    ),
    RuleKind(
        "metering.final_fraction",
        _U.CHOICE,
        "What becomes of the fraction that is left when an agreement ends; dropped, if the city does not say",
        required=False,
        choices=("dropped", "billed"),
    ),
    RuleKind(
        "metering.estimate_methods",
        _U.CHOICES,
        "How a missing read is estimated: the first of these that has something to go by",
        required=False,
        choices=("same_period_last_year", "prior_three", "prior_period", "class_average"),
    ),
    RuleKind(
        "metering.exceptions_that_hold",
        _U.CHOICES,
        "What keeps a read from being billed until a person has decided",
        required=False,
        choices=(
            "HIGH",
            "LOW",
            "ZERO",
            "ZERO2",
            "INACTIVE",
            "NEG",
            "ROLL",
            "OVER_EST",
            "EST_MAX",
            "SAME",
            "EXCH",
            "MULT",
            "DAYS",
            "TRANSPOSE",
            "OFFSET",
            "LEAK",
            "REVERSE",
            "SPIKE",
            "GAP",
        ),
    ),
    RuleKind(
        "metering.interval_leak_hours",
        _U.COUNT,
        "Hours of flow without a rest that are a leak",
        required=False,
    ),
    RuleKind(
        "metering.interval_leak_flow_min",
        _U.CCF,
        "… and the least in an hour that is a flow",
        required=False,
    ),
    RuleKind("metering.interval_reverse_min", _U.CCF, "The least a day that ran backwards", required=False),
    RuleKind(
        "metering.interval_capacity",
        _U.POLICY,
        "The most that a meter passes in an hour, in CCF by meter size",
        required=False,
    ),
    RuleKind(
        "metering.interval_silent_days",
        _U.DAYS,
        "Days without an interval after which an endpoint is silent",
        required=False,
    ),
    RuleKind(
        "metering.interval_read_window",
        _U.DAYS,
        "How far from the scheduled day a midnight read may be",
        required=False,
    ),
    RuleKind(
        "metering.interval_tolerance_percent",
        _U.PERCENT,
        "How far intervals may be off the register between two reads",
        required=False,
    ),
    RuleKind(
        "metering.same_use_min",
        _U.CCF,
        "Use that repeats to the unit is reviewed from this much on",
        required=False,
    ),
    RuleKind(
        "metering.stopped_back_bill_months_max",
        _U.MONTHS,
        "How far back the use of a stopped meter is billed",
        required=False,
    ),
    RuleKind(
        "metering.test_tolerance_percent",
        _U.PERCENT,
        "Error of a tested meter that is tolerated",
        required=False,
    ),
    RuleKind(
        "metering.test_fast_months_max",
        _U.MONTHS,
        "… and how far back a fast meter's bills are corrected",
        required=False,
    ),
    RuleKind(
        "metering.test_slow_months_max",
        _U.MONTHS,
        "… and a slow meter's",
        required=False,
    ),
    RuleKind("penalty.late_percent", _U.PERCENT, "Late penalty as a percentage"),
    RuleKind("penalty.late_amount", _U.DOLLARS, "Late penalty as an amount"),
    RuleKind(
        "penalty.late_rule",
        _U.CHOICE,
        "Which of percentage and amount is charged",
        choices=("greater", "lesser", "percent", "flat"),
    ),
    RuleKind("penalty.late_minimum", _U.DOLLARS, "A penalty is at least this", required=False),
    RuleKind("penalty.late_cap", _U.DOLLARS, "A penalty is at most this", required=False),
    RuleKind("penalty.owed_min", _U.DOLLARS, "A bill with less unpaid has no penalty", required=False),
    RuleKind("penalty.grace_days", _U.DAYS, "Days after the due date without a penalty", required=False),
    RuleKind(
        "penalty.wait_business_days",
        _U.BUSINESS_DAYS,
        "Business days in which payments that came in time may still be posted",
        required=False,
    ),
    RuleKind("penalty.second_percent", _U.PERCENT, "A second penalty on what is still unpaid", required=False),
    RuleKind("penalty.second_after_days", _U.DAYS, "… so many days after the due date", required=False),
    RuleKind("penalty.interest_percent_yearly", _U.PERCENT, "Simple interest a year on arrears"),
    RuleKind(
        "penalty.interest_on",
        _U.CHOICES,
        "What bears interest",
        required=False,
        choices=("principal", "penalty"),
    ),
    RuleKind("penalty.waiver_alone_max", _U.DOLLARS, "Waivers by one person, added up", required=False),
    RuleKind(
        "penalty.low_income_waiver_months",
        _U.MONTHS,
        "Interest of a low-income household is waived once in so many months",
        required=False,
    ),
    RuleKind("cash.float", _U.DOLLARS, "Change fund of a drawer"),
    RuleKind("cash.drawer_max", _U.DOLLARS, "Cash above this is dropped to the safe"),
    RuleKind("cash.denominations", _U.FACES, "Notes and coins that are counted"),
    RuleKind("cash.nearest_cents", _U.CENTS, "Smallest coin given: 1, or 5 without pennies"),
    RuleKind("cash.recounts_max", _U.COUNT, "Recounts allowed after a blind count"),
    RuleKind("cash.over_short_note_over", _U.DOLLARS, "Difference that needs a note"),
    RuleKind("cash.over_short_supervisor_over", _U.DOLLARS, "Difference that needs a supervisor"),
    RuleKind("cash.over_short_manager_over", _U.DOLLARS, "Difference that needs a manager"),
    RuleKind(
        "payment.tenders",
        _U.CHOICES,
        "Kinds of payment the counter takes",
        choices=("cash", "check", "card"),
    ),
    RuleKind("payment.check_stale_days", _U.DAYS, "Age at which a check is refused"),
    RuleKind("payment.void_reason_letters_min", _U.COUNT, "Shortest reason for a void"),
    RuleKind("payment.application_order", _U.ORDER, "What a payment reaches first"),
    RuleKind("payment.refund_hold_business_days", _U.BUSINESS_DAYS, "Wait before a refund"),
    RuleKind("treasury.deposit_days_max", _U.DAYS, "Days until receipts are at the bank"),
    RuleKind(
        "deposit.amount_rule",
        _U.CHOICE,
        "What a deposit is worked out from",
        required=False,
        choices=("months_of_average", "class_flat", "months_of_assumed_use"),
    ),
    RuleKind("deposit.months", _U.MONTHS, "Months of charges in a deposit", required=False),
    RuleKind("deposit.assumed_month", _U.DOLLARS, "A month's charges of who has no bills yet", required=False),
    RuleKind("deposit.round_up_to", _U.DOLLARS, "A deposit is rounded up to a multiple of this", required=False),
    RuleKind("deposit.increase_after_late_bills", _U.COUNT, "Late bills after which it grows", required=False),
    RuleKind("deposit.increase_within_months", _U.MONTHS, "… within so many months", required=False),
    RuleKind("deposit.increase_factor", _U.FACTOR, "… to this multiple of what was asked", required=False),
    RuleKind("deposit.good_months", _U.MONTHS, "Clean months until it is returned", required=False),
    RuleKind("deposit.interest_percent_yearly", _U.PERCENT, "Interest on it", required=False),
    RuleKind("adjustment.representative_max", _U.DOLLARS, "Credit by a representative"),
    RuleKind("adjustment.lead_max", _U.DOLLARS, "Credit by a lead"),
    RuleKind("adjustment.supervisor_max", _U.DOLLARS, "Credit by a supervisor"),
    RuleKind("adjustment.manager_max", _U.DOLLARS, "Credit by a manager"),
    RuleKind("adjustment.window_days", _U.DAYS, "Days over which credits are added up"),
    RuleKind("adjustment.person_months", _U.MONTHS, "Months over which one person's on an account are added up"),
    RuleKind(
        "adjustment.person_day_factor", _U.FACTOR, "Limits a person may use in a day over all accounts", required=False
    ),
    RuleKind(
        "adjustment.cash_days", _U.DAYS, "Days after taking a payment before adjusting that account", required=False
    ),
    RuleKind("adjustment.reasons", _U.POLICY, "Reasons for credits and charges, and what each has to show"),
    RuleKind("adjustment.leak_policy", _U.POLICY, "What is given back for a leak", required=False),
    RuleKind("billing.agencies", _U.POLICY, "Agencies whose lines the city bills and collects", required=False),
    RuleKind("billing.messages", _U.POLICY, "Letters printed on bills: which, and on whose", required=False),
    RuleKind("billing.inserts", _U.POLICY, "Inserts that go with bills: which, and with whose", required=False),
    RuleKind("billing.calendar", _U.POLICY, "When each cycle is read, billed and may be shut off", required=False),
    RuleKind("billing.tray_pieces_min", _U.COUNT, "Pieces that make a tray of their own in the mail", required=False),
    RuleKind("budget.policies", _U.POLICY, "Kinds of budget billing that customers may join", required=False),
    RuleKind("refund.second_approval_over", _U.DOLLARS, "Refunds over this need a second approval", required=False),
    RuleKind("refund.least", _U.DOLLARS, "Credit up to this is neither refunded nor collected", required=False),
    RuleKind(
        "billing.apply_credit_on_release",
        _U.CHOICE,
        "Whether credit settles new bills",
        required=False,
        choices=("no", "yes"),
    ),
)

# A city may have several averages, each under a name of its own.
AVERAGES = "billing.average."
KNOWN: Mapping[str, RuleKind] = MappingProxyType({kind.code: kind for kind in _KINDS})


def kind_of(code: str) -> RuleKind | None:
    """Return what a code means; a `fee.` code of the city's own is an amount in dollars."""
    if code in KNOWN:
        return KNOWN[code]
    if code.startswith("fee.") and len(code) > len("fee."):
        return RuleKind(code, RuleUnit.DOLLARS, "A fee of the city's own", required=False)
    if code.startswith(AVERAGES) and len(code) > len(AVERAGES):
        return RuleKind(code, RuleUnit.POLICY, "An average of use that sets a price", required=False)
    return None
