"""Asking for a leak credit: the sheet is worked out anew, so that nobody types its numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from curbstop.billing.domain.adjustments import Asked, AskedLine
from curbstop.billing.models import AdjustmentRequest, Bill
from curbstop.billing.operations.adjustments import AdjustmentRefused, request_adjustment
from curbstop.billing.queries.leaks import REASON, LeakSheet, Shown, has_leak_credit, leak_sheet
from curbstop.foundation.access.models import User
from curbstop.ledger.queries import NoOpenBusinessDay, current_business_day, open_items_of, services


@dataclass(frozen=True, slots=True)
class Support:
    """What shows the leak and where it is kept, beside what happened in words."""

    note: str
    evidence: str
    reference: str


def request_leak_credit(*, bill: Bill, shown: Shown, support: Support, by: User, at: datetime) -> AdjustmentRequest:
    """Ask for the credit that the city's policy gives for a leak on a bill.

    :raises AdjustmentRefused: if the city has no policy, the bill was cancelled, the policy gives nothing, or its
        conditions are not met
    """
    if bill.cancelled_at is not None:
        raise AdjustmentRefused("This bill is cancelled. Adjust the one that took its place.")
    try:
        sheet = leak_sheet(bill, shown, on=current_business_day())
    except NoOpenBusinessDay as refusal:
        raise AdjustmentRefused(str(refusal)) from refusal
    if sheet is None:
        raise AdjustmentRefused("The city has no leak policy, or this bill charges no metered water.")
    if sheet.refusals:
        raise AdjustmentRefused(" ".join(sheet.refusals))
    if not sheet.total_cents:
        raise AdjustmentRefused("The policy gives nothing back on this bill.")
    if has_leak_credit(bill):
        raise AdjustmentRefused("A credit for the leak on this bill was asked for already.")
    return request_adjustment(account=bill.account, asked=_asked(bill, sheet, support), by=by, at=at)


def _asked(bill: Bill, sheet: LeakSheet, support: Support) -> Asked:
    codes = {service.pk: service.code for service in services()}
    own = {item.service_code: item.id for item in open_items_of(bill.account.debtor_id) if item.source == str(bill)}

    def lines(cents: Mapping[int, int]) -> tuple[AskedLine, ...]:
        return tuple(AskedLine(service, amount, own.get(codes[service])) for service, amount in cents.items())

    return Asked(
        kind="credit",
        reason=REASON,
        note=support.note,
        evidence=support.evidence,
        reference=support.reference,
        bill_number=bill.number,
        billed_units=sheet.credit.water_units,
        unit=sheet.unit,
        worksheet=sheet.written(),
        lines=lines({each.service_id: each.saved_cents for each in sheet.services}),
        held=lines(sheet.held),
    )
