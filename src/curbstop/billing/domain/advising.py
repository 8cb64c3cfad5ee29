"""What an exception means and what the clerk does next (rulebook §3.2), and its evidence in words.

`{"ccf": 67.0, "usual_ccf": 8.857, "days": 61}` under HIGH is "67 CCF in 61 days; 8.86 are usual".
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

from curbstop.billing.domain.explaining import number, price
from curbstop.billing.domain.findings import Baseline, Code
from curbstop.billing.domain.segments import Reason

HELD_BY_HAND: Final = "HELD"


class Owner(StrEnum):
    """Whose desk an exception lies on until it is settled."""

    BILLING = "billing"
    METERS = "meter shop"
    RATES = "rates"
    CUSTOMERS = "customer service"


class Advice(NamedTuple):
    """What an exception is called, what it means, the next step, and whose it is."""

    name: str
    meaning: str
    next_step: str
    owner: Owner = Owner.BILLING


ADVICE: Final[Mapping[str, Advice]] = {
    Code.HIGH: Advice(
        "High use",
        "The use is far above what is usual here.",
        "Look at the read and its photo; order a reread if in doubt; tell the customer about a possible leak.",
        Owner.METERS,
    ),
    Code.LOW: Advice(
        "Low use",
        "The use is far below what is usual here.",
        "Look at the read; order a reread, or ask whether the place stood empty.",
        Owner.METERS,
    ),
    Code.ZERO: Advice(
        "No use again",
        "The service is active and, as before, nothing was used.",
        "If nobody marked the place as vacant, order a check of the meter.",
        Owner.METERS,
    ),
    Code.STOPPED: Advice(
        "Meter may have stopped",
        "Nothing was used where there always was use.",
        "Order a check of the meter; hold the bill until somebody has looked.",
        Owner.METERS,
    ),
    Code.CAPACITY: Advice(
        "More than the meter can pass",
        "The use is more than a meter of this size can let through.",
        "Suspect the read, the multiplier or the dials: order a reread and hold the bill.",
        Owner.METERS,
    ),
    Code.ESTIMATED: Advice(
        "Estimated",
        "The use was estimated, not read.",
        "See that the next read is an actual one; send the access letter if this repeats.",
    ),
    Code.SAME: Advice(
        "Same use again",
        "The use is exactly what it was the last time.",
        "Look at the read: an old one may have been entered once more.",
        Owner.METERS,
    ),
    Code.EXCHANGED: Advice(
        "Meter exchanged",
        "Another meter was read than for the last bill.",
        "Check both meters' reads, units and multipliers against the exchange order.",
        Owner.METERS,
    ),
    Code.DAYS: Advice(
        "Unusual period",
        "The billed days are shorter or longer than a usual period.",
        "Check the read days; steps and daily charges follow the days by themselves.",
    ),
    Code.AMOUNT: Advice(
        "Large bill",
        "The bill is above the amount that an analyst looks at.",
        "Compare use and charges with the past; clear it with what you found, or leave it held.",
    ),
    Code.FUSE: Advice(
        "Absurd bill",
        "The bill is several times what this account is usually billed.",
        "Hold it until the read is verified: an absurd bill must never leave the building.",
    ),
    Code.CREDIT: Advice(
        "Negative charges",
        "A service adds up to less than nothing.",
        "It cannot be cleared: mend its cause, then draft the cycle again.",
    ),
    Code.PROOF: Advice(
        "Does not prove itself",
        "The independent checker does not get the charges that the rate engine wrote down.",
        "It cannot be cleared: show the finding to whoever keeps the rates, then draft again.",
    ),
    Code.FIRST: Advice(
        "First bill",
        "This account was never billed before.",
        "Check name, address and start read against the application.",
    ),
    Code.FINAL: Advice(
        "Final bill",
        "The service ended in these days.",
        "Check that the final read was taken, and where the bill is mailed.",
    ),
    Code.ADDRESS: Advice(
        "Address",
        "The bill has no address it could be mailed to, or the rate and the parcel disagree about the city limits.",
        "Mend the mailing address, or the rate's city limits, then draft the account again.",
        Owner.CUSTOMERS,
    ),
    Code.TOTAL: Advice(
        "Total far from the forecast",
        "All bills together are far from what the same accounts' past lets expect.",
        "Look for a rate, a unit or a read file that is wrong for many; settle it with what you found.",
    ),
    Reason.NO_RATE: Advice(
        "No rate",
        "The service has no rate, or the rate refused it.",
        "Assign the rate or what it asks for, then draft the account again.",
        Owner.RATES,
    ),
    Reason.NO_USAGE: Advice(
        "No read",
        "A metered service has no read for these days, so nothing of its account is billed.",
        "Have it read or estimated, then draft the account again; otherwise it waits for the next run.",
        Owner.METERS,
    ),
    Reason.OVERLAP: Advice(
        "Overlapping use",
        "Two rows of use cover the same days, so nothing of the account is billed.",
        "Find out which is right and take the other one back, then draft again.",
    ),
    Reason.NO_FINAL_READ: Advice(
        "No final read",
        "The service ended, but nobody read the meter on its last day, so nothing of its account is billed.",
        "Enter the final read, then draft the account again.",
        Owner.METERS,
    ),
    Reason.EXEMPT: Advice(
        "Exempt",
        "Two people decided that this service is not billed.",
        "Nothing: the exemption says why, and until when.",
    ),
    Reason.NOT_DUE: Advice(
        "Not due yet",
        "The service began only a few days before the read day.",
        "Nothing: these days are billed with the next run.",
    ),
    HELD_BY_HAND: Advice(
        "Held by a person",
        "Somebody held the bill and wrote down why.",
        "Read the reason; clear the bill when it is settled.",
    ),
}


def advice_on(code: str) -> Advice:
    """Return the advice on an exception or reason; several codes that hold one bill are named together."""
    if code in ADVICE:
        return ADVICE[code]
    names = [ADVICE[each].name if each in ADVICE else each for each in code.split(", ")]
    return Advice(" and ".join(names), "More than one thing holds the bill.", "Open the bill and settle each of them.")


# What holds services, of one and of many.
_HOLDS: Final[Mapping[str, tuple[str, str]]] = {
    Code.STOPPED: ("stopped meter", "stopped meters"),
    Code.CAPACITY: ("more than its meter can pass", "more than their meters can pass"),
    Code.AMOUNT: ("large bill", "large bills"),
    Code.FUSE: ("absurd bill", "absurd bills"),
    Code.LOW: ("trifling use", "trifling uses"),
    Code.HIGH: ("use far beyond its class", "uses far beyond their class"),
    Code.ADDRESS: ("bad address", "bad addresses"),
    Reason.NO_FINAL_READ: ("missing final read", "missing final reads"),
    Code.CREDIT: ("negative charge", "negative charges"),
    Code.PROOF: ("charge without proof", "charges without proof"),
    Reason.NO_RATE: ("missing rate", "missing rates"),
    Reason.NO_USAGE: ("missing read", "missing reads"),
    Reason.OVERLAP: ("overlapping use", "overlapping uses"),
    HELD_BY_HAND: ("held by a person", "held by a person"),
}


def holds_in_words(held: Sequence[tuple[str, int]]) -> str:
    """Return how many services are held and why, as in "1,459 services are held: 1,459 missing reads"."""
    total = sum(count for _, count in held)
    if not total:
        return "No service is held."
    why = ", ".join(f"{count:,} {_hold(reason, count)}" for reason, count in held)
    return f"{total:,} {'service is' if total == 1 else 'services are'} held: {why}."


def _hold(reason: str, count: int) -> str:
    return " and ".join(_HOLDS.get(code, (code, code))[count != 1] for code in reason.split(", "))


BASELINES: Final[Mapping[str, str]] = {
    Baseline.YEAR: "the same period of last year",
    Baseline.LAST: "the last three periods",
    Baseline.CLASS: "what the class uses",
    Baseline.MEAN: "the year's bills",
    "": "",
}


def evidence_words(code: str, evidence: Mapping[str, Any]) -> str:
    """Return what was found as a sentence without names of columns."""
    tell = _TELLERS.get(code)
    return tell(evidence) if tell else ""


def _use(evidence: Mapping[str, Any]) -> str:
    used = f"{_about(evidence['ccf'])} CCF in {evidence['days']} days"
    usual, past = evidence.get("usual_ccf"), evidence.get("past_periods")
    if usual is None:
        return f"{used}; nothing to compare with"
    return f"{used}; {_about(usual)} are usual" + (f" (mean of {past})" if past else "")


def _address(evidence: Mapping[str, Any]) -> str:
    if not evidence["is_deliverable"]:
        return "no address that mail could be delivered to"
    says, lies = ("outside" if each else "inside" for each in (evidence["says_outside"], evidence["is_outside"]))
    return f"the rate takes it for {says} the city, the parcel lies {lies}"


def _total(evidence: Mapping[str, Any]) -> str:
    change = evidence["change_percent"]
    total, forecast = _dollars(evidence["total_cents"]), _dollars(evidence["forecast_cents"])
    return f"{total} where {forecast} was to be expected, {abs(change)} % {'less' if change < 0 else 'more'}"


def _capacity(evidence: Mapping[str, Any]) -> str:
    size, most = evidence["meter_size"], _about(evidence["capacity_ccf"])
    return f"{_about(evidence['ccf'])} CCF; a {size} meter can pass {most}"


def _amount(evidence: Mapping[str, Any]) -> str:
    total, mean = _dollars(evidence["total_cents"]), evidence.get("past_mean_cents")
    if mean is None:
        return f"{total}; no bill before it"
    past = evidence.get("past_bills")
    return f"{total}; {_dollars(mean)} is usual" + (f" (mean of {past})" if past and past > 1 else "")


_TELLERS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    Code.HIGH: _use,
    Code.LOW: _use,
    Code.ZERO: _use,
    Code.STOPPED: _use,
    Code.CAPACITY: _capacity,
    Code.AMOUNT: _amount,
    Code.FUSE: _amount,
    Code.CREDIT: lambda found: f"the least service is {_dollars(found['smallest_service_cents'])}",
    Code.PROOF: lambda found: found["faults"],
    Code.FIRST: lambda found: _dollars(found["total_cents"]),
    Code.SAME: lambda found: f"{_about(found['ccf'])} CCF in {found['days']} days, as in the last bill",
    Code.EXCHANGED: lambda found: f"meter {found['meter_serial']}; the last bill was made from {found['past_serial']}",
    Code.ADDRESS: _address,
    Code.TOTAL: _total,
    Code.DAYS: lambda found: f"{found['days']} days",
    Code.FINAL: lambda found: f"{found['days']} days",
    Code.ESTIMATED: lambda found: f"{number(Decimal(str(found['quantity'])))} estimated",
}


def _about(value: float | str) -> str:
    return number(round(Decimal(str(value)), 2))


def _dollars(cents: float) -> str:
    return price(Decimal(round(cents)) / 100)
