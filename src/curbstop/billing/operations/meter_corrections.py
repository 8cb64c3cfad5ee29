"""Asking for what a wrong meter was billed too much or too little: worked out from its bills, typed by nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from curbstop.billing.domain.adjustments import Asked, AskedLine
from curbstop.billing.domain.meter_corrections import by_daily_use, by_error
from curbstop.billing.models import AdjustmentRequest
from curbstop.billing.operations.adjustments import AdjustmentRefused, request_adjustment
from curbstop.billing.operations.leaks import Support
from curbstop.billing.queries.adjustments import rule_or_none
from curbstop.billing.queries.meter_corrections import (
    CorrectionSheet,
    agreement_of_meter,
    correction_sheet,
    daily_use_before,
    test_rules_on,
)
from curbstop.customers.models import ServiceAgreement
from curbstop.foundation.access.models import User
from curbstop.metering.domain.meter_tests import back_billed_since, corrected_since, true_volume

REASON = "meter_error"
BACK_BILL = "metering.stopped_back_bill_months_max"
STOPPED = Fraction(-100)


@dataclass(frozen=True, slots=True)
class MeterTest:
    """What a test found: the error in percent, above zero for a meter that registers too much."""

    serial: str
    error_percent: Fraction
    found_on: date


@dataclass(frozen=True, slots=True)
class StoppedMeter:
    """Since when a meter stood still, and when that was found."""

    serial: str
    stopped_on: date
    found_on: date


def request_test_correction(*, test: MeterTest, support: Support, by: User, at: datetime) -> AdjustmentRequest:
    """Ask to correct the bills of a tested meter within the city's window: a credit if it was fast, else a charge.

    :raises AdjustmentRefused: if the city has no rules of tests, the error is tolerated or no test can find it, no
        standing bill changes, or the rates of a bill's days do not give what it charged
    """
    rules = test_rules_on(test.found_on)
    if rules is None:
        raise AdjustmentRefused("The city has no rules of meter tests in its pack.")
    if test.error_percent <= STOPPED:
        raise AdjustmentRefused("A meter that registers nothing has stopped: back-bill it as such.")
    since = corrected_since(found_on=test.found_on, error_percent=test.error_percent, rules=rules)
    if since is None:
        raise AdjustmentRefused(f"An error of {float(test.error_percent):g} % is tolerated.")
    sheet = correction_sheet(
        _agreement(test.serial, test.found_on),
        since=since, until=test.found_on, reckon=by_error(test.error_percent, true_volume),
    )  # fmt: skip
    facts = {"meter": test.serial, "error_percent": f"{float(test.error_percent):g}", "since": since.isoformat()}
    return _request(sheet, facts, support, by=by, at=at)


def request_back_bill(*, stopped: StoppedMeter, support: Support, by: User, at: datetime) -> AdjustmentRequest:
    """Ask to charge what a stopped meter did not count, by what was used a day before, no further back than allowed.

    :raises AdjustmentRefused: if the city does not back-bill, nobody knows what was used before, no standing bill
        changes, or the rates of a bill's days do not give what it charged
    """
    limit = rule_or_none(BACK_BILL, stopped.found_on)
    if limit is None:
        raise AdjustmentRefused("The city back-bills no stopped meter.")
    agreement = _agreement(stopped.serial, stopped.found_on)
    per_day = daily_use_before(agreement, stopped.stopped_on)
    if per_day is None:
        raise AdjustmentRefused("Nobody knows what was used before the meter stopped.")
    since = back_billed_since(stopped_on=stopped.stopped_on, found_on=stopped.found_on, months_max=limit.number)
    sheet = correction_sheet(agreement, since=since, until=stopped.found_on, reckon=by_daily_use(per_day))
    return _request(sheet, {"meter": stopped.serial, "since": since.isoformat()}, support, by=by, at=at)


def _agreement(serial: str, on: date) -> ServiceAgreement:
    found = agreement_of_meter(serial, on)
    if found is None:
        raise AdjustmentRefused(f"Meter {serial} counted for nobody on {on}.")
    return found


def _request(
    sheet: CorrectionSheet, facts: Mapping[str, str], support: Support, *, by: User, at: datetime
) -> AdjustmentRequest:
    if sheet.refusals:
        raise AdjustmentRefused(" ".join(sheet.refusals))
    if not sheet.cents:
        raise AdjustmentRefused("No standing bill in the window comes out otherwise.")
    if min(sheet.cents.values()) < 0 < max(sheet.cents.values()):
        raise AdjustmentRefused("One service comes out higher and another lower: bill these days again instead.")
    kind = "credit" if sum(sheet.cents.values()) < 0 else "charge"
    asked = Asked(
        kind=kind,
        reason=REASON,
        note=support.note,
        evidence=support.evidence,
        reference=support.reference,
        worksheet=sheet.written(**facts),
        lines=tuple(AskedLine(service, abs(cents)) for service, cents in sheet.cents.items()),
    )
    return request_adjustment(account=sheet.agreement.account, asked=asked, by=by, at=at)
